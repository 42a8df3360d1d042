"""Random programs: Python source with scheduled functions, made from a seed.

A program defines ``arguments()``, which makes what it works on (with aliases on purpose, also into its globals), and
``drive(...)``, which calls its scheduled functions. It sees all names of `tests.property.prelude`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.property.draw import Draw, Scope
from tests.property.expressions import expression
from tests.property.statements import body, statement

PARAMETERS = {"xs": "ints", "ys": "ints", "m0": "map", "b0": "box", "ns0": "nest", "u0": "num", "n0": "int"}
ACTUALS = {
    "xs": ["[3, 1, 2]", "[5, 8]", "[7, 0, 1]", "SHARED", "[1, 2, 3, 4]"],
    "ys": ["[6, 2]", "xs", "SHARED", "b0.items"],
    "m0": ["{1: 2}", "TABLE", "{1: 4, 2: 3}"],
    "b0": ["Box(4)", "Box(2, xs)", "Box(1, SHARED)"],
    "ns0": ["[xs, ys]", "[[1], [2]]", "[xs, xs]", "[SHARED]"],
    "u0": ["Num(5)", "Num(4)"],
    "n0": ["2", "7", "0"],
}


SEED_KINDS = ("pair", "num", "nest", "text", "anys", "set", "keyed", "func", "arr", "slim", "guard", "vec", "card")
"""Kinds that need a first variable to be used much."""


@dataclass(frozen=True, slots=True)
class Program:
    """Source text to run in several ways."""

    name: str
    source: str
    features: Counter[str] = field(default_factory=Counter, compare=False)


def write_arguments(draw: Draw) -> None:
    """Write the function that makes the arguments, some of them aliases of each other or of globals."""
    with draw.block("def arguments():"):
        for name in ("xs", "b0", "ys", "m0", "ns0", "u0", "n0"):
            draw.emit(f"{name} = {draw.rng.choice(ACTUALS[name])}")
        if draw.chance(0.3):
            draw.emit("KEPT.append(xs)")
        if draw.chance(0.2):
            draw.emit("TABLE[9] = b0")
        draw.emit(f"return {', '.join(PARAMETERS)}")
    draw.emit("")


def enter(draw: Draw, bound: dict[str, str], loops: list[str], mode: str = "plain") -> None:
    """Begin a function's own scope."""
    draw.scope = Scope(bound)
    draw.loops, draw.breakable, draw.nests, draw.mode = loops, 0, 0, mode
    draw.globals = draw.chance(0.3)


def start(draw: Draw) -> None:
    """Write the first statements of a function, after its head."""
    draw.nests = 1
    if draw.globals:
        draw.emit("global COUNT")


def write_main(draw: Draw, budget: int) -> None:
    draw.emit("@pydron.schedule")
    enter(draw, dict(PARAMETERS), [])
    with draw.block(f"def main({', '.join(PARAMETERS)}):"):
        start(draw)
        draw.budget = budget
        if draw.chance(0.6):
            draw.emit("out = []")
            draw.bind("out", "ints")
        for kind in draw.rng.sample(SEED_KINDS, draw.rng.randint(0, 3)):
            name = draw.target(kind)
            draw.emit(f"{name} = {expression(draw, kind, 1)}")
            draw.bind(name, kind)
        while draw.budget > 0:
            statement(draw)
        kinds = draw.rng.choices(["int", "ints", "any", "map", "box", "anys"], k=3)
        names = [name for name in draw.scope.bound if draw.chance(0.5)]
        draw.emit(f"return [{', '.join([*(expression(draw, kind, 2) for kind in kinds), *names])}]")
    draw.emit("")


def write_called(draw: Draw, name: str) -> None:
    """Write a scheduled function that others call."""
    draw.emit("@pydron.schedule")
    enter(draw, {"a": "int", "xs": "ints"}, ["k"])
    with draw.block(f"def {name}(k, a, xs=()):"):
        start(draw)
        draw.emit("xs = list(xs)[:4]" if draw.chance(0.5) else "xs = xs or [1]")
        draw.budget = 5
        body(draw, 4)
        draw.emit(f"return {expression(draw, 'int', 2)}")
    draw.emit("")
    draw.callees += [f"{name}(<k>, <int>)", f"{name}(<k>, <int>, <v:ints>)"]


def write_recursive(draw: Draw, name: str) -> None:
    draw.emit("@pydron.schedule")
    enter(draw, {"a": "int", "xs": "ints"}, ["k", "depth"])
    with draw.block(f"def {name}(k, depth, a, xs):"):
        start(draw)
        with draw.block("if depth <= 0:"):
            draw.emit(f"return {expression(draw, 'int', 1)}")
        draw.budget = 3
        body(draw, 2)
        if draw.chance(0.5):
            draw.emit(f"left = {name}(k, depth - 1, {expression(draw, 'int', 1)}, xs)")
            draw.emit(f"right = {name}((k, 1), depth - 1, {expression(draw, 'int', 1)}, xs)")
            draw.emit(f"return f_int({draw.site()}, (k, depth), left, right)")
        else:
            draw.emit(f"return {expression(draw, 'int', 1)} + {name}(k, depth - 1, {expression(draw, 'int', 1)}, xs)")
    draw.emit("")
    draw.callees.append(f"{name}(<k>, 2, <int>, <v:ints>)")


