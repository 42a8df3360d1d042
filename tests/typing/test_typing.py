"""The types of the public surface are part of it: mypy has to come to what the snippets say, errors included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
SNIPPETS = sorted((Path(__file__).parent / "snippets").glob("*.py"))


def mypy(*files: Path, cache: Path) -> str:
    """Check files strictly: an ``ignore`` that ignores nothing is an error too."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            "--follow-imports=silent",
            "--cache-dir",
            cache,
            *files,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return done.stdout + done.stderr


def test_the_snippets_mean_what_they_say(request: pytest.FixtureRequest) -> None:
    # Between runs the cache spares most of the time.
    assert mypy(*SNIPPETS, cache=request.config.rootpath / ".mypy_cache") == ""


def test_a_wrong_snippet_is_noticed(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from typing import assert_type\nimport pydron\nassert_type(pydron.functional(len)(''), str)\n")
    assert "assert-type" in mypy(wrong, cache=request.config.rootpath / ".mypy_cache")
