"""The reference pages say what the code says: tables written from the records, the tree of errors from `errors`."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pydron
import pydron.errors
import pydron.opening
from pydron.config.reference import option_table, worker_sections
from pydron.config.search import search_path

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name, written", [("options", option_table), ("workers", worker_sections)])
def test_the_configuration_page_is_up_to_date(
    name: str, written: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    page = REFERENCE / "configuration.md"
    before, opening, rest = re.split(rf"(<!-- {name}: .*? -->\n)", page.read_text(encoding="utf-8"))
    present, closing, after = re.split(rf"(<!-- end of {name} -->\n)", rest)
    if request.config.getoption("--update-golden"):
        page.write_text(f"{before}{opening}\n{written()}\n{closing}{after}", encoding="utf-8")
        return
    assert present.strip() == written().strip()


def test_the_configuration_page_gives_the_search_order() -> None:
    text = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    assert str(search_path(None, None)[-1]) in text


@pytest.mark.parametrize("name", pydron.errors.__all__)
def test_the_errors_page_explains_each_error(name: str) -> None:
    assert f"\n## `{name}`\n" in (REFERENCE / "errors.md").read_text(encoding="utf-8")


def test_the_errors_page_explains_nothing_else() -> None:
    headings = re.findall(r"^## `(\w+)`$", (REFERENCE / "errors.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(headings) == sorted(pydron.errors.__all__)


@pytest.mark.parametrize("name", sorted(set(pydron.__all__) - set(pydron.errors.__all__)))
def test_the_page_of_the_interface_explains_each_name_and_option(name: str) -> None:
    text = (REFERENCE / "api.md").read_text(encoding="utf-8")
    section = re.search(rf"^## `{name}`\n(.*?)(?=^## )", text, flags=re.MULTILINE | re.DOTALL)
    assert section, f"{name} has no section"
    function = pydron.opening.session if name == "session" else getattr(pydron, name)
    options = [
        option for option in inspect.signature(function).parameters.values() if option.kind is option.KEYWORD_ONLY
    ]
    unexplained = [option.name for option in options if f"`{option.name}`" not in section[1]]
    assert unexplained == []


@pytest.mark.parametrize("name", pydron.errors.__all__)
def test_the_tree_of_errors_is_complete(name: str) -> None:
    tree = inspect.getdoc(pydron.errors) or ""
    assert re.search(rf"^ *[├└─ ]*{name}\b", tree, flags=re.MULTILINE)
