"""Random statements, and the bodies of functions made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.property.draw import VARIABLES, DeadEndError, Draw, Scope, templates
from tests.property.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Callable

SIMPLE = templates("""
    8: <new:int> = <int>
    5: <new:int> = f_int(<site>, <k>, <args>)
    5: <new:ints> = <ints>
    3: <new:ints> = f_ints(<site>, <k>, <args>)
    2: <new:pair> = <pair>
    3: <new:map> = <map>
    3: <new:box> = <box>
    2: <new:num> = <num>
    2: <new:nest> = <nest>
    2: <new:text> = <text>
    2: <new:anys> = <anys>
    1: <new:set> = <set>
    1: <new:keyed> = <keyed>
    2: <new:arr> = <arr>
    1: <new:arr> = <v:arr>
    1: <new:arr> = <v:arr>[1:]
    1: <new:slim> = <slim>
    1: <new:guard> = <guard>
    3: <new:vec> = <vec>
    2: <new:card> = <card>
    1: <v:vec> += <vec>
    1: <v:vec>.x = <int>
    1: <v:vec>.x = f_int(<site>, <k>, <int>)
    1: <v:card>.marks.append(<int>)
    1: <v:card>.rank = <int>
    1: <new:int>, <new:int> = <vec>
    1: print(<vec>, <card>)
    1: <new:box> = Box(f_int(<site>, <k>, <int>), pick(<v:nest>))
    1: <new:ints> = pick(<v:nest>)
    3: <v:arr>[<int> % 2] = <int>
    2: <v:arr>[0] = f_int(<site>, <k>, <int>)
    1: <v:arr>[:2] = <int>
    1: <v:arr>[1:] = <v:arr>[:-1]
    1: <v:arr> += <int>
    1: <v:arr>[<int> % 2] += <int>
    1: <v:arr>.fill(<int>)
    1: <v:arr>.sort()
    1: np.add(<v:arr>, <int>, out=<v:arr>)
    2: <v:slim>.v = <int>
    1: <v:slim>.w = f_int(<site>, <k>, <v:slim>)
    2: <v:guard>.v = <int>
    1: <v:guard>.v += <int>
    1: setattr(<v:box>, 'v', <int>)
    1: SHARED.append(<v:box>)
    1: <v:box>.items, <v:box>.v = <ints>, <int>
    1: <v:ints>[:] = [f_int(<site>, (<k>, e), e) for e in <ints>[:3]]
    1: <v:map>[f_int(<site>, <k>, <int>)] = f_int(<site>, <k>, <int>)
    1: <new:map> = {e: f_int(<site>, (<k>, e), e) for e in <ints>[:3]}
    1: <new:ints> = [f_int(<site>, (<k>, e), e, <v:ints>) for e in range(3)]
    2: <new:nest> = [[f_int(<site>, (<k>, e, q), e, q) for q in range(2)] for e in <ints>[:3]]
    1: <new:ints> = [f_int(<site>, (<k>, e), sum(q), q) for e, q in enumerate(<nest>)]
    1: <new:func> = <func>
    2: <new:ints> = <v:ints>
    1: <new:map> = <v:map>
    1: <new:box> = <v:box>
    1: <new:int> = <new:int> = <int>
    1: <new:ints> = <v:box>.items = <ints>
    1: <new:int> = <v:box>.v = <int>
    1: <new:int>: int = <int>
    2: <new:int>, <new:int> = <pair>
    1: <new:int>, <new:int> = <int>, <int>
    1: <new:int>, *<new:ints> = <ints>
    1: (<new:int>, <new:int>), <new:int> = <pair>, <int>
    1: <v:box>.v, <new:int> = <pair>
    1: <v:map>[<int>], <new:int> = f_pair(<site>, <k>, <int>)
    4: <v:int> += <int>
    1: <v:int> -= <int>
    1: <v:int> |= <int>
    4: <v:ints> += [<int>]
    2: <v:ints> += <ints>[:3]
    1: <v:ints> = <v:ints>[-5:] + [<int>]
    1: <v:map> |= <map>
    2: <v:num> += <int>
    1: <v:text> += <text>
    1: <v:ints>[0] += <int>
    1: <v:map>[1] = <v:map>.get(1, 2) + <int>
    2: <v:map>[<int>] = <int>
    1: <v:map>[<lit>] = <v:map>.pop(<lit>, 1) + <int>
    1: TABLE[1] += <int>
    2: <v:box>.v += <int>
    2: <v:box>.items += [<int>]
    8: <v:ints>.append(<int>)
    4: <v:ints>.append(f_int(<site>, <k>, <args>))
    2: <v:anys>.append(<any>)
    1: <v:anys>.append(<v:anys>[:1])
    1: <v:ints>[<int> % 2] = <int>
    2: <v:ints>[0] = <int>
    2: <v:ints>[:1] = [<int>]
    3: <v:ints>[0:0] = [<int>, <int>]
    4: <v:map>[<int>] = f_int(<site>, <k>, <args>)
    4: <v:box>.v = <int>
    2: <v:box>.v = f_int(<site>, <k>, <args>)
    1: <v:box>.other = <any>
    1: <v:box>.items.append(<int>)
    1: <v:box>.items = <v:ints>
    1: <v:box>.add(<int>)
    2: <v:box>.add(f_int(<site>, <k>, <args>))
    2: <v:box>.items.append(f_int(<site>, <k>, <args>))
    2: <v:nest>[<lit> % 2].append(f_int(<site>, <k>, <args>))
    1: <v:box>.items.append(<v:box>.grow(<site>, <k>, <int>))
    1: <v:box>.v += <v:box>.grow(<site>, <k>)
    1: <v:num>.value = <int>
    1: <v:num>[<int>] = <int>
    1: <v:nest>[0].append(<int>)
    1: <v:nest>.append(<v:ints>)
    1: <v:nest>[-1] = <ints>
    1: <v:ints>.extend(<ints>[:3])
    1: <v:ints>.insert(0, <int>)
    1: <v:ints>.sort()
    1: <v:ints>.reverse()
    1: <v:ints>[1:2] = <ints>[:2]
    1: <v:ints>.pop()
    2: <new:int> = <v:ints>.pop(0) if <v:ints> else <int>
    1: <new:int> = <v:ints>.pop(<int> % 3 - 1)
    2: <new:int> = <v:box>.items.pop() if <v:box>.items else <int>
    1: <new:int> = (<v:ints> or [1]).pop()
    1: <v:map>.pop(<int>, None)
    1: <v:map>.update(<map>)
    1: <v:map>.setdefault(<int>, <int>)
    1: del <v:ints>[:1]
    1: del <v:map>[<int>]
    1: del <v:ints>[<int>:]
    1: <v:keyed>[<num>] = <int>
    1: <v:set>.add(<int>)
    1: SHARED.append(<any>)
    1: SHARED[0] = <int>
    1: TABLE[<lit>] = <int>
    1: TABLE[<lit>] = <any>
    1: STATE['n'] += <int>
    1: SHARED.append(<v:ints>)
    5: print(<int>)
    2: print(type(<any>).__name__, <int>, <text>, sep='|')
    1: print('at', <num>, <ints>)
    1: print(<pair>, end=';')
    2: print(f_int(<site>, <k>, <int>), <ints>)
    1: print()
    1: print(*<ints>, flush=True)
    1: print(<map>, <nest>)
    1: print(<arr>)
    1: sys.stdout.write(<text>)
    1: warnings.warn('seen %s' % <int>)
    1: print(<anys>.__len__(), <box>, <any> is None)
    2: logger.info('now %s %s', <int>, <int>)
    1: logger.warning('text ' + <text>)
    1: logger.debug('hidden %s', <int>)
    1: complain(<lit>)
    3: f_none(<site>, <k>, <any>)
    2: f_int(<site>, <k>, <int>)
    1: f_loud(<site>, <k>, <int>)
    4: say(<site>, <k>, <any>)
    2: mangle(<site>, <k>, <v:ints>)
    1: mangle(<site>, <k>, <v:map>)
    1: mangle(<site>, <k>, <v:box>)
    1: keep(<site>, <k>, <v:ints>)
    1: keep(<site>, <k>, <v:box>)
    1: push(<site>, <k>, <int>)
    1: bump(<site>, <k>)
    1: check(<site>, <k>)
    1: <int>
    1: <num>
    1: <cond>
    1: assert <cond> or True, <text>
    1: <callee>
    1: pass
    1: <v:map>[<int>], <v:map>[<int>] = <pair>
    1: <v:ints>[<int> % 2], <v:ints>[0] = <pair>
