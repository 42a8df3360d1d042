"""Random expressions by kind, with pending values in every position."""

from __future__ import annotations

from tests.property.draw import DeadEndError, Draw, Template, templates

KINDS: dict[str, tuple[Template, ...]] = {
    "int": templates("""
        14: f_int(<site>, <k>, <args>)
        3: f_less(<site>, <k>, <int>)
        2: f_loud(<site>, <k>, <any>)
        2: f_named(<site>, <k>, <int>, b=<any>)
        2: f_named(<site>, <k>, *<ints>[:3])
        1: blended(*<v:ints>)
        1: sum(e * 2 for e in <v:ints>)
        1: f_named(<site>, k=<k>, **{'a': <int>, 'c': <any>})
        1: f_named(<site>, <k>, <int>, *<pair>, b=<int>, **{'q': <int>})
        1: f_named(b=<int>, *[<site>, <k>])
        1: f_named(k=<k>, site=<site>, b=<int>)
        1: f_lambda(<site>, <k>, <any>)
        1: f_abs(<int>)
        2: <box>.grow(<site>, <k>, <any>)
        1: <v:box>.grow(<site>, <k>)
        2: both(<site>, <k>, <int>)
        1: both(<site>, <k>, <any>, least=<int>)
        1: <v:box>.swell(<site>, <k>, <args>)
        1: <box>(<site>, <k>, <args>)
        1: Box.halve(<site>, <k>, <int>)
        1: <v:box>.lead
        1: (<box>.lead - <int>) % 9
        1: sum(<v:box>.led)
        1: functools.partial(both, <site>)(<k>, <int>)
        1: sum(both(<site>, <k>, each) for each in <ints>[:3]) % 9
        1: Box.scale(<site>, <k>, <int>)
        8: <v:int>
        4: <lit>
        3: <lit>
        4: (<int> + <int>)
        2: (<int> - <int>)
        2: (<int> * <int> % 7)
        1: (<int> // (<int> or 1))
        1: (-<int>)
        1: (<int> & 7 | <int> & 3)
        1: (<int> ^ 1)
        3: (<int> if <cond> else <int>)
        2: (<int> and <int>)
        2: (<int> or <int>)
        1: (<new:int> := <int>)
        1: <v:ints>[0]
        1: <ints>[-1]
        4: (<v:ints> or [<int>])[0]
        2: ([<int>] + <ints>)[-1]
        2: (<v:ints> + [0, 1, 2])[<int> % 3]
        2: <pair>[0]
        1: <pair>[1]
        2: len(<ints>)
        1: sum(<ints>)
        1: max(<ints>, default=<lit>)
        1: min(<int>, <int>)
        1: abs(<int>)
        1: divmod(<int>, 3)[0]
        2: <map>.get(<int>, <int>)
        1: <v:map>[<int>]
        1: {**<map>, 3: <int>}[3]
        1: len(<map>)
        3: <box>.v
        1: first(<v:box>.items)
        1: len(<v:box>.items)
        1: <v:box>.size
        1: <v:box>.v
        1: first(<nest>[0])
        1: len(<v:nest>[-1])
        2: <v:num>.v
        1: <num>.value
        1: len(<num>)
        1: <num>[<int>]
        1: <num>(<int>)
        1: <v:num>.missing
        1: len(<text>)
        1: len(<set>)
        1: int(bool(<cond>))
        3: say(<site>, <k>, <any>)
        1: push(<site>, <k>, <any>)
        1: peek()
        1: bump(<site>, <k>)
        1: loud(<site>, <k>, <int>)
        1: mangle(<site>, <k>, <v:ints>)
        1: mangle(<site>, <k>, <v:map>)
        1: mangle(<site>, <k>, <v:box>)
        2: add(<int>, <int>)
        2: first(<ints>)
        1: check(<site>, <k>, <int>)
        1: weigh(<any>)
        1: twice(<int>)[1]
        1: first(alias(<v:ints>))
        1: (lambda q: q + <int>)(<int>)
        1: (lambda q, r=<int>: (q, r))(<int>)[1]
        1: max(<ints>[:3] + [1], key=lambda q: f_int(<site>, <k>, q) - q)
        1: len(list(filter(lambda q: both(<site>, <k>, q) > q, <ints>[:3])))
        1: [lambda q, r=e: q + r for e in <ints>[:2] + [<int>]][-1](<int>)
        1: [lambda: e for e in (<int>, <int>)][0]()
        1: sum(fn(<int>) for fn in [abs, lambda q: q + <int>])
        1: STATE['n'] % 5
        1: len(SHARED) % 4
        1: next(iter(<ints>), <int>)
        2: <intcomp>
        2: <callee>
        1: <v:func>(<int>)
        1: [<int>, <int>][<int> % 2]
        1: {0: <int>, 1: <int>}.get(<int>, <lit>)
        2: int(<arr>[<int> % 2])
        1: int(<arr>.sum())
        1: len(<arr>)
        1: int(np.max(<arr>))
        1: sum(q * <v:int> for q in <ints>)
        1: max((q + <v:int> - <int> for q in <ints>), default=<v:int>)
        1: min([2, <int>, <int>], key=lambda q: abs(q - <v:int>))
        1: sum(map(lambda q: q * 2 - <v:int>, <ints>)) % 50
        1: len([q for q in <ints> if q > <v:int>])
        1: next((q for q in <ints> if f_flag(<site>, q, <v:int>)), <v:int>)
        1: int(np.nan_to_num(<arr> / <int>).sum() % 9)
        1: int(np.log(<arr>).max() > 1)
        1: int(<arr>.mean() * 2.5)
        1: int(-(<arr> * 0.5)[-1] // 1)
        1: <slim>.v
        1: <slim>.w
        1: <guard>.v
        2: <vec>.x
        2: <vec>.norm
        1: <v:vec>.norm
        1: <v:vec>.hits
        1: <vec>.rare
        1: <vec>[<int> % 2]
        1: <vec>[<int>]
        1: len(<vec>)
        1: <vec>(<int>)
        1: total(<v:vec>, <vec>)
        1: sum(<vec>)
        2: <card>.rank
        1: <v:card>.worth
        1: len(<card>.marks)
        1: clip(<int>, <int>)
        1: count_up(<ints>)
        1: rarely(<site>, <k>, <int>)
        1: spoil(<v:ints>, <int>)
        1: pick(<v:nest>)[0]
        1: len(sorted([<card>, <v:card>], key=lambda q: q.worth))
        1: sorted(<ints>[:3], key=lambda q: rarely(<site>, q, q))[0]
        1: max(<ints>[:3] + [<int>], key=half)
        1: [half(e) for e in <ints>[:3] + [<int>]][0]
        1: fact(<int> % 6)
        1: functools.reduce(add, <ints>[:3], <int>)
        1: functools.reduce(lambda p, q: p * 2 - q, [<int>, <int>])
        1: sorted(<ints> + [1], key=lambda q: -q)[0]
        1: sum(map(lambda q: q + <int>, <ints>[:3]))
        1: sum(itertools.chain(<ints>, <pair>))
        1: operator.add(<int>, <int>)
        1: math.floor(<int> / 2)
        1: round(<int> / 3)
        1: int(<text>.find('b'))
        1: sum(a * b for a, b in zip(<ints>[:3], <ints>))
        1: (*<pair>, <int>)[1]
        1: min(<ints> + [<int>], key=abs)
        1: <v:ints>.count(<int>)
        1: <v:ints>[:].__len__()
        1: getattr(<box>, 'v')
        1: [*<pair>, *<ints>][<int> % 2]
        1: sum(<v:nest>[0])
        1: f_int(<site>, <k>, <v:nest>)
        1: max(<v:ints>[-3:] + [<int>])
        1: same_one(<v:ints>, <ints>)
        1: sum(map(len, <nest>))
        1: sum(<v:map>.values()) % 9
    """),
    "cond": templates("""
        4: (<int> > <int>)
        3: (<int> > 3)
        2: (<int> < <int> <= <int>)
        1: (<int> == <int> != <int>)
        2: (<int> == <int>)
        2: f_flag(<site>, <k>, <args>)
        1: (not <cond>)
        2: (<cond> and <cond>)
        2: (<cond> or <cond>)
        1: <ints>
        2: (<int> in <ints>)
        1: (<int> not in <map>)
        1: (<num> > <int>)
        1: (<v:num> == <num>)
        1: (<int> < <num>)
        1: bool(<num>)
        1: <v:num>
        1: (<int> in <num>)
        1: isinstance(<any>, list)
        1: (<any> is None)
        1: (<ints> == <ints>)
        1: (<ints> < <ints>)
        1: (<pair> == <pair>)
        1: (<v:ints> is <v:ints>)
        1: (<v:box> is <v:box>)
        1: any(f_flag(<site>, e, e) for e in <ints>[:3])
        1: all(e < <int> for e in <ints>[:3])
        1: any(e > <int> for e in <v:ints>)
        1: (<text> < <text>)
        1: callable(<any>)
        1: (<vec> < <vec>)
        1: (<vec> == <vec>)
        1: (<v:vec> != <any>)
        1: <vec>
        1: (<int> in <vec>)
        1: (<card> < <card>)
        1: (<card> == <card>)
        1: (<v:vec> is <vec>)
        1: is_large(<vec>, <int>)
        2: (<int> % 2)
        1: hasattr(<any>, 'v')
    """),
    "ints": templates("""
        6: <v:ints>
        5: f_ints(<site>, <k>, <args>)
        2: f_sorted(<ints>)
        3: [<int>, <int>]
        1: []
        2: (<ints> + <ints>)[:6]
        1: [*<ints>, <int>][-4:]
        1: <v:ints>[<int>:]
        1: <ints>[:<int>]
        1: <ints>[<int> % 3:<int>:2]
        1: list(range(<int> % 4))
        1: sorted(<ints>)
        1: list(reversed(<ints>))
        1: [q for q in itertools.chain(<v:ints>, <ints>)][:5]
        1: [d - e for d, e in itertools.permutations(<ints>[:3], 2)]
        1: [p[1] for p in dict(zip(<ints>, <ints>)).items()]
        1: list(<pair>)
        1: list(<map>.values())
        1: [<int>] * 2
        1: alias(<v:ints>)
        1: keep(<site>, <k>, <v:ints>)
        1: <v:box>.items
        1: <v:nest>[0]
        1: list(map(first, [<ints>, <ints>]))
        1: list(walk(<site>, <k>, <lit> % 3))
        1: sorted(<set>)
        4: <listcomp>
        1: (<ints> or <ints>)
        1: (<ints> if <cond> else <ints>)
        1: check(<site>, <k>, <ints>)
        1: [[], <ints>][<int> % 2]
        1: list(map(f_abs, <ints>[:3]))
        1: [int(e) for e in <arr>[:3]]
        1: <arr>.tolist()[:2]
        1: list(itertools.accumulate(<ints>[:3]))
        1: [e for _, e in enumerate(<ints>[:3])]
        1: [e for e in <v:ints> if e > <int>]
        1: [d for e in <v:nest> for d in e][:4]
        1: <v:ints>.copy()
        1: copy.deepcopy(<ints>)
        1: list(filter(None, <ints>))
        1: <v:nest>[-1][1:]
        1: [sum(e) for e in <nest>]
        1: longest(<v:nest>)
    """),
    "pair": templates("""
        3: <v:pair>
        3: f_pair(<site>, <k>, <args>)
        3: (<int>, <int>)
        1: divmod(<int>, 4)
        1: tuple([<int>, <int>])
    """),
    "map": templates("""
        3: <v:map>
        3: f_map(<site>, <k>, <args>)
        2: {<int>: <int>, 2: <int>}
        1: {**<map>, <int>: <int>}
        1: dict(<map>)
        1: dict(zip(<ints>, <ints>))
        1: (<map> | <map>)
        2: <dictcomp>
        1: keep(<site>, <k>, <v:map>)
        2: collections.defaultdict(int, <map>)
    """),
    "box": templates("""
        4: <v:box>
        3: f_box(<site>, <k>, <args>)
        3: Box(<int>)
        1: Box(<int>, <ints>)
        1: Box.make(<site>, <k>, <int>)
        1: alias(<v:box>)
        1: keep(<site>, <k>, <v:box>)
    """),
    "num": templates("""
        5: <v:num>
        2: Num(<lit>)
        2: f_num(<site>, <k>, <int>)
        1: (<num> + <int>)
        1: (<int> + <num>)
    """),
    "nest": templates("""
        3: <v:nest>
        2: [<ints>, <ints>]
        2: [<v:ints>, [<int>]]
        1: [<ints>] * 2
        1: f_nest(<site>, <k>, <args>)
        1: [<ints> for e in range(2)]
    """),
    "text": templates("""
        2: <v:text>
        2: f_text(<site>, <k>, <int>)
        2: 'ab'
        2: str(<int>)
        1: str(<num>)
        1: ('%s-%r' % (<int>, <pair>))
        1: (<text> + <text>)[:9]
        1: '{}:{n}'.format(<int>, n=<int>)
        1: ','.join(map(str, <ints>[:3]))
        1: <text>.upper()
        4: <fstring>
        1: str(<vec>)
        1: f'{<vec>}{<v:vec>:>3}{<card>!r}'
        1: repr(<card>)
        1: label(<any>)
    """),
    "set": templates("""
        2: <v:set>
        2: {<int>, <int>}
        1: set(<ints>)
        1: (<set> | {<int>})
        1: {e % 3 for e in <ints>[:4]}
        1: {e % 2 for e in <v:ints>}
        1: {<lit>, <lit>}
    """),
    "keyed": templates("""
        1: <v:keyed>
        1: {<num>: <int>}
        1: {<num>: <int>, <num>: <int>}
    """),
    "anys": templates("""
        3: <v:anys>
        2: [<any>, <any>]
        1: [<any>]
        1: [<v:ints>, <v:ints>]
        1: list(twice(<any>))
        1: SHARED
        1: Bag()
    """),
    "func": templates("""
        2: <v:func>
        2: (lambda q: q + <int>)
        1: (lambda q: f_int(<site>, q, <v:int>))
        1: abs
        1: (abs if <cond> else Box.limit.__add__)
    """),
    "arr": templates("""
        4: <v:arr>
        2: np.arange(4)
        2: f_arr(<site>, <k>, <int>)
        1: np.array([<int>, <int>])
        1: (<arr> + <int>)
        1: (<arr> * 2)
        1: <v:arr>[:2]
        1: <v:arr>[::-1]
        1: np.where(<v:arr> > <int>, 1, <int>)
        1: <v:arr>.copy()
        1: (<arr> / 2).astype(int)
        1: np.sqrt(<arr>).astype(np.float32).astype(bool).astype(int)
        1: (1e308 * <arr> > 1e308).astype(int)
        2: levels(<arr>, <int>)
    """),
    "slim": templates("""
        3: <v:slim>
        1: Slim(<int>)
        1: Slim(<int>, <ints>)
    """),
    "guard": templates("""
        3: <v:guard>
        1: Guarded(<int>)
    """),
    "vec": templates("""
        5: <v:vec>
        3: Vec(<int>)
        1: Vec(<int>, <int>)
        2: f_vec(<site>, <k>, <int>)
        2: (<vec> + <vec>)
        1: (<vec> + <int>)
        1: (<int> + <vec>)
        1: (-<vec>)
        1: <vec>.moved(<int>)
        1: <v:vec>.move(<int>)
        1: Vec.of(<pair>)
        1: max([<vec>, <vec>])
        1: sorted([<vec>, <vec>, <v:vec>])[0]
        1: min(<v:vec>, <vec>, key=lambda q: q.x)
        1: sum([<vec>, <vec>], <v:vec>)
        1: nearest([<v:vec>, <vec>], <int>)
    """),
    "card": templates("""
        5: <v:card>
        3: Card(<int>)
        1: Card(<int>, name=<text>)
        1: f_card(<site>, <k>, <int>)
        1: swapped(<card>)
        1: max(<card>, <card>)
        1: Card(*<pair>)
    """),
    "any": templates("""
        1: <vec>
        1: <v:vec>
        1: <card>
        5: <int>
        3: <ints>
        2: <v:ints>
        1: <pair>
        1: <map>
        2: <box>
        1: <v:box>
        1: <num>
        1: <nest>
        1: <text>
        1: <cond>
        1: None
        1: <v:anys>
        1: <slim>
        1: <arr>
        1: <guard>
        1: f_none(<site>, <k>)
        1: range(<int>)
        1: (<any>, <any>)
        1: [<any>, <v:ints>]
        1: {'a': <any>}
    """),
}
LEAVES = {kind: tuple(template for template in table if template.leaf) for kind, table in KINDS.items()}

