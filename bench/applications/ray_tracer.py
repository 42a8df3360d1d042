"""A picture of glass balls, tile by tile; tiles in which much happens are looked at more closely."""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

import pydron

if TYPE_CHECKING:
    from bench.applications import Each

Image = NDArray[np.float64]
Vector = tuple[float, float, float]

WIDTH, HEIGHT = 240, 160
TILE = 20
ROUGH = 0.1
"""Contrast from which on a tile is looked at more closely."""
LIGHT: Vector = (0.48, 0.8, -0.36)


class Ball(NamedTuple):
    """Something to see."""

    centre: Vector
    radius: float
    brightness: float
    mirror: float


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def nearest(balls: list[Ball], start: Vector, direction: Vector) -> tuple[float, Ball | None]:
    """Return what a ray meets first, and how far away that is."""
    best: tuple[float, Ball | None] = (inf, None)
    for ball in balls:
        x, y, z = ball.centre
        to = (x - start[0], y - start[1], z - start[2])
        along = dot(to, direction)
        inside = ball.radius**2 - dot(to, to) + along**2
        if inside > 0 and 1e-6 < along - sqrt(inside) < best[0]:
            best = (along - sqrt(inside), ball)
    return best


def trace(balls: list[Ball], start: Vector, direction: Vector, depth: int) -> float:
    """Return how bright a ray is."""
    distance, ball = nearest(balls, start, direction)
    if ball is None:
        return 0.2 + 0.3 * max(0.0, direction[1])
    x, y, z = (s + distance * d for s, d in zip(start, direction, strict=True))
    u, v, w = ((p - c) / ball.radius for p, c in zip((x, y, z), ball.centre, strict=True))
    normal = (u, v, w)
    shade = 0.1
    if nearest(balls, (x, y, z), LIGHT)[1] is None:
        shade += 0.9 * max(0.0, dot(normal, LIGHT))
    colour = ball.brightness * shade
    if depth and ball.mirror:
        twice = 2 * dot(direction, normal)
        back = (direction[0] - twice * u, direction[1] - twice * v, direction[2] - twice * w)
        colour = (1 - ball.mirror) * colour + ball.mirror * trace(balls, (x, y, z), back, depth - 1)
    return colour


@pydron.functional
def render(balls: list[Ball], top: int, left: int, samples: int) -> Image:
    """Return a tile of the picture, each pixel the mean of some rays in each direction."""
    tile = np.zeros((TILE, TILE))
    for row in range(TILE):
        for column in range(TILE):
            total = 0.0
            for down in range(samples):
                for right in range(samples):
                    x = (left + column + (right + 0.5) / samples) / HEIGHT - WIDTH / HEIGHT / 2
                    y = 0.5 - (top + row + (down + 0.5) / samples) / HEIGHT
                    length = sqrt(x * x + y * y + 1)
                    total += trace(balls, (0.0, 0.0, -3.0), (x / length, y / length, 1 / length), 3)
            tile[row, column] = total / samples**2
    return tile


@pydron.functional
def contrast(tile: Image) -> float:
    """Return how different the pixels of a tile are."""
    return float(tile.max() - tile.min())


def prepare() -> tuple[list[Ball]]:
    """Return what there is to see."""
    rng = np.random.default_rng(4)
    balls = [Ball((0.0, -101.0, 0.0), 100.0, 0.6, 0.0)]
    for x, z, radius, brightness, mirror in rng.uniform((-2, -1, 0.1, 0.3, 0), (2, 2, 0.4, 1, 0.8), (12, 5)).tolist():
        balls.append(Ball((x, radius - 1.0, z), radius, brightness, mirror))
    return (balls,)


@pydron.schedule
def run(balls: list[Ball]) -> Image:
    image = np.zeros((HEIGHT, WIDTH))
    refined = 0
    for top in range(0, HEIGHT, TILE):
        for left in range(0, WIDTH, TILE):
            tile = render(balls, top, left, 1)
            if contrast(tile) > ROUGH:
                tile = render(balls, top, left, 2)
                refined += 1
            image[top : top + TILE, left : left + TILE] = tile
        print(f"{top + TILE} of {HEIGHT} rows, {refined} tiles refined")
    return image


def one_tile(place: tuple[int, int], balls: list[Ball]) -> tuple[Image, bool]:
    """Render a tile, and tell whether it was looked at more closely."""
    tile = render(balls, *place, 1)
    closer = contrast(tile) > ROUGH
    return (render(balls, *place, 2), True) if closer else (tile, False)


def by_hand(each: Each, balls: list[Ball]) -> Image:
    places = [(top, left) for top in range(0, HEIGHT, TILE) for left in range(0, WIDTH, TILE)]
    image = np.zeros((HEIGHT, WIDTH))
    refined = 0
    for (top, left), (tile, closer) in zip(places, each(one_tile, places, balls), strict=True):
        image[top : top + TILE, left : left + TILE] = tile
        refined += closer
        if left + TILE == WIDTH:
            print(f"{top + TILE} of {HEIGHT} rows, {refined} tiles refined")
    return image
