"""The exposures of one night, as FITS files, made from a real picture of the sky.

The sky is the Hubble eXtreme Deep Field (NASA, public domain) as it ships in the scikit-image wheel. A simulated camera
looks at it through three filters: each exposure has its own pointing, seeing, sky glow, photon noise, cosmic rays, and
the camera's bias pattern, flat field and hot pixels. A few exposures are bad in the ways real ones are.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from astropy.io import fits
from scipy import fft, ndimage
from skimage.data import hubble_deep_field

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BANDS = ("r", "g", "b")
"""Filters, in the order of the picture's colour channels."""

MARGIN = 24
"""Pixels of sky around the detector, so that the pointing can wander."""

BIAS_LEVEL = 1000.0
GAIN = 1.5
READ_NOISE = 6.0
SKY_GLOW = 250.0
BRIGHTEST = 15000.0
"""Electrons per exposure in the brightest pixel of the sky."""

BIAS_FRAMES = 7
FLAT_FRAMES = 5
FORMAT = 1
"""Raised when the same settings begin to give other frames."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a night consists of. The same settings give the same bytes."""

    frames: int = 16
    """Exposures in each band."""
    scale: float = 1.0
    """Size of the detector against the original picture; the work grows with its square."""
    seed: int = 2012


@dataclass(frozen=True, slots=True)
class Exposure:
    """How one exposure went."""

    shift: tuple[float, float]
    blur: float
    """Width of the seeing, as the standard deviation in pixels."""
    trail: float = 0.0
    """Pixels that the telescope drifted during the exposure."""
    transparency: float = 1.0
    seconds: float = 300.0
    satellite: bool = False


@dataclass(frozen=True, slots=True)
class Camera:
    """The marks that the instrument leaves on each exposure."""

    bias: NDArray[np.float32]
    flats: dict[str, NDArray[np.float32]]
    hot: NDArray[np.float32]


def ensure_night(folder: Path, settings: Settings) -> bool:
    """Make the frames unless the folder holds them already; say whether there was anything to do."""
    label = json.dumps({"format": FORMAT, **asdict(settings)})
    complete = folder / "complete.json"
    if complete.exists() and complete.read_text() == label:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    complete.unlink(missing_ok=True)
    for old in folder.glob("*.fits"):
        old.unlink()
    make_night(folder, settings)
    complete.write_text(label)
    return True


def make_night(folder: Path, settings: Settings) -> None:
    """Write bias, flat and light frames."""
    rng = np.random.default_rng(settings.seed)
    sky = real_sky(settings.scale)
    shape = (sky.shape[1] - 2 * MARGIN, sky.shape[2] - 2 * MARGIN)
    camera = build_camera(rng, shape)
    for number in range(1, BIAS_FRAMES + 1):
        write(folder / f"bias-{number:02}.fits", read_out(rng, camera, np.zeros(shape)), "BIAS", "", 0.0)
    for band in BANDS:
        for number in range(1, FLAT_FRAMES + 1):
            lamp = rng.poisson(30000.0 * (0.9 + 0.05 * number) * camera.flats[band]).astype(np.float64)
            write(folder / f"flat-{band}-{number:02}.fits", read_out(rng, camera, lamp), "FLAT", band, 5.0)
    for channel, band in enumerate(BANDS):
        spectrum = fft.rfft2(sky[channel])
        for number in range(1, settings.frames + 1):
            exposure = plan(rng, band, number, settings.scale)
            electrons = expose(rng, camera, band, spectrum, sky[channel].shape, exposure)
            path = folder / f"light-{band}-{number:02}.fits"
            write(path, read_out(rng, camera, electrons), "LIGHT", band, exposure.seconds)


def real_sky(scale: float) -> NDArray[np.float64]:
    """Return the light of the deep field, one plane for each band, in electrons per exposure."""
    picture = hubble_deep_field().astype(np.float64) / 255.0
    light = picture**2.2  # undo the display's gamma: the camera counts photons
    light = np.moveaxis(light, -1, 0)
    if scale != 1.0:
        light = np.stack([ndimage.zoom(plane, scale, order=1) for plane in light])
    dark = np.percentile(light, 20, axis=(1, 2), keepdims=True)
    planes: NDArray[np.float64] = BRIGHTEST * np.clip(light - dark, 0.0, None)
    return planes


def build_camera(rng: np.random.Generator, shape: tuple[int, int]) -> Camera:
    """Invent a detector: bias columns, vignetting, dust, uneven pixels, hot pixels."""
    rows, columns = shape
    bias = BIAS_LEVEL + rng.normal(0.0, 4.0, columns) + np.linspace(0.0, 15.0, rows)[:, None]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    vignetting = 1.0 - 0.18 * (x**2 + y**2)
    flats = {}
    for band in BANDS:
        flat = vignetting * rng.normal(1.0, 0.012, shape)
        for _ in range(9):
            flat *= dust_ring(rng, x, y)
        flats[band] = (flat / flat.mean()).astype(np.float32)
    hot = np.where(rng.random(shape) < 4e-4, rng.exponential(3000.0, shape), 0.0)
    return Camera(bias.astype(np.float32), flats, hot.astype(np.float32))


