"""Reduce the night with and without Pydron, and compare: ``python -m examples.calibration``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Both runs compute on one thread a process, so that the comparison is about Pydron alone."""

RESULTS = ("catalogue.csv", "picture.png")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the pipeline left behind."""

    folder: Path
    seconds: float
    lines: list[str]


def main() -> int:
    options = parse()
    for name in ONE_THREAD:
        os.environ[name] = "1"
    if options.mode:
        reduce_here(options)
        return 0
    prepare(options)
    sequential = run_apart("sequential", options)
    parallel = run_apart("parallel", options)
    return compare(sequential, parallel)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.calibration", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--sequential", dest="mode", action="store_const", const="sequential", help="the plain run only")
    mode.add_argument("--parallel", dest="mode", action="store_const", const="parallel", help="the parallel run only")
    parser.add_argument("--frames", type=int, default=14, metavar="N", help="exposures per band (%(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the frames (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), metavar="DIR", help="(%(default)s)")
    return parser.parse_args()


def prepare(options: argparse.Namespace) -> Path:
    """Make the frames of the night if they are not there yet."""
    from examples.calibration.night import Settings, ensure_night

    night: Path = options.output / "night"
    start = time.perf_counter()
    if ensure_night(night, Settings(frames=options.frames, scale=options.scale)):
        count = len(list(night.glob("*.fits")))
        print(f"{count} FITS frames made in {night} ({time.perf_counter() - start:.0f} s, once)", flush=True)
    return night


def reduce_here(options: argparse.Namespace) -> None:
    """Run the pipeline in this process and leave the time it took beside its results."""
    if options.mode == "sequential":
        os.environ["PYDRON"] = "off"
    night = prepare(options)
    from examples.calibration.pipeline import reduce_night

    output: Path = options.output / options.mode
    output.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    reduce_night(night, output)
    seconds = time.perf_counter() - start
    (output / "run.json").write_text(json.dumps({"seconds": seconds}))
    print(f"{seconds:.1f} s, results in {output}")


def run_apart(mode: str, options: argparse.Namespace) -> Run:
    """Run the pipeline in a fresh process, passing on what it prints as it comes."""
    print(f"\n{bold(mode)}", flush=True)
    command = [sys.executable, "-u", "-m", "examples.calibration", f"--{mode}"]
    command += [f"--frames={options.frames}", f"--scale={options.scale}", f"--output={options.output}"]
    folder: Path = options.output / mode
    for name in RESULTS:
        (folder / name).unlink(missing_ok=True)
    lines = []
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            print(f"{dim(f'{time.perf_counter() - start:6.1f} s')}  {line}", end="", flush=True)
    if process.returncode != 0:
        sys.exit(f"the {mode} run failed")
    lines.pop()  # the time it took
    return Run(folder, json.loads((folder / "run.json").read_text())["seconds"], lines)


def compare(sequential: Run, parallel: Run) -> int:
    """Show both times and whether the results are the same, byte for byte."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"\n{bold('result')}")
    print(f"  sequential     {sequential.seconds:6.1f} s")
    print(f"  parallel       {parallel.seconds:6.1f} s   on {cores} cores, the start of the workers included")
    print(f"  speed-up       {sequential.seconds / parallel.seconds:6.2f}")
    same = True
    for name in RESULTS:
        one, other = ((run.folder / name).read_bytes() for run in (sequential, parallel))
        same &= verdict(name, one == other, f"{len(other):,} bytes")
    same &= verdict("printed lines", sequential.lines == parallel.lines, f"{len(parallel.lines)} lines")
    print(f"\n  {parallel.folder / 'picture.png'}")
    return 0 if same else 1


def verdict(name: str, same: bool, size: str) -> bool:
    print(f"  {name:14} {'identical' if same else bold('DIFFERENT')}, {size}")
    return same


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if styled() else text


def dim(text: str) -> str:
    return f"\033[2m{text}\033[0m" if styled() else text


def styled() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    sys.exit(main())
