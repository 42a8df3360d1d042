"""Every program in examples/ runs as it stands, and means the same with Pydron and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(EXAMPLES.glob("[!_]*.py"))
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def run(arguments: list[str], folder: Path, **environment: str) -> str:
    """Run a program from elsewhere, as a user would, and return what it prints; anything on stderr is a failure."""
    process = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stderr == ""
    return process.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_prints_the_same_with_and_without_pydron(program: Path, tmp_path: Path) -> None:
    alone = run([str(program)], tmp_path, PYDRON="off")
    assert alone
    assert run([str(program)], tmp_path) == alone


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_is_short_enough_to_read(program: Path) -> None:
    assert len(program.read_text().splitlines()) < 60


def test_every_example_is_listed() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    for path in [*PROGRAMS, *NOTEBOOKS]:
        assert f"({path.name})" in listed


def demo(output: Path, *options: str) -> str:
    pytest.importorskip("astropy")
    pytest.importorskip("skimage")
    arguments = ["-m", "examples.calibration", "--frames=7", "--scale=0.4", f"--output={output}", *options]
    return run(arguments, EXAMPLES.parent, NO_COLOR="1")


def test_demo_finds_no_difference(tmp_path: Path) -> None:
    printed = demo(tmp_path)
    assert "DIFFERENT" not in printed
    assert printed.count("identical") == 3
    assert "speed-up" in printed
    for name in ("catalogue.csv", "picture.png"):
        assert (tmp_path / "parallel" / name).read_bytes() == (tmp_path / "sequential" / name).read_bytes()


def test_demo_meets_every_kind_of_exposure(tmp_path: Path) -> None:
    printed = demo(tmp_path, "--sequential")
    for event in ("sharpened", "the shutter stayed closed", "the telescope drifted", "exposures averaged"):
        assert event in printed
    lines = (tmp_path / "sequential" / "catalogue.csv").read_text().splitlines()
    assert lines[0] == "object,x,y,fwhm,flux_r,flux_g,flux_b"
    assert len(lines) > 50


def test_demo_makes_its_frames_once(tmp_path: Path) -> None:
    assert "FITS frames made" in demo(tmp_path, "--sequential")
    assert "FITS frames made" not in demo(tmp_path, "--sequential")


def test_demo_says_when_results_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from examples.calibration.__main__ import RESULTS, Run, compare

    runs = []
    for mode in ("sequential", "parallel"):
        folder = tmp_path / mode
        folder.mkdir()
        for name in RESULTS:
            (folder / name).write_text(name)
        runs.append(Run(folder, 1.0, ["line\n"]))
    assert compare(*runs) == 0
    (tmp_path / "parallel" / "catalogue.csv").write_text("something else")
    assert compare(*runs) == 1
    assert "DIFFERENT" in capsys.readouterr().out
