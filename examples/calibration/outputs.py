"""What the reduction leaves behind: a catalogue to compute with and a picture to look at."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from examples.calibration.steps import Image, Sources

CIRCLED = 60
"""Brightest objects to mark in the picture."""
CAPTION = 44
"""Height of the line under the picture."""
GAP = 8
BRIGHT = 6000.0
"""Electrons that are shown white."""
SATURATION = 0.65


def write_catalogue(path: Path, bands: Sequence[str], objects: Sources, fluxes: Sequence[NDArray[np.float64]]) -> None:
    """Write one line for each object, brightest first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="ascii") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["object", "x", "y", "fwhm", *(f"flux_{band}" for band in bands)])
        for number in range(objects.count):
            place = [f"{value[number]:.3f}" for value in (objects.x, objects.y, objects.fwhm)]
            rows.writerow([number + 1, *place, *(f"{flux[number]:.2f}" for flux in fluxes)])


def write_picture(path: Path, raw: Image, stacks: Sequence[Image], objects: Sources) -> None:
    """Draw one raw exposure beside the colour picture made of all of them, with the brightest objects circled."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = np.repeat(gray(raw)[:, :, None], 3, axis=2)
    after = colors(stacks)
    rows, columns, _ = after.shape
    canvas = Pillow.new("RGB", (2 * columns + GAP, rows + CAPTION), "black")
    canvas.paste(Pillow.fromarray(before), (0, 0))
    canvas.paste(Pillow.fromarray(after), (columns + GAP, 0))
    draw = ImageDraw.Draw(canvas)
    for x, y, width in zip(objects.x[:CIRCLED], objects.y[:CIRCLED], objects.fwhm[:CIRCLED], strict=True):
        radius = 6.0 + 0.7 * width
        center = columns + GAP + x
        if radius < x < columns - radius and radius < y < rows - radius:
            draw.ellipse([center - radius, y - radius, center + radius, y + radius], outline=(120, 255, 170))
    font = ImageFont.load_default(size=18)
    draw.text((8, rows + 10), "One exposure, as read from the camera", fill="white", font=font)
    draw.text((columns + GAP + 8, rows + 10), f"The whole night: {objects.count} objects", fill="white", font=font)
    canvas.save(path, compress_level=3)


def gray(image: Image) -> NDArray[np.uint8]:
    """Return an image in gray levels, stretched around its background."""
    low, high = np.percentile(image, [0.5, 99.5])
    level = np.clip((image - low) / (high - low), 0.0, 1.0) ** 0.6
    return np.asarray(255.0 * level, dtype=np.uint8)


def colors(stacks: Sequence[Image]) -> NDArray[np.uint8]:
    """Return a colour picture that keeps the hue of bright objects (the stretch of Lupton et al. 2004)."""
    light = np.stack(stacks, axis=-1)
    light -= np.median(light, axis=(0, 1))
    total = light.mean(axis=2, keepdims=True)
    noise = 1.4826 * float(np.median(np.abs(total)))
    level = np.arcsinh(np.clip(total + noise, 0.0, None) / (6.0 * noise)) / np.arcsinh(BRIGHT / (6.0 * noise))
    # Where there is little light its hue is mostly noise.
    shown = np.clip(total, 0.0, None) + 10.0 * noise
    hue = np.clip(1.0 + SATURATION * (light - total) / shown, 0.0, None)
    picture = hue * level
    picture /= np.maximum(picture.max(axis=2, keepdims=True), 1.0)
    return np.asarray(255.0 * picture, dtype=np.uint8)
