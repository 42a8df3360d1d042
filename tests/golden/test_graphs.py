"""The dataflow graphs of small functions, and the code of their frames, as people see them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pydron.compiled import Translation
from pydron.dataflow.nodes import ForLoop, WhileLoop
from pydron.translation.emit import CONSTANTS, INTRINSICS, UNIT_CONSTANTS
from pydron.translation.source import find_source
from tests.golden.pages import check_page
from tests.written import graph_of, written

if TYPE_CHECKING:
    from types import FunctionType

    from tests.conftest import Golden

CASES = Path(__file__).with_name("cases")
GRAPHS = sorted(path.stem for path in (CASES / "graphs").iterdir())
FRAMES = sorted(path.stem for path in (CASES / "frames").iterdir())
_CONSTANTS = INTRINSICS.union(CONSTANTS, UNIT_CONSTANTS)


def frames_of(source: str) -> str:
    """Return the code of frames that a run may ask for: the entry, the first two regions, a loop as it was written."""
    with written(source) as names:
        function = cast("FunctionType", names["f"])
        translation = Translation(find_source(function), function.__code__)
    regions = [node.tick for node in translation.graph.root.walk() if hasattr(node, "body")]
    units = [node.tick for node in translation.graph.root.walk() if type(node).__name__ in {"Call", "Compute"}]
    loops = [node.tick for node in translation.graph.root.walk() if isinstance(node, (ForLoop, WhileLoop))]
    keys = [
        ("entry", 0),
        *(("region", tick) for tick in regions[:2]),
        *(("native", tick) for tick in loops[:1]),
        *(("unit", tick) for tick in units[-1:]),
    ]
    return "\n\n".join(f"# {kind} {tick}\n{shown(translation.tree((kind, tick)))}" for kind, tick in keys)


def shown(frame: ast.FunctionDef) -> str:
    """Return a frame without what all frames have."""
    frame.args.args = [each for each in frame.args.args if each.arg not in _CONSTANTS]
    frame.body = [each for each in frame.body if ast.unparse(each) != "if False:\n    yield"]
    return ast.unparse(frame)


@pytest.mark.parametrize("name", GRAPHS)
def test_graph(name: str, golden: Golden) -> None:
    check_page(golden, CASES / "graphs" / f"{name}.md", lambda source: str(graph_of(source)), "text")


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name: str, golden: Golden) -> None:
    check_page(golden, CASES / "frames" / f"{name}.md", frames_of, "python")
