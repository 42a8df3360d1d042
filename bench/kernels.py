"""What scheduling costs code in which there is nothing to run in parallel: kernels, scheduled over plain.

``python -m bench.kernels [--runs N]``
"""

from __future__ import annotations

import argparse
import ast
import inspect
import linecache
import math
import statistics
import textwrap
import time
from typing import TYPE_CHECKING

import pydron
from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KERNELS: list[Callable[..., object]] = []


def kernel(function: Callable[..., object]) -> Callable[..., object]:
    KERNELS.append(function)
    return function


@kernel
def n_body(steps: int = 6000) -> object:
    bodies = [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47],
        [4.84, -1.16, -0.10, 0.6, 2.8, -0.02, 0.037],
        [8.34, 4.12, -4.03, -1.01, 1.8, 0.008, 0.011],
        [12.8, -15.1, -0.22, 1.08, 0.86, -0.01, 0.0017],
        [15.3, -25.9, 0.179, 0.97, 0.59, -0.03, 0.002],
    ]
    pairs = [(bodies[i], bodies[j]) for i in range(5) for j in range(i + 1, 5)]
    dt = 0.01
    for _ in range(steps):
        for a, b in pairs:
            dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            scale = dt / ((dx * dx + dy * dy + dz * dz) ** 1.5)
            from_b, from_a = b[6] * scale, a[6] * scale
            a[3] -= dx * from_b
            a[4] -= dy * from_b
            a[5] -= dz * from_b
            b[3] += dx * from_a
            b[4] += dy * from_a
            b[5] += dz * from_a
        for body in bodies:
            body[0] += dt * body[3]
            body[1] += dt * body[4]
            body[2] += dt * body[5]
    return bodies[0]


@kernel
def fannkuch(n: int = 8) -> object:
    permutation, count = list(range(n)), list(range(n))
    most = checksum = number = 0
    r = n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        if permutation[0] and permutation[-1] != n - 1:
            flips, flipped = 0, permutation[:]
            k = flipped[0]
            while k:
                flipped[: k + 1] = reversed(flipped[: k + 1])
                flips += 1
                k = flipped[0]
            most = max(most, flips)
            checksum += flips if number % 2 == 0 else -flips
        while r != n:
            permutation.insert(r, permutation.pop(0))
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1
        else:
            return checksum, most
        number += 1


@kernel
def spectral_norm(n: int = 130) -> object:
    def entry(i: int, j: int) -> float:
        return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1)

    u = v = [1.0] * n
    for _ in range(2):
        v = [sum(entry(i, j) * u[j] for j in range(n)) for i in range(n)]
        u = [sum(entry(j, i) * v[j] for j in range(n)) for i in range(n)]
    return sum(a * b for a, b in zip(u, v, strict=True))


@kernel
def strings(n: int = 60_000) -> object:
    text, parts = "", []
    for i in range(n):
        text += str(i % 10)
        parts.append(f"{i}-{text[-3:]}")
    return len("".join(parts)), text.count("12")


class Particle:
    """Something with methods and a property."""

    def __init__(self, x: float, v: float) -> None:
        self.x, self.v = x, v

    def step(self, dt: float) -> None:
        """Move on."""
        self.x += self.v * dt

    @property
    def energy(self) -> float:
        """Twice the energy per mass."""
        return self.v * self.v


@kernel
def objects(steps: int = 400) -> object:
    particles = [Particle(i, i / 2) for i in range(200)]
    total = 0.0
    for _ in range(steps):
        for particle in particles:
            particle.step(0.1)
            if particle.x > 100:
                particle.v = -particle.v
            total += particle.energy
    return total


@kernel
def dictionaries(n: int = 200_000) -> object:
    counts: dict[int, int] = {}
    for i in range(n):
        key = i * i % 997
        if key in counts:
            counts[key] += 1
        else:
            counts[key] = 1
    return sorted((count, key) for key, count in counts.items())[:3]


