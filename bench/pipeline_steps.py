"""What the demo is made of: its functional calls, how long each takes and how much data goes in and out."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import pickle
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = (
    "load",
    "master_bias",
    "master_flat",
    "calibrate",
    "subtract_sky",
    "detect",
    "sharpen",
    "register",
    "align",
    "stack",
    "photometry",
)


@dataclass(slots=True)
class Measured:
    """The calls of one function."""

    seconds: list[float] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)

    def row(self, name: str) -> str:
        """Return the line of the table."""
        milliseconds = 1000 * statistics.median(self.seconds)
        taken, given = statistics.median(self.taken) / 1e6, statistics.median(self.given) / 1e6
        total = sum(self.seconds)
        return f"| {name} | {len(self.seconds)} | {milliseconds:.1f} | {total:.1f} | {taken:.2f} | {given:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline_steps", description=__doc__)
    parser.add_argument("--frames", type=int, default=14, help="exposures per band (%(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the frames (%(default)s)")
    options = parser.parse_args()
    machine.one_thread()
    os.environ["PYDRON"] = "off"
    print(machine.heading(), end="\n\n")
    print("| function | calls | median ms | seconds in all | MB in | MB out |")
    print("|---|---|---|---|---|---|")
    for name, measured in measure(options.frames, options.scale).items():
        print(measured.row(name))


def measure(frames: int, scale: float) -> dict[str, Measured]:
    """Reduce one night sequentially with a stop-watch around each step."""
    from examples.calibration import pipeline
    from examples.calibration.night import Settings, ensure_night

    steps = {name: Measured() for name in STEPS}
    for name, measured in steps.items():
        setattr(pipeline, name, timed(getattr(pipeline, name), measured))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        ensure_night(Path(folder), Settings(frames=frames, scale=scale))
        pipeline.reduce_night(Path(folder), Path(folder))
    return steps


def timed(step: Callable[..., object], measured: Measured) -> Callable[..., object]:
    """Return a step that notes time and sizes of each call."""

    def call(*args: object, **kwargs: object) -> object:
        start = time.perf_counter()
        result = step(*args, **kwargs)
        measured.seconds.append(time.perf_counter() - start)
        measured.taken.append(size((args, kwargs)))
        measured.given.append(size(result))
        return result

    return call


def size(value: object) -> int:
    """Return the bytes that a value takes when it is sent."""
    buffers: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return len(stream) + sum(buffer.raw().nbytes for buffer in buffers)


if __name__ == "__main__":
    main()
