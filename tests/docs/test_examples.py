"""Every program in examples/ runs as it stands, and means the same with Pydron and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(EXAMPLES.glob("[!_]*.py"))
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))

EXECUTE = """
import json, sys
import nbclient, nbformat, traitlets.config
notebook = nbformat.read(sys.argv[1], as_version=4)
config = traitlets.config.Config(KernelManager={"transport": "ipc"})
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", config=config).execute()
print(json.dumps([cell.outputs for cell in notebook.cells if cell.cell_type == "code"]))
"""
"""Runs a notebook as Jupyter would, in a kernel of its own, and prints what its cells put out."""


def run(arguments: list[str], folder: Path, warnings: str = "error", **environment: str) -> str:
    """Run a program from elsewhere, as a user would, and return what it prints; anything on stderr is a failure."""
    process = subprocess.run(
        [sys.executable, "-W", warnings, *arguments],
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


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_output(notebook: Path) -> None:
    for cell in json.loads(notebook.read_text())["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_first_steps_in_a_notebook(tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cells = json.loads(run(["-c", EXECUTE, str(EXAMPLES / "first-steps.ipynb")], tmp_path, warnings="default"))
    texts = ["".join(output.get("text", "") for output in cell) for cell in cells]
    search = next(text for text in texts if "steps" in text)
    assert [line.split()[0] for line in search.splitlines()][::3] == ["6171", "26623", "77031", "156159"]
    assert sum("same result: True" in text for text in texts) == 1
    assert "2 0.5\n4 0.25\nfailed: division by zero\n" in texts
    averages = next(output["data"]["text/plain"] for cell in cells for output in cell if "data" in output)
    assert len(json.loads(averages)) == 6


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Run the demo on small frames; give what it prints and where it left its results."""
    pytest.importorskip("astropy")
    pytest.importorskip("skimage")
    output = tmp_path_factory.mktemp("demo")
    arguments = ["-m", "examples.calibration", "--frames=7", "--scale=0.4", f"--output={output}"]
    return run(arguments, EXAMPLES.parent, NO_COLOR="1"), output


def test_demo_finds_no_difference(demo: tuple[str, Path]) -> None:
    printed, output = demo
    assert "DIFFERENT" not in printed
    assert printed.count("identical") == 3
    assert "speed-up" in printed
    for name in ("catalogue.csv", "picture.png"):
        assert (output / "parallel" / name).read_bytes() == (output / "sequential" / name).read_bytes()


def test_demo_meets_every_kind_of_exposure(demo: tuple[str, Path]) -> None:
    printed, output = demo
    for event in ("sharpened", "the shutter stayed closed", "the telescope drifted", "exposures averaged"):
        assert printed.count(event) >= 2
    lines = (output / "sequential" / "catalogue.csv").read_text().splitlines()
    assert lines[0] == "object,x,y,fwhm,flux_r,flux_g,flux_b"
    assert len(lines) > 50


MAKE_TWICE = """
import sys
from pathlib import Path
from examples.calibration.night import Settings, ensure_night
folder = Path(sys.argv[1])
for frames in (1, 1, 2):
    made = ensure_night(folder, Settings(frames, scale=0.2))
    print(made, len(list(folder.glob("light-*.fits"))))
"""


def test_demo_makes_its_frames_once(demo: tuple[str, Path], tmp_path: Path) -> None:
    assert run(["-c", MAKE_TWICE, str(tmp_path)], EXAMPLES.parent) == "True 3\nFalse 3\nTrue 6\n"


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