def write_generator(draw: Draw, name: str) -> None:
    draw.emit("@pydron.schedule")
    enter(draw, {"a": "int", "xs": "ints"}, ["k"], "generator")
    with draw.block(f"def {name}(k, a, xs):"):
        start(draw)
        draw.emit("yield a")
        draw.budget = 7
        body(draw, 4)
        draw.emit(f"yield {expression(draw, 'int', 2)}")
    draw.emit("")
    draw.callees.append(f"weigh(list({name}(<k>, <int>, <v:ints>)))")


def write_coroutine(draw: Draw, name: str) -> None:
    draw.emit("@pydron.schedule")
    enter(draw, {"a": "int", "xs": "ints"}, ["k"], "async")
    with draw.block(f"async def {name}(k, a, xs):"):
        start(draw)
        draw.budget = 7
        body(draw, 4)
        draw.emit(f"return {expression(draw, 'int', 2)}")
    draw.emit("")
    draw.callees.append(f"run({name}(<k>, <int>, <v:ints>))")


def write_ordinary(draw: Draw, name: str) -> None:
    """Write an undecorated function over the same grammar."""
    enter(draw, {"a": "int", "xs": "ints"}, ["k"])
    wide, draw.wide = draw.wide, draw.chance(0.3)
    with draw.block(f"def {name}(k, a, xs):"):
        start(draw)
        draw.budget = 3
        body(draw, 2)
        draw.emit(f"return {expression(draw, 'int', 1)}")
    draw.wide = wide
    draw.emit("")
    draw.callees.append(f"{name}(<k>, <int>, <v:ints>)")


def write_pure(draw: Draw, name: str) -> None:
    """Write an undecorated function that can be proved pure."""
    body_text = draw.rng.choice(
        ["return (a + len(xs)) % 9", "return [v + a for v in xs[:3]][-1:] == [a]", "b = a\n    return -b"]
    )
    draw.emit(f"def {name}(a, xs):")
    draw.emit(f"    {body_text}")
    draw.emit("")
    draw.callees.append(f"{name}(<int>, <v:ints>)")


def write_method(draw: Draw, name: str) -> None:
    """Write a class with a scheduled method."""
    with draw.block(f"class {name.title()}:"):
        with draw.block("def __init__(self, start):"):
            draw.emit("self.v = start")
            draw.emit("self.__hidden = 3")
        draw.emit("@pydron.schedule")
        enter(draw, {"a": "int", "self": "box"}, ["k"])
        with draw.block("def step(self, k, a):"):
            start(draw)
            draw.emit("xs = self.items = [self.__hidden, a]")
            draw.bind("xs", "ints")
            draw.budget = 4
            body(draw, 3)
            draw.emit(f"return {expression(draw, 'int', 2)}")
    draw.emit("")
    draw.callees.append(f"{name.title()}(<int>).step(<k>, <int>)")


CALLED = [write_called, write_recursive, write_ordinary, write_pure, write_method]
CALLED_WIDE = [*CALLED, write_generator, write_coroutine, write_generator]


def write_drive(draw: Draw) -> None:
    """Write how the program calls its scheduled functions."""
    names = ", ".join(PARAMETERS)
    with draw.block(f"def drive({names}):"):
        way = draw.rng.choice(["once", "once", "once", "twice", "guarded"])
        draw.feature(f"drive {way}")
        if way == "once":
            draw.emit(f"return main({names})")
        elif way == "twice":
            draw.emit(f"one = main({names})")
            draw.emit(f"return one, main({names})")
        else:
            with draw.block("try:"):
                draw.emit(f"return main({names})")
            with draw.block("except Exception as error:"):
                draw.emit("print('caught', *describe(error))")
                draw.emit(f"return main({names})")
    draw.emit("")


def generate(seed: int) -> Program:
    """Return the program of a seed."""
    draw = Draw(Random(seed))
    draw.wide = draw.chance(0.25)
    draw.quiet = draw.chance(0.5)
    draw.emit("import pydron")
    draw.emit("")
    draw.emit(f"COUNT = {draw.rng.randint(0, 3)}")
    draw.emit("")
    write_arguments(draw)
    for number in range(draw.rng.choice([0, 0, 1, 1, 2])):
        write = draw.rng.choice(CALLED_WIDE if draw.wide else CALLED)
        draw.feature(write.__name__)
        write(draw, f"called{number}")
    write_main(draw, draw.rng.choice([2, 3, 5, 5, 8, 8, 12, 20]))
    write_drive(draw)
    return Program(f"program_{seed}", "\n".join(draw.lines) + "\n", draw.features)