LAST = {
    "int": "1",
    "cond": "True",
    "ints": "[2, 1]",
    "pair": "(1, 2)",
    "map": "{1: 2}",
    "box": "Box(3)",
    "num": "Num(5)",
    "nest": "[[1], [2]]",
    "text": "'c'",
    "set": "{1, 2}",
    "keyed": "{}",
    "anys": "[1]",
    "func": "abs",
    "arr": "np.zeros(3, int)",
    "slim": "Slim(1)",
    "guard": "Guarded(2)",
    "vec": "Vec(3, 1)",
    "card": "Card(2)",
    "any": "0",
}
"""What a hole holds when nothing else fits."""


def expression(draw: Draw, kind: str, depth: int) -> str:
    """Return an expression of a kind."""
    special = SPECIAL.get(kind)
    if special is not None:
        return special(draw, depth)
    for _ in range(3):
        table = LEAVES[kind] if depth <= 0 else KINDS[kind]
        if not table:
            break
        template = draw.choose(table)
        sites = draw.sites
        try:
            text = draw.fill(template, depth, expression)
        except DeadEndError:
            draw.sites = sites
            continue
        draw.feature(template.text)
        return text
    return LAST[kind]


def arguments(draw: Draw, depth: int) -> str:
    """Return one to three arguments for a functional call."""
    return ", ".join(
        expression(draw, "any" if draw.chance(0.5) else "int", depth) for _ in range(draw.rng.randint(1, 3))
    )


