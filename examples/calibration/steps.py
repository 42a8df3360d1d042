"""The science: each function takes arrays, gives arrays, and knows nothing of the others.

``@pydron.functional`` promises just that: the result depends on the arguments alone and nothing else is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy.io import fits
from scipy import fft, ndimage
from skimage.registration import phase_cross_correlation

import pydron

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.float32]

FWHM = 2.3548
"""Full width at half maximum of a Gaussian, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame as the camera delivered it."""

    name: str
    counts: Image
    exposure: float
    """Seconds that the shutter was open."""
    gain: float


@dataclass(frozen=True, slots=True)
class Sources:
    """The objects in an image: one entry of each array per object, brightest first."""

    count: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    flux: NDArray[np.float64]
    fwhm: NDArray[np.float64]
    brightness: float
    """Mean flux of the thirty brightest."""
    seeing: float
    """Typical width of the sharpest objects, in pixels."""
    trailing: float
    """How much all objects are drawn out in one direction: 0 not at all, 1 to lines."""


@pydron.functional
def load(path: str) -> Raw:
    """Read a FITS file."""
    with fits.open(path) as hdus:
        header = hdus[0].header
        return Raw(Path(path).stem, hdus[0].data.astype(np.float32), float(header["EXPTIME"]), float(header["GAIN"]))


@pydron.functional
def master_bias(paths: Sequence[str]) -> Image:
    """Combine bias frames: what the camera reads when there is no light."""
    return np.median([load(path).counts for path in paths], axis=0).astype(np.float32)


@pydron.functional
def master_flat(paths: Sequence[str], bias: Image) -> Image:
    """Combine lamp exposures: how sensitive each pixel is."""
    frames = [load(path).counts - bias for path in paths]
    flat = np.median([frame / np.median(frame) for frame in frames], axis=0)
    return np.clip(flat, 0.1, None).astype(np.float32)


@pydron.functional
def calibrate(raw: Raw, bias: Image, flat: Image) -> Image:
    """Remove the marks of the instrument, hot pixels and cosmic rays; the result is in electrons."""
    image = (raw.counts - bias) * raw.gain / flat
    smooth = ndimage.median_filter(image, 5)
    noise = np.sqrt(np.clip(smooth, 1.0, None) + (4.0 * raw.gain) ** 2)
    # A real object is blurred by the atmosphere, a cosmic ray is not: it stands out even against its own neighbours.
    core = image - ndimage.median_filter(image, 3)
    hit = (core > 5.0 * noise) & (image - smooth > 0.5 * np.clip(smooth, 1.0, None))
    hit = ndimage.binary_dilation(hit)
    return np.where(hit, smooth, image).astype(np.float32)


@pydron.functional
def subtract_sky(image: Image, mesh: int = 48) -> Image:
    """Remove the glow of the sky, which varies slowly over the image."""
    rows, columns = (-(-size // mesh) for size in image.shape)
    padded = np.pad(image, ((0, rows * mesh - image.shape[0]), (0, columns * mesh - image.shape[1])), mode="reflect")
    cells = padded.reshape(rows, mesh, columns, mesh).swapaxes(1, 2).reshape(rows, columns, -1)
    for _ in range(3):
        middle = np.nanmedian(cells, axis=2, keepdims=True)
        spread = 1.4826 * np.nanmedian(np.abs(cells - middle), axis=2, keepdims=True)
        cells = np.where(np.abs(cells - middle) < 2.5 * spread, cells, np.nan)
    coarse = ndimage.median_filter(np.nanmedian(cells, axis=2), 3)
    y = (np.arange(image.shape[0]) + 0.5) / mesh - 0.5
    x = (np.arange(image.shape[1]) + 0.5) / mesh - 0.5
    sky = ndimage.map_coordinates(coarse, np.meshgrid(y, x, indexing="ij"), order=1, mode="nearest")
    return (image - sky).astype(np.float32)


@pydron.functional
def detect(image: Image, threshold: float = 6.0, smallest: int = 6) -> Sources:
    """Find objects: connected pixels that stand out of the noise, measured by their moments."""
    smooth = ndimage.gaussian_filter(image, 1.2)
    noise = 1.4826 * float(np.median(np.abs(smooth - np.median(smooth))))
    labels, count = ndimage.label(smooth > threshold * noise)
    y, x = np.nonzero(labels)
    label = labels[y, x]
    light = smooth[y, x].astype(np.float64)

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(label, values, count + 1)[1:].astype(np.float64)

    flux = total(light)
    size = total(np.ones_like(light))
    center_y, center_x = total(light * y) / flux, total(light * x) / flux
    yy = total(light * (y - center_y[label - 1]) ** 2) / flux
    xx = total(light * (x - center_x[label - 1]) ** 2) / flux
    xy = total(light * (y - center_y[label - 1]) * (x - center_x[label - 1])) / flux
    keep = np.flatnonzero((size >= smallest) & (xx > 0.0) & (yy > 0.0))
    keep = keep[np.argsort(-flux[keep], kind="stable")]
    if not len(keep):
        return Sources(0, nothing := np.zeros(0), nothing, nothing, nothing, brightness=0.0, seeing=0.0, trailing=0.0)
    xx, yy, xy = xx[keep], yy[keep], xy[keep]
    width = FWHM * np.sqrt((xx + yy) / 2.0)
    return Sources(
        len(keep),
        center_x[keep],
        center_y[keep],
        flux[keep],
        width,
        brightness=float(np.mean(flux[keep][:30])),
        seeing=float(np.percentile(width[:200], 15)),
        trailing=float(np.hypot(np.median((xx - yy) / (xx + yy)), np.median(2.0 * xy / (xx + yy)))),
    )


@pydron.functional
def sharpen(image: Image, seeing: float, wanted: float, rounds: int = 15) -> Image:
    """Undo some of the blur of a bad moment of the atmosphere (Richardson-Lucy)."""
    sigma = np.sqrt(max(seeing**2 - wanted**2, 0.5)) / FWHM
    floor = float(image.min()) - 100.0  # the method wants positive numbers, well away from the rounding of transforms
    shape = [fft.next_fast_len(size, real=True) for size in image.shape]
    y, x = fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1])[None, :]
    blur = np.exp(-2.0 * (np.pi * sigma) ** 2 * (y**2 + x**2)).astype(np.float32)
    pad = [(0, wide - size) for wide, size in zip(shape, image.shape, strict=True)]
    observed = np.pad(image - floor, pad, mode="symmetric")
    estimate = observed
    for _ in range(rounds):
        ratio = observed / np.clip(fft.irfft2(fft.rfft2(estimate) * blur, shape), 1.0, None)
        estimate = estimate * np.clip(fft.irfft2(fft.rfft2(ratio) * blur, shape), 0.0, None)
    return (estimate[: image.shape[0], : image.shape[1]] + floor).astype(np.float32)


@pydron.functional
def register(image: Image, reference: Image) -> NDArray[np.float64]:
    """Return how far an image is displaced against another, to a twentieth of a pixel."""
    flatter = [np.arcsinh(np.clip(ndimage.gaussian_filter(each, 1.0), 0.0, None) / 50.0) for each in (reference, image)]
    shift, _, _ = phase_cross_correlation(*flatter, upsample_factor=20, normalization=None)
    return np.asarray(shift)


@pydron.functional
def align(image: Image, shift: NDArray[np.float64]) -> Image:
    """Move an image onto the reference; what lies outside becomes nan."""
    moved = ndimage.shift(image, shift, order=3, mode="nearest")
    inside = ndimage.shift(np.ones_like(image), shift, order=0, cval=0.0)
    return np.where(inside > 0.0, moved, np.nan).astype(np.float32)


@pydron.functional
def stack(images: Sequence[Image]) -> Image:
    """Average aligned images, leaving out what only one of them saw: satellites, leftover cosmic rays."""
    cube = np.stack(images)
    middle = median_of_known(cube)
    spread = 1.4826 * median_of_known(np.abs(cube - middle)) + 1.0
    good = np.abs(cube - middle) < 3.5 * spread
    total = np.where(good, cube, np.float32(0.0)).sum(axis=0)
    return (total / np.maximum(good.sum(axis=0), 1)).astype(np.float32)


def median_of_known(cube: Image) -> Image:
    """Return the median of each pixel over the images that have it (nan where none has)."""
    ordered = np.sort(cube, axis=0)  # nan sorts to the end
    known = np.isfinite(cube).sum(axis=0)
    return np.take_along_axis(ordered, np.maximum((known - 1) // 2, 0)[None], axis=0)[0]


@pydron.functional
def photometry(image: Image, sources: Sources, radius: float = 4.0) -> NDArray[np.float64]:
    """Return the light within a circle around each object."""
    reach = int(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = y**2 + x**2 <= radius**2
    dy, dx = y[inside], x[inside]
    rows = np.clip(np.rint(sources.y).astype(int)[:, None] + dy, 0, image.shape[0] - 1)
    columns = np.clip(np.rint(sources.x).astype(int)[:, None] + dx, 0, image.shape[1] - 1)
    return np.asarray(image[rows, columns], dtype=np.float64).sum(axis=1)
