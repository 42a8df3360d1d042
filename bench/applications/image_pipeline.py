"""Frames of a night: take the noise out, find the stars, measure them, add up what was not spoilt by clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

import pydron

if TYPE_CHECKING:
    from bench.applications import Each

Image = NDArray[np.float64]

FRAMES = 90
SIZE = 256
STARS = 60
LEAST = 20
"""Stars that a frame without clouds shows."""


class Star(NamedTuple):
    """Where a star is, and how bright."""

    row: float
    column: float
    flux: float


class Night(NamedTuple):
    """What the frames of a night show together."""

    image: Image
    stars: dict[int, list[Star]]
    seeing: float


@pydron.functional
def read_frame(number: int) -> Image:
    """Take a picture of the sky; some are spoilt by clouds, all by hot pixels."""
    sky, noise = np.random.default_rng(0), np.random.default_rng(number)
    clear = 0.02 if number % 7 == 5 else 1.0
    y, x = np.mgrid[:SIZE, :SIZE]
    image = noise.normal(100.0, 3.0, (SIZE, SIZE))
    for row, column, flux in sky.uniform((8, 8, 500), (SIZE - 8, SIZE - 8, 4000), (STARS, 3)):
        near = np.s_[int(row) - 8 : int(row) + 9, int(column) - 8 : int(column) + 9]
        image[near] += clear * flux / 14 * np.exp(-((y[near] - row) ** 2 + (x[near] - column) ** 2) / 4.5)
    image[noise.random((SIZE, SIZE)) < 0.002] += 900.0
    return image


@pydron.functional
def denoise(image: Image) -> Image:
    """Replace each pixel by the median of its neighbourhood, and take away the background."""
    padded = np.pad(image, 2, mode="edge")
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).reshape(SIZE, SIZE, 25)
    smooth = np.median(neighbours, axis=2)
    return smooth - np.median(smooth)


@pydron.functional
def detect(image: Image) -> list[tuple[int, int]]:
    """Return the places of the peaks, the brightest first."""
    inner = image[8:-8, 8:-8]
    peaks = inner > 5 * image.std() / 3
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if (down, right) != (0, 0):
                other = image[8 + down : SIZE - 8 + down, 8 + right : SIZE - 8 + right]
                peaks &= inner > other if (down, right) < (0, 0) else inner >= other
    places = [(int(row) + 8, int(column) + 8) for row, column in np.argwhere(peaks)]
    return sorted(places, key=lambda place: -image[place])


@pydron.functional
def measure(image: Image, places: list[tuple[int, int]]) -> list[Star]:
    """Return centre and brightness of the stars."""
    y, x = np.mgrid[-6:7, -6:7]
    inside = y**2 + x**2 <= 36
    stars = []
    for row, column in places:
        light = np.where(inside, image[row - 6 : row + 7, column - 6 : column + 7], 0.0)
        flux = float(light.sum())
        stars.append(Star(row + float((light * y).sum()) / flux, column + float((light * x).sum()) / flux, flux))
    return stars


@pydron.functional
def width(image: Image, star: Star) -> float:
    """Return how wide the image of a star is."""
    y, x = np.mgrid[:SIZE, :SIZE]
    away = (y - star.row) ** 2 + (x - star.column) ** 2
    light = np.where(away <= 36, image, 0.0)
    return float(np.sqrt((light * away).sum() / light.sum()))


def prepare() -> tuple[list[int]]:
    """Return the numbers of the frames."""
    return (list(range(FRAMES)),)


@pydron.schedule
def run(numbers: list[int]) -> Night:
    total = np.zeros((SIZE, SIZE))
    catalogue = {}
    widths = []
    for number in numbers:
        frame = denoise(read_frame(number))
        places = detect(frame)
        if len(places) < LEAST:
            print(f"frame {number}: clouds")
            continue
        stars = measure(frame, places)
        seeing = width(frame, stars[0])
        print(f"frame {number}: {len(stars)} stars, seeing {seeing:.2f}")
        total += frame
        catalogue[number] = stars
        widths.append(seeing)
    return Night(total / len(catalogue), catalogue, sum(widths) / len(widths))


def one_frame(number: int) -> tuple[Image, list[Star], float] | None:
    """Do all that there is to do for a frame."""
    frame = denoise(read_frame(number))
    places = detect(frame)
    if len(places) < LEAST:
        return None
    stars = measure(frame, places)
    return frame, stars, width(frame, stars[0])


def by_hand(each: Each, numbers: list[int]) -> Night:
    total = np.zeros((SIZE, SIZE))
    catalogue = {}
    widths = []
    for number, found in zip(numbers, each(one_frame, numbers), strict=True):
        if found is None:
            print(f"frame {number}: clouds")
            continue
        frame, stars, seeing = found
        print(f"frame {number}: {len(stars)} stars, seeing {seeing:.2f}")
        total += frame
        catalogue[number] = stars
        widths.append(seeing)
    return Night(total / len(catalogue), catalogue, sum(widths) / len(widths))