def source(draw: Draw, depth: int) -> str:
    """Return something short to iterate over in a comprehension."""
    if draw.chance(0.3):
        return f"range({draw.rng.randint(1, 3)})"
    with draw.no_walrus():
        return f"{expression(draw, 'ints', depth)}[:{draw.rng.randint(2, 3)}]"


def comprehension(draw: Draw, depth: int, kind: str) -> str:
    """Return the inside of a comprehension: element, clauses, conditions."""
    name = draw.fresh("e")
    clause = f"for {name} in {source(draw, depth)}"
    with draw.loop(name):
        condition = f" if {expression(draw, 'cond', depth - 1)}" if draw.chance(0.3) else ""
        clause += condition
        if draw.chance(0.15):
            inner = draw.fresh("e")
            clause += f" for {inner} in {source(draw, depth - 1)}"
            with draw.loop(inner):
                element = elements(draw, depth, kind)
        else:
            element = elements(draw, depth, kind)
    draw.feature(f"comprehension{' if' if condition else ''}")
    return f"{element} {clause}"


def elements(draw: Draw, depth: int, kind: str) -> str:
    if kind == "pair":
        return f"{expression(draw, 'int', depth - 1)}: {expression(draw, 'int', depth - 1)}"
    return expression(draw, kind, depth - 1)