def dust_ring(rng: np.random.Generator, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shadow of one speck of dust."""
    at_x, at_y = rng.uniform(-0.9, 0.9, 2)
    radius = rng.uniform(0.03, 0.07)
    distance = np.hypot(x - at_x, y - at_y)
    shadow: NDArray[np.float64] = 1.0 - 0.12 * np.exp(-(((distance - radius) / (0.3 * radius)) ** 2))
    return shadow


def plan(rng: np.random.Generator, band: str, number: int, scale: float) -> Exposure:
    """Decide how an exposure goes. The first of each band is a good one, as an observer would make sure."""
    shift = tuple(float(value) for value in rng.uniform(-14.0, 14.0, 2))
    good = Exposure((shift[0], shift[1]), scale * float(rng.uniform(0.7, 1.0)))
    if number == 1:
        return good
    match (number + 2 * BANDS.index(band)) % 8:
        case 2:
            return Exposure(good.shift, scale * float(rng.uniform(1.6, 1.9)))
        case 4:
            return Exposure(good.shift, good.blur, satellite=True)
        case 5 if number > 8:  # the clouds come late
            return Exposure(good.shift, good.blur, transparency=0.02)
        case 6 if number < 8:  # the mount is cold at first
            return Exposure(good.shift, good.blur, trail=14.0)
        case 7 if band == "g":
            return Exposure(good.shift, good.blur, seconds=0.0)
    return good


def expose(
    rng: np.random.Generator,
    camera: Camera,
    band: str,
    spectrum: NDArray[np.complex128],
    shape: tuple[int, ...],
    exposure: Exposure,
) -> NDArray[np.float64]:
    """Return the electrons that one exposure collects."""
    if exposure.seconds == 0.0:
        return np.zeros(camera.bias.shape)
    light = fft.irfft2(spectrum * optics(shape, exposure), shape)[MARGIN:-MARGIN, MARGIN:-MARGIN]
    moonlight = 1.0 + np.linspace(-0.15, 0.2, light.shape[1])
    electrons = exposure.transparency * np.clip(light, 0.0, None) + SKY_GLOW * moonlight
    if exposure.satellite:
        electrons += satellite_trail(rng, electrons.shape)
    electrons = rng.poisson(electrons * camera.flats[band]).astype(np.float64)
    electrons += camera.hot
    electrons += cosmic_rays(rng, electrons.shape)
    return electrons


def optics(shape: tuple[int, ...], exposure: Exposure) -> NDArray[np.complex128]:
    """Return pointing, seeing and drift as one factor in Fourier space."""
    y = fft.fftfreq(shape[0])[:, None]
    x = fft.rfftfreq(shape[1])[None, :]
    pointing = np.exp(-2j * np.pi * (y * exposure.shift[0] + x * exposure.shift[1]))
    seeing = np.exp(-2.0 * (np.pi * exposure.blur) ** 2 * (y**2 + x**2))
    drift = np.sinc(exposure.trail * (0.5 * y + x))
    factor: NDArray[np.complex128] = pointing * seeing * drift
    return factor


def satellite_trail(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return a bright line across the whole detector."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    angle = rng.uniform(0.2, 1.3)
    offset = rng.uniform(0.3, 0.7) * (shape[0] * np.cos(angle) + shape[1] * np.sin(angle))
    distance = y * np.cos(angle) + x * np.sin(angle) - offset
    trail: NDArray[np.float64] = 2500.0 * np.exp(-0.5 * (distance / 1.4) ** 2)
    return trail


def cosmic_rays(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return short bright streaks at random places."""
    hits = np.zeros(shape)
    for _ in range(round(3e-4 * hits.size)):
        length = 1 + int(rng.exponential(2.5))
        angle = rng.uniform(0.0, np.pi)
        steps = np.arange(length)
        y = (rng.uniform(0, shape[0]) + steps * np.sin(angle)).astype(int) % shape[0]
        x = (rng.uniform(0, shape[1]) + steps * np.cos(angle)).astype(int) % shape[1]
        hits[y, x] += rng.exponential(2500.0) + 300.0
    return hits


def read_out(rng: np.random.Generator, camera: Camera, electrons: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Turn electrons into the numbers that the camera delivers."""
    counts = electrons / GAIN + camera.bias + rng.normal(0.0, READ_NOISE / GAIN, camera.bias.shape)
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)


def write(path: Path, counts: NDArray[np.uint16], kind: str, band: str, seconds: float) -> None:
    """Write one FITS file."""
    header = fits.Header()
    header["IMAGETYP"] = kind
    header["FILTER"] = band
    header["EXPTIME"] = (seconds, "seconds")
    header["GAIN"] = (GAIN, "electrons per count")
    header["OBJECT"] = "Hubble eXtreme Deep Field"
    fits.PrimaryHDU(counts, header).writeto(path, overwrite=True)
