"""What the files around the code promise to each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(SETTINGS)
FRAGMENTS = [path for path in sorted((ROOT / "changelog.d").iterdir()) if path.name != "README.md"]


def test_every_rule_that_is_ignored_has_a_reason() -> None:
    ignored = re.search(r"^ignore = \[\n(.*?)^\]", SETTINGS, re.MULTILINE | re.DOTALL)
    assert ignored
    without = [line for line in ignored[1].splitlines() if not re.fullmatch(r' *"[A-Z]+\d*", +# \S.*', line)]
    assert without == []


def test_the_gate_looks_for_the_versions_that_are_supported() -> None:
    prefix = "Programming Language :: Python :: "
    minors = [name.removeprefix(prefix) for name in PROJECT["project"]["classifiers"] if name.startswith(f"{prefix}3.")]
    script = (ROOT / "tools" / "pythons").read_text(encoding="utf-8")
    assert f'supported="{" ".join(minors)}"' in script
    assert PROJECT["project"]["requires-python"] == f">={minors[0]}"


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
    assert re.search(r"^make test\b", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "command", re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_each_command_of_the_readme_exists(command: str) -> None:
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_news_fragment_has_a_name_that_is_understood(path: Path) -> None:
    kinds = {kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]}
    name = re.fullmatch(r"\+[a-z][a-z0-9-]*\.(\w+)\.md", path.name)
    assert name, "call it +name.type.md"
    assert name[1] in kinds
    assert path.read_text(encoding="utf-8").strip()


def test_decisions_are_numbered_in_order() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
