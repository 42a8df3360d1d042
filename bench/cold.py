"""How long a small script takes from its start to its end: import, two workers, one call, exit.

Run it with ``python -m bench.cold [ROUNDS]``. Each row is a script of its own in a new interpreter. They take turns, so
that a busy moment of the machine hits all of them. Bytecode is there, as it is from the second run of a script on.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import machine

ROUNDS = 11
DECORATED = """
import pydron

@pydron.functional
def f(x):
    return x + 1

@pydron.schedule
def main():
    return f(1)
"""
PYDRON = f"""{DECORATED}
with pydron.session({{"workers": [{{"type": "multicore", "cores": 2}}]}}):
    assert main() == 2
"""
LOKY = """
from loky import get_reusable_executor

def f(x):
    return x + 1

if __name__ == "__main__":
    with get_reusable_executor(max_workers=2) as executor:
        assert executor.submit(f, 1).result() == 2
"""
FUTURES = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def f(x):
    return x + 1

if __name__ == "__main__":
    with ProcessPoolExecutor(2, multiprocessing.get_context("{method}")) as executor:
        assert executor.submit(f, 1).result() == 2
"""
SCRIPTS = {
    "nothing": "",
    "import pydron": "import pydron",
    "import pydron, decorate two functions": DECORATED,
    "pydron, with `PYDRON=off`": PYDRON,
    "**pydron, two workers, one call**": PYDRON,
    "loky, two workers, one call": LOKY,
    "ProcessPoolExecutor (spawn), two workers, one call": FUTURES.format(method="spawn"),
    "ProcessPoolExecutor (fork), two workers, one call": FUTURES.format(method="fork"),
}


class Sample(NamedTuple):
    """One run of a script, in seconds."""

    wall: float
    processor: float
    """Of the script and of all processes that it started and waited for."""


def run(script: Path, environment: dict[str, str]) -> Sample:
    """Run a script to its end."""
    before, start = _processor_time(), time.perf_counter()
    subprocess.run([sys.executable, str(script)], env=environment, check=True)
    return Sample(time.perf_counter() - start, _processor_time() - before)


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environment(title: str, directory: Path) -> dict[str, str]:
    taken_out = {"PYTHONDONTWRITEBYTECODE", "PYDRON", "PYDRON_CONF", "PYDRON_CHECK"}
    environment = {name: value for name, value in os.environ.items() if name not in taken_out}
    root = str(Path(__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment |= {"PYTHONPYCACHEPREFIX": str(directory / "bytecode"), "PYTHONPATH": os.pathsep.join(paths)}
    return environment | ({"PYDRON": "off"} if "PYDRON=off" in title else {})


def measure(rounds: int, directory: Path) -> dict[str, list[Sample]]:
    """Run all scripts in turns; return what was measured, the first turn left out."""
    scripts: dict[str, Path] = {}
    for number, (title, text) in enumerate(SCRIPTS.items()):
        if "loky" in text and find_spec("loky") is None:
            continue
        scripts[title] = directory / f"script{number}.py"
        scripts[title].write_text(text)
    samples: dict[str, list[Sample]] = {title: [] for title in scripts}
    for turn in range(rounds + 1):
        for title, script in scripts.items():
            sample = run(script, _environment(title, directory))
            if turn:
                samples[title].append(sample)
    return samples


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(machine.heading())
    print()
    print("| script | wall, median | wall, best | processor time, median |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as directory:
        samples = measure(rounds, Path(directory))
    for title in SCRIPTS:
        if title not in samples:
            print(f"| {title} | not installed | | |")
            continue
        walls = [sample.wall for sample in samples[title]]
        processor = median(sample.processor for sample in samples[title])
        print(f"| {title} | {_ms(median(walls))} | {_ms(min(walls))} | {_ms(processor)} |")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main()