@kernel
def lists(n: int = 100_000) -> object:
    queue: list[int] = [1]
    seen: list[int] = []
    while len(seen) < n:
        item = queue.pop()
        seen.append(item)
        queue.append(item * 7 % 10_007)
        if item % 3 == 0:
            queue.append(item + 1)
    return seen[-1], len(queue)


@kernel
def generators(n: int = 150_000) -> object:
    def numbers(limit: int) -> Iterator[int]:
        i = 0
        while i < limit:
            yield i
            i += 1

    return sum(x * x for x in numbers(n) if x % 3)


@kernel
def recursion(n: int = 22) -> object:
    def fibonacci(n: int) -> int:
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    return fibonacci(n)


@kernel
def longest_common_subsequence(n: int = 500) -> object:
    a, b = [i * 7 % 13 for i in range(n)], [i * 5 % 11 for i in range(n)]
    table = [[0] * (n + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            if a[i - 1] == b[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    return table[n][n]


@kernel
def sieve(n: int = 600_000) -> object:
    is_prime = bytearray([1]) * (n + 1)
    is_prime[0] = is_prime[1] = 0
    i = 2
    while i * i <= n:
        if is_prime[i]:
            for j in range(i * i, n + 1, i):
                is_prime[j] = 0
        i += 1
    return sum(is_prime)


@kernel
def matrix_product(n: int = 90) -> object:
    a = [[i * j % 7 for j in range(n)] for i in range(n)]
    b = [[i + j for j in range(n)] for i in range(n)]
    product = []
    for i in range(n):
        row = []
        for j in range(n):
            total = 0
            for k in range(n):
                total += a[i][k] * b[k][j]
            row.append(total)
        product.append(row)
    return product[3][4]


@kernel
def parsing(repeat: int = 4000) -> object:
    text = "(1+2)*3-4*(5+6)/7 " * repeat
    tokens: list[object] = []
    i, end = 0, len(text)
    while i < end:
        character = text[i]
        if character.isdigit():
            j = i
            while j < end and text[j].isdigit():
                j += 1
            tokens.append(int(text[i:j]))
            i = j
        elif character == " ":
            i += 1
        else:
            tokens.append(character)
            i += 1
    return len(tokens)


def seconds(function: Callable[..., object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def beside_a_call(function: Callable[..., object]) -> Callable[..., object]:
    """Return a kernel as part of a larger program: the same loops, in a function that makes functional calls too."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    definition.body = [*ast.parse("nothing()").body, *definition.body]
    source = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    name = f"<{function.__name__} beside a call>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace = {**globals(), "nothing": nothing}
    exec(compile(source, name, "exec"), namespace)  # noqa: S102 - it is one of the functions above
    made: Callable[..., object] = namespace[function.__name__]
    return made


@pydron.functional
def nothing() -> None:
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print(machine.heading())
    print("\n| kernel | plain ms | scheduled / plain | the same after a functional call |\n|---|---|---|---|")
    columns: list[list[float]] = [[], []]
    for function in KERNELS:
        whole, mixed = pydron.schedule(function), pydron.schedule(beside_a_call(function))
        assert function() == whole() == mixed()
        times = [[seconds(each) for each in (function, whole, mixed)] for _ in range(runs)]
        plain = statistics.median(row[0] for row in times)
        ratios = [statistics.median(row[index] / row[0] for row in times) for index in (1, 2)]
        for column, ratio in zip(columns, ratios, strict=True):
            column.append(ratio)
        print(f"| {function.__name__} | {plain * 1000:.1f} | {ratios[0]:.3f} | {ratios[1]:.3f} |", flush=True)
    means = [math.exp(statistics.fmean(map(math.log, column))) for column in columns]
    print(f"| geometric mean | | {means[0]:.3f} | {means[1]:.3f} |")
    pydron.shutdown()


if __name__ == "__main__":
    main()
