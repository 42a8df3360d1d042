"""One night's reduction, written the way one would write it for a single core."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from collections.abc import Sequence
    from pathlib import Path

    from examples.calibration.steps import Image, Sources

BANDS = ("r", "g", "b")
BLURRED = 1.12
"""Exposures with objects this much wider than in the reference are sharpened."""
MOST_TRAILING = 0.3
CLOUDY = 0.5
"""Exposures that caught less than this share of the light are left out."""


@pydron.schedule
def reduce_night(night: Path, output: Path) -> int:
    """Turn the exposures of a night into a picture and a catalogue; return the number of objects."""
    biases = sorted(night.glob("bias-*.fits"))
    lamps = {band: sorted(night.glob(f"flat-{band}-*.fits")) for band in BANDS}
    lights = {band: sorted(night.glob(f"light-{band}-*.fits")) for band in BANDS}

    bias = master_bias(biases)
    flats = {}
    for band in BANDS:
        flats[band] = master_flat(lamps[band], bias)

    first = load(lights["g"][0])
    reference = subtract_sky(calibrate(first, bias, flats["g"]))
    stars = detect(reference)

    stacks = []
    for band in BANDS:
        stacks.append(reduce_band(lights[band], bias, flats[band], reference, stars))

    objects = detect(sum(stacks), threshold=9.0)
    fluxes = [photometry(image, objects) for image in stacks]
    write_catalogue(output / "catalogue.csv", BANDS, objects, fluxes)
    write_picture(output / "picture.png", first.counts, stacks, objects)
    print(f"{objects.count} objects")
    return objects.count


@pydron.schedule
def reduce_band(lights: Sequence[Path], bias: Image, flat: Image, reference: Image, stars: Sources) -> Image:
    """Calibrate the exposures of one filter, drop the bad ones and average the rest."""
    aligned = []
    for path in lights:
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
    print(f"{len(aligned)} of {len(lights)} exposures averaged")
    return stack(aligned)
