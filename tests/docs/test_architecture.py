"""What the documentation says about the code is so."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(pydron/[\w/.]+)`", PAGE))))
def test_a_path_in_the_page_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_layers_are_those_that_are_checked() -> None:
    contract = ConfigParser()
    contract.read(ROOT / "setup.cfg")
    checked = contract["importlinter:contract:layers"]["layers"].strip().splitlines()
    drawn = re.search(r"## The layers.*?```text\n(.*?)```", PAGE, re.DOTALL)
    assert drawn
    assert [words(line) for line in drawn[1].splitlines()] == [words(line) for line in checked]


def words(layer: str) -> list[str]:
    """Take the names of the packages out of a line; what follows two blanks explains it."""
    return re.findall(r"[\w.]+", layer.split("   ", maxsplit=1)[0])