""")

DEPTH = 3


def simple(draw: Draw) -> None:
    """Write a statement of one line."""
    for _ in range(4):
        template = draw.choose(SIMPLE)
        sites = draw.sites
        try:
            text = draw.fill(template, draw.rng.choice((1, 2, 2, DEPTH)), expression)
        except DeadEndError:
            draw.sites = sites
            continue
        draw.feature(template.text)
        draw.emit(text)
        return
    draw.emit(f"say({draw.site()}, {draw.counter()})")


def body(draw: Draw, most: int = 3) -> None:
    """Write one to `most` statements."""
    for _ in range(draw.rng.randint(1, most)):
        statement(draw)


def an(draw: Draw, kind: str, depth: int = 2) -> str:
    return expression(draw, kind, depth)


def if_statement(draw: Draw) -> None:
    with draw.block(f"if {an(draw, 'cond')}:"), draw.branch():
        body(draw)
    if draw.chance(0.2):
        with draw.block(f"elif {an(draw, 'cond')}:"), draw.branch():
            body(draw, 2)
    if draw.chance(0.5):
        with draw.block("else:"), draw.branch():
            body(draw, 2)


def leave(draw: Draw) -> None:
    """Write a conditional way out of a loop or function."""
    if draw.breakable:
        way = draw.rng.choice(["break", "continue", "continue", "return"])
    else:
        way = draw.rng.choice(["return", "raise"])
    draw.feature(way)
    with draw.block(f"if {an(draw, 'cond')}:"), draw.branch():
        if draw.chance(0.4):
            simple(draw)
        draw.emit(departure(draw, way))


def departure(draw: Draw, way: str) -> str:
    if way == "return":
        return f"return {an(draw, 'any')}"
    if way == "raise":
        what = draw.rng.choice(
            ["Boom({}, {})", "ValueError({}, {})", "StopIteration({}, {})", "KeyError({1})", "Odd({}, {})"]
        )
        tail = draw.rng.choice(["", "", " from None", " from KeyError(1)"])
        return f"raise {what.format(an(draw, 'int', 1), an(draw, 'int', 1))}{tail}"
    return way


def looped(draw: Draw, head: str, counter: str, names: dict[str, str], first_line: str = "") -> None:
    """Write a loop: head, body, perhaps an else clause."""
    with draw.block(head), draw.branch(), draw.loop(counter):
        for name, kind in names.items():
            draw.bind(name, kind)
        if first_line:
            draw.emit(first_line)
        draw.breakable += 1
        body(draw, 4)
        draw.breakable -= 1
    if draw.chance(0.2):
        draw.feature("loop else")
        with draw.block("else:"), draw.branch():
            body(draw, 2)


def for_range(draw: Draw) -> None:
    i = draw.fresh("i")
    bound = draw.rng.choice(["2", "3", "4", f"{an(draw, 'int', 1)} % 4"])
    looped(draw, f"for {i} in range({bound}):", i, {})


def for_items(draw: Draw) -> None:
    i, v = draw.fresh("i"), draw.fresh("v")
    looped(draw, f"for {i}, {v} in enumerate({an(draw, 'ints')}[:4]):", i, {v: "int"})


def for_direct(draw: Draw) -> None:
    """Write a loop over a list that its body may change."""
    w, v = draw.fresh("w"), draw.fresh("v")
    draw.emit(f"{w} = 0")
    stop = f"{w} += 1\n{'    ' * (draw.indent + 1)}if {w} > 4: break"
    items = draw.variable("ints")
    iterators = [f"reversed({items})", f"itertools.chain({items}, {items})", f"itertools.islice({items}, 4)"]
    source = draw.rng.choice([items, items, an(draw, "ints"), "SHARED[:3]", "SHARED", draw.rng.choice(iterators)])
    looped(draw, f"for {v} in {source}:", w, {v: "int" if "SHARED" not in source else "any"}, stop)


def for_pairs(draw: Draw) -> None:
    i, v = draw.fresh("i"), draw.fresh("v")
    source = draw.rng.choice(
        ["{map}.items()", "list({map}.items())", "zip({ints}, {ints})", "sorted({map}.items())",
         "itertools.product({name}, range(2))"]
    )  # fmt: skip
    source = source.format(map=draw.variable("map"), ints=f"{an(draw, 'ints', 1)}[:3]", name=draw.variable("ints"))
    looped(draw, f"for {i}, {v} in {source}:", i, {v: "int"})


def for_restored(draw: Draw) -> None:
    """Write a loop that stores into what it goes over."""
    i, v, w = draw.fresh("i"), draw.fresh("v"), draw.fresh("w")
    over, form = draw.rng.choice([("ints", "enumerate({})"), ("map", "{}.items()")])
    name = draw.variable(over)
    draw.emit(f"{w} = 0")
    inner = "    " * (draw.indent + 1)
    store = draw.rng.choice([f"{name}[{i}] = {v} = f_int({draw.site()}, {i}, {v})", f"{name}[{i}] = {an(draw, 'int')}"])
    first = f"{w} += 1\n{inner}if {w} > 4: break\n{inner}{store}"
    looped(draw, f"for {i}, {v} in {form.format(name)}:", w, {v: "int"}, first)


def for_walk(draw: Draw) -> None:
    i = draw.fresh("i")
    kind = draw.rng.choice(["walk", "Walk"])
    looped(draw, f"for {i} in {kind}({draw.site()}, {draw.counter()}, {draw.rng.randint(1, 3)}):", i, {})


def for_keys(draw: Draw) -> None:
    i = draw.fresh("i")
    source = draw.rng.choice(
        [f"list({draw.variable('map')})", draw.variable("map"), f"reversed({an(draw, 'ints', 1)}[:3])", "Num(5)"]
    )
    looped(draw, f"for {i} in {source}:", i, {})


def for_target(draw: Draw) -> None:
    """Write a loop whose target is not a plain name."""
    target = draw.rng.choice([f"{draw.variable('ints')}[0]", f"{draw.variable('box')}.v"])
    w = draw.fresh("w")
    draw.emit(f"{w} = 0")
    looped(draw, f"for {target} in {an(draw, 'ints')}[:3]:", w, {}, f"{w} += 1")


def while_bounded(draw: Draw) -> None:
    w = draw.fresh("w")
    draw.emit(f"{w} = 0")
    test = draw.rng.choice(["{w} < 3 and {cond}", "{cond} and {w} < 3", "not {w} > 2", "(h := {int}) > 1 and {w} < 3"])
    test = test.replace("(h :=", f"({draw.fresh('h')} :=").format(w=w, cond=an(draw, "cond"), int=an(draw, "int"))
    looped(draw, f"while {test}:", w, {}, f"{w} += 1")


def converge(draw: Draw) -> None:
    """Write a loop until a pending value is small."""
    w, h = draw.fresh("w"), draw.fresh("h")
    draw.emit(f"{w} = 0")
    draw.emit(f"{h} = f_int({draw.site()}, {draw.counter()}, {an(draw, 'any')})")
    with draw.block(f"while {h} > 1:"), draw.branch(), draw.loop(w):
        draw.bind(h, "int")
        draw.emit(f"{h} = f_less({draw.site()}, {draw.counter()}, {h})")
        draw.emit(f"{w} += 1")
        draw.breakable += 1
        if draw.chance(0.6):
            body(draw, 2)
        draw.breakable -= 1
    draw.bind(h, "int")


def pop_loop(draw: Draw) -> None:
    """Write a work list: a loop that ends when a list is empty."""
    work, v, w = draw.fresh("work"), draw.fresh("v"), draw.fresh("w")
    kind, take = draw.rng.choice([("", "pop()"), ("", "pop(0)"), ("collections.deque", "popleft()")])
    draw.emit(f"{work} = {kind}({an(draw, 'ints')}[:3])")
    draw.emit(f"{w} = 0")
    with draw.block(f"while {work}:"), draw.branch(), draw.loop(w):
        draw.emit(f"{w} += 1")
        draw.emit(f"{v} = {work}.{take}")
        draw.bind(v, "int")
        with draw.block(f"if f_flag({draw.site()}, {draw.counter()}, {v}) and {w} < 4:"):
            draw.emit(f"{work}.append(f_less({draw.site()}, {draw.counter()}, {v}))")
        draw.breakable += 1
        body(draw, 2)
        draw.breakable -= 1


def nested_function(draw: Draw) -> None:
    """Write a function inside the function, which captures variables, and calls of it."""
    name = draw.fresh("inner")
    writes = [bound for bound in draw.scope.bound if bound.startswith("n") and draw.scope.bound[bound] == "int"]
    outer, loops, breakable, mode = draw.scope, draw.loops, draw.breakable, draw.mode
    declared = draw.rng.choice(writes) if writes and draw.chance(0.4) and draw.nests else ""
    default = f"={an(draw, 'int', 1)}" if draw.chance(0.3) else ""
    decorator = draw.rng.choice(["", "", "", "@pydron.schedule", "@pydron.functional"])
    if decorator == "@pydron.functional":
        with draw.block(f"def {name}(q):"):
            draw.emit(f"trip({draw.site()}, q)")
            draw.emit(f"return q + {draw.rng.choice(writes) if writes else '1'}")
        draw.emit(f"{name} = pydron.functional({name})")
        declared = ""
    else:
        if decorator:
            draw.emit(decorator)
        draw.scope = Scope(dict(outer.bound), dict(outer.maybe), prefix="z" + outer.prefix, fixed={declared})
        draw.loops, draw.breakable, draw.nests, draw.mode = ["q"], 0, draw.nests + 1, "plain"
        with draw.block(f"def {name}(q, r{default or '=1'}):"):
            draw.bind("q", "int")
            if declared:
                draw.emit(f"nonlocal {declared}")
                draw.emit(f"{declared} = {an(draw, 'int')}")
            body(draw, 2)
            draw.emit(f"return {an(draw, 'int')}")
        draw.nests -= 1
        draw.scope, draw.loops, draw.breakable, draw.mode = outer, loops, breakable, mode
    draw.feature(f"nested function {decorator}{' nonlocal' if declared else ''}")
    for _ in range(draw.rng.randint(1, 2)):
        target = draw.target("int")
        draw.emit(f"{target} = {name}({an(draw, 'int', 1)})")
        draw.bind(target, "int")


def delete(draw: Draw) -> None:
    """Unbind a variable; later statements may trip over that."""
    names = [name for name in draw.scope.bound if name in VARIABLES["int"]]
    if not names or draw.loops or draw.nests > 1:
        raise DeadEndError("int")
    name = draw.rng.choice(names)
    draw.emit(f"del {name}")
    draw.scope.maybe[name] = draw.scope.bound.pop(name)


def use_global(draw: Draw) -> None:
    """Assign a global variable."""
    draw.emit(f"COUNT {draw.rng.choice(['=', '+=', '-='])} {an(draw, 'int')}")


def class_body(draw: Draw) -> None:
    name = draw.fresh("Local")
    with draw.block(f"class {name}:"):
        draw.emit(f"a = f_int({draw.site()}, {draw.counter()}, {an(draw, 'int', 1)})")
        draw.emit(f"b = say({draw.site()}, {draw.counter()}, a)")
        draw.emit(f"def get(self, q): return self.a + q + {an(draw, 'int', 1)}")
    target = draw.target("int")
    draw.emit(f"{target} = {name}().get({an(draw, 'int', 1)}) + {name}.b")
    draw.bind(target, "int")


ERRORS = [
    "ValueError",
    "Boom",
    "Exception",
    "(KeyError, IndexError)",
    "LookupError",
    "BaseException",
    "ZeroDivisionError",
    "StopIteration",
]


def try_statement(draw: Draw) -> None:
    with draw.block("try:"), draw.branch():
        body(draw)
    star = draw.chance(0.1)
    handlers = draw.rng.randint(0, 2)
    chosen = draw.rng.sample(ERRORS, handlers)
    for error in chosen:
        with draw.block(f"except{'*' if star else ''} {error} as error:"), draw.branch():
            if star or draw.chance(0.5):
                draw.emit(f"say({draw.site()}, {draw.counter()}, len(describe(error)))")
            breakable, draw.breakable = draw.breakable, 0 if star else draw.breakable
            if star:
                simple(draw)
            else:
                body(draw, 2)
            draw.breakable = breakable
            if draw.chance(0.25):
                draw.emit(draw.rng.choice(["raise", "raise error", "raise Boom(1) from error", "raise ValueError(2)"]))
    if handlers and draw.chance(0.3):
        with draw.block("else:"), draw.branch():
            body(draw, 2)
    if not handlers or draw.chance(0.3):
        with draw.block("finally:"):
            body(draw, 2)


def with_statement(draw: Draw) -> None:
    swallows = draw.rng.choice(["", ", True", f", {an(draw, 'cond', 1)}"])
    name = draw.rng.choice(["", " as room"])
    more = f", Room({draw.site()}, {draw.counter()})" if draw.chance(0.2) else ""
    with draw.block(f"with Room({draw.site()}, {draw.counter()}{swallows}){name}{more}:"), draw.branch():
        body(draw)


STORES = {
    "list": ["{place}.append({value})", "{place} += [{value}]", "{place}[0] = {value}", "{place}.extend([{value}, 1])"],
    "map": ["{place}[{other}] = {value}", "{place}[1] = {value}", "{place}.setdefault({other}, {value})"],
    "attribute": ["{place} = {value}", "{place} += {value}"],
}
LOOKS = {
    "list": ["len({place})", "sum({place}) % 9", "first({place})", "max({place}, default=0)", "{place}[-1]",
             "f_int({site}, {k}, len({place}))", "sum([f_int({site}, {k}, y) for y in {place}]) % 9"],
    "map": ["len({place})", "{place}.get(1, 0)", "sum({place}.values()) % 9", "f_int({site}, {k}, *sorted({place}))"],
    "attribute": ["{place} + 1", "f_int({site}, {k}, {place})", "-{place}"],
}  # fmt: skip
"""How a place is stored into, and how it is looked into right afterwards."""


def store_and_look(draw: Draw) -> None:
    """Store into a place in a statement that may undo, skip or repeat that, and look into it behind the statement."""
    kind = draw.rng.choice(sorted(STORES))
    place = draw.variable({"list": "box", "map": "map", "attribute": "box"}[kind])
    if kind != "map":
        place += ".items" if kind == "list" else ".v"
    if kind == "list" and draw.chance(0.3):
        place = draw.variable("ints")

    def write(templates: list[str]) -> str:
        value, other = f"f_int({draw.site()}, {draw.counter()}, {an(draw, 'int', 1)})", an(draw, "int", 1)
        words = {"place": place, "value": value, "other": other, "site": draw.site(), "k": draw.counter()}
        return draw.rng.choice(templates).format(**words)

    around = ["try:", f"if f_flag({draw.site()}, {draw.counter()}, {an(draw, 'int', 1)}):"]
    if draw.wide:
        around.append(f"with Room({draw.site()}, {draw.counter()}, True):")
    head = draw.rng.choice(around)
    with draw.block(head), draw.branch():
        for _ in range(draw.rng.randint(1, 2)):
            draw.emit(write(STORES[kind]))
        if draw.chance(0.3):
            simple(draw)
    if head == "try:":
        with draw.block(f"except {draw.rng.choice(ERRORS)}:"), draw.branch():
            draw.emit(write(STORES[kind]) if draw.chance(0.4) else "pass")
    if draw.chance(0.3):
        draw.emit(write(STORES[kind]))
    for _ in range(draw.rng.randint(1, 2)):
        target, look = draw.target("int"), write(LOOKS[kind])
        draw.emit(f"{target} = {look}")
        draw.bind(target, "int")


PART_STORES = [
    "{o}.items = [{value}]", "{o}.items.append({call})", "{o}.take({site}, {k}, {value})", "{o}.rank = abs",
    "{o}.update({site}, {k}, {value})", "setattr({o}, '{part}', {call})", "fields({o})['{part}'] = {call}",
    "{o}.__dict__['{part}'] = {value}", "{o}.other = {value}", "del {o}.{part}",
]  # fmt: skip
PART_LOOKS = [
    "{o}.take({site}, {k}, {value})", "{o}.update({site}, {k}, {value})", "{o}.rank({value})", "len({o}.items)",
    "{o}.size", "len(fields({o}))", "sum(map(len, fields({o})))", "{o}.grow({site}, {k})", "f_int({site}, {k}, {o})",
]  # fmt: skip
PLAIN_STORES = ["{o}.{part} = {call}", "{o}.{part} = {value}", "{o}.{part} += {value}"]
PLAIN_LOOKS = ["f_int({site}, {k}, {o}.{part})", "{o}.{part} + 1"]
"""How an attribute of an object is stored, and how others are read meanwhile."""


def parts_apart(draw: Draw) -> None:
    """Store into attributes of an object behind branches, and read others in the same rounds of a loop."""
    kind = "slim" if draw.chance(0.1) else "box"
    parts = ["v", "w"] if kind == "slim" else ["v", "spare", "limit"]
    owners = [draw.variable(kind)]
    if draw.chance(0.6):
        same = draw.fresh("same")
        held = draw.chance(0.6)
        draw.emit(f"{same} = [{owners[0]}]" if held else f"{same} = {owners[0]}")
        owners.append(f"{same}[0]" if held else same)
    i = draw.fresh("i")

    def write(plain: list[str], more: list[str]) -> str:
        table = plain if kind == "slim" or draw.chance(0.7) else more
        value = i if draw.chance(0.6) else an(draw, "int", 1)
        call = f"f_int({draw.site()}, {draw.counter()}, {value})"
        words = {"o": draw.rng.choice(owners), "part": draw.rng.choice(parts), "site": draw.site()}
        return draw.rng.choice(table).format(**words, value=value, call=call, k=draw.counter())

    few = draw.rng.sample(PART_STORES, 2)
    with draw.block(f"for {i} in range({draw.rng.randint(2, 4)}):"), draw.branch(), draw.loop(i):
        for _ in range(draw.rng.randint(1, 2)):
            with draw.block(f"if f_flag({draw.site()}, {draw.counter()}, {i}):"), draw.branch():
                for _ in range(draw.rng.randint(1, 2)):
                    draw.emit(write(PLAIN_STORES, few))
                if draw.chance(0.1):
                    simple(draw)
            if draw.chance(0.3):
                with draw.block("else:"), draw.branch():
                    draw.emit(write(PLAIN_STORES, few))
            if draw.chance(0.3):
                draw.emit(write(PLAIN_STORES, few))
            target, look = draw.target("int"), write(PLAIN_LOOKS, PART_LOOKS)
            draw.emit(f"{target} = {look}")
            draw.bind(target, "int")


def match_statement(draw: Draw) -> None:
    subject = draw.rng.choice(["pair", "int", "ints", "box", "map"])
    captures = [draw.fresh("c"), draw.fresh("c")]
    a, b = captures
    cases = {
        "pair": [f"({a}, 0)", f"({a}, {b})"],
        "int": ["0 | 1", f"int() as {a}"],
        "ints": ["[]", f"[{a}]", f"[{a}, *{b}]"],
        "box": [f"Box(v=0, items={b})", f"Box(v={a})"],
        "map": [f"{{2: {a}}}", f"{{1: {a}, **{b}}}", "{}"],
    }[subject]
    with draw.block(f"match {an(draw, subject)}:"):
        for case in cases:
            guard = f" if {an(draw, 'cond', 1)}" if draw.chance(0.2) else ""
            with draw.block(f"case {case}{guard}:"), draw.branch():
                body(draw, 2)
        if draw.chance(0.5):
            with draw.block("case _:"), draw.branch():
                body(draw, 2)


def yield_statement(draw: Draw) -> None:
    if draw.mode != "generator":
        raise DeadEndError("generator")
    if draw.chance(0.2):
        draw.emit(f"yield from {an(draw, 'ints')}[:2]")
    else:
        target = f"{draw.target('int')} = " if draw.chance(0.0) else ""
        draw.emit(f"{target}yield {an(draw, 'any')}")


def async_statement(draw: Draw) -> None:
    if draw.mode != "async":
        raise DeadEndError("async")
    i = draw.fresh("i")
    if draw.chance(0.5):
        looped(draw, f"async for {i} in Walk({draw.site()}, {draw.counter()}, 2):", i, {})
    else:
        with draw.block(f"async with Room({draw.site()}, {draw.counter()}):"), draw.branch():
            body(draw, 2)


COMPOUND: list[tuple[int, Callable[[Draw], None]]] = [
    (10, if_statement),
    (5, leave),
    (6, for_range),
    (5, for_items),
    (3, for_direct),
    (3, for_pairs),
    (3, for_restored),
    (1, for_walk),
    (2, for_keys),
    (1, for_target),
    (4, while_bounded),
    (3, converge),
    (1, pop_loop),
    (8, store_and_look),
    (8, parts_apart),
    (3, nested_function),
    (1, delete),
]
WIDE: list[tuple[int, Callable[[Draw], None]]] = [
    (10, try_statement),
    (6, with_statement),
    (4, match_statement),
    (12, yield_statement),
    (6, async_statement),
    (2, class_body),
]


def statement(draw: Draw) -> None:
    """Write one statement."""
    draw.budget -= 1
    if draw.budget <= 0 or draw.indent > 4 or draw.chance(0.68):
        if draw.globals and draw.chance(0.06):
            use_global(draw)
        else:
            simple(draw)
        return
    table = COMPOUND + WIDE if draw.wide else COMPOUND
    for _ in range(4):
        write = draw.rng.choices([write for _, write in table], [weight for weight, _ in table])[0]
        if len(draw.loops) > 2 and "for" in write.__name__:
            continue
        lines, sites = len(draw.lines), draw.sites
        try:
            write(draw)
        except DeadEndError:
            del draw.lines[lines:]
            draw.sites = sites
            continue
        draw.feature(write.__name__)
        return
    simple(draw)