def list_comprehension(draw: Draw, depth: int) -> str:
    return f"[{comprehension(draw, depth, 'int')}]"


def dict_comprehension(draw: Draw, depth: int) -> str:
    return f"{{{comprehension(draw, depth, 'pair')}}}"


def reduction(draw: Draw, depth: int) -> str:
    """Return a number made from a comprehension or generator expression."""
    form = draw.rng.choice(
        ["sum({})", "len([{}])", "max([{}], default=0)", "sum([{}])", "len({{{}}})", "next(iter([{}]), 0)"]
    )
    return form.format(comprehension(draw, depth, "int"))


def fstring(draw: Draw, depth: int) -> str:
    """Return an f-string; its fields hold no double quote, which 3.11 forbids."""
    pieces = []
    for _ in range(draw.rng.randint(1, 3)):
        kind = draw.rng.choice(["int", "int", "int", "text", "num", "pair", "ints"])
        sites = draw.sites
        text = expression(draw, kind, min(depth, 2))
        if '"' in text:
            draw.sites = sites
            text = LAST[kind]
        tail = draw.rng.choice(["", "", "!r", ":>4", ":{width}"] if kind == "int" else ["", "", "!r", "!s"])
        pieces.append(f"{{({text}){tail.replace('{width}', f'{{({draw.rng.randint(1, 5)})}}')}}}")
    draw.feature("f-string")
    return 'f"' + "-".join(pieces) + '"'


def callee(draw: Draw, depth: int) -> str:
    """Return a call of another function of the program."""
    if not draw.callees:
        return expression(draw, "int", depth - 1)
    draw.feature("call of a generated function")
    text = draw.rng.choice(draw.callees)
    return draw.fill(templates(f"1: {text}")[0], depth, expression)


SPECIAL = {
    "args": arguments,
    "listcomp": list_comprehension,
    "dictcomp": dict_comprehension,
    "intcomp": reduction,
    "fstring": fstring,
    "callee": callee,
}
