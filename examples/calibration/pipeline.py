"""One night's reduction, written the way one would write it for a single core."""

from __future__ import annotations

from glob import glob
from typing import TYPE_CHECKING

import numpy as np

import pydron
from examples.calibration.outputs import write_catalogue, write_picture
from examples.calibration.steps import (
    align,
    calibrate,
    detect,
    load,
    master_bias,
    master_flat,
    photometry,
    register,
    sharpen,
    stack,
    subtract_sky,
)

if TYPE_CHECKING:
    from pathlib import Path

BANDS = ("r", "g", "b")
BLURRED = 1.12
"""Exposures with objects this much wider than in the reference are sharpened."""
MOST_TRAILING = 0.3
CLOUDY = 0.5
"""Exposures that caught less than this share of the light are left out."""


@pydron.schedule
def reduce_night(night: Path, output: Path) -> int:
    """Turn the exposures of a night into a picture and a catalogue; return the number of objects."""
    biases = sorted(glob(f"{night}/bias-*.fits"))
    lamps = {band: sorted(glob(f"{night}/flat-{band}-*.fits")) for band in BANDS}
    lights = {band: sorted(glob(f"{night}/light-{band}-*.fits")) for band in BANDS}

    bias = master_bias(biases)
    first = load(lights["g"][0])
    reference = subtract_sky(calibrate(first, bias, master_flat(lamps["g"], bias)))
    stars = detect(reference)

    stacks = []
    for band in BANDS:
        flat = master_flat(lamps[band], bias)
        aligned = []
        for path in lights[band]:
            raw = load(path)
            if raw.exposure == 0.0:
                print(f"{raw.name}  left out: the shutter stayed closed")
                continue

            image = subtract_sky(calibrate(raw, bias, flat))
            sources = detect(image)
            if sources.brightness < CLOUDY * stars.brightness:
                print(f"{raw.name}  left out: clouds, {sources.brightness / stars.brightness:.0%} of the light")
                continue
            if sources.trailing > MOST_TRAILING:
                print(f"{raw.name}  left out: the telescope drifted")
                continue

            note = ""
            if sources.seeing > BLURRED * stars.seeing:
                image = sharpen(image, sources.seeing, stars.seeing)
                note = f", sharpened from {sources.seeing:.2f}"
                sources = detect(image)

            shift = register(image, reference)
            aligned.append(align(image, shift))
            print(
                f"{raw.name}  {sources.count:4} objects, {sources.seeing:.2f} px wide{note},"
                f" moved by {shift[0]:+.2f} {shift[1]:+.2f}"
            )
        print(f"{len(aligned)} of {len(lights[band])} exposures averaged")
        stacks.append(stack(aligned))

    objects = detect(np.sum(stacks, axis=0), threshold=9.0)
    fluxes = [photometry(image, objects) for image in stacks]
    write_catalogue(output / "catalogue.csv", BANDS, objects, fluxes)
    write_picture(output / "picture.png", first.counts, stacks, objects)
    print(f"{objects.count} objects")
    return objects.count
