"""How the demo's time falls with the number of worker processes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import machine


def main() -> None:
    options = parse()
    machine.one_thread()
    print(machine.heading(), end="\n\n")
    print("| run | seconds | of sequential |")
    print("|---|---|---|")
    sequential = seconds("sequential", None, options)
    print(f"| sequential | {sequential:.1f} | 1.00 |", flush=True)
    for count in range(1, options.workers + 1):
        parallel = seconds("parallel", count, options)
        print(
            f"| {count} worker{'s' if count > 1 else ''} | {parallel:.1f} | {parallel / sequential:.2f} |", flush=True
        )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.calibration", description=__doc__)
    parser.add_argument("--workers", type=int, default=machine.cores(), help="most worker processes (%(default)s)")
    parser.add_argument("--frames", type=int, default=14, help="exposures per band (%(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the frames (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    return parser.parse_args()


def seconds(mode: str, workers: int | None, options: argparse.Namespace) -> float:
    """Run the demo once in a process of its own and return the time that the reduction took."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        if workers is not None:
            config = Path(folder) / "pydron.conf"
            config.write_text(json.dumps({"workers": [{"type": "multicore", "cores": workers}]}))
            environment["PYDRON_CONF"] = str(config)
        command = [sys.executable, "-m", "examples.calibration", f"--{mode}"]
        command += [f"--frames={options.frames}", f"--scale={options.scale}", f"--output={options.output}"]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return float(json.loads((options.output / mode / "run.json").read_text())["seconds"])


if __name__ == "__main__":
    main()
