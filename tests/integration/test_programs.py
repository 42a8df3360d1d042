"""Whole programs, as people write them: the same output with real workers as without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.scripts import run

PROGRAMS = sorted((Path(__file__).parent / "cases").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_the_same_with_workers(path: Path, tmp_path: Path) -> None:
    for module in ("numpy", "scipy"):
        if f"import {module}" in path.read_text(encoding="utf-8"):
            pytest.importorskip(module)
    program = path.read_text(encoding="utf-8")
    plain = run(tmp_path, program, PYDRON="off")
    assert "Traceback" not in plain.stderr
    parallel = run(tmp_path, program)
    assert parallel.stdout == plain.stdout
    assert parallel.stderr == plain.stderr
    assert parallel.returncode == plain.returncode
