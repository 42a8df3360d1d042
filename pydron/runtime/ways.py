"""Where ways from the values of a frame lead to now: what a branch stores into may be a part of what it is given.

``if y > best: self.history.append(y)`` stores into a list that no variable holds when the branch is made. What the way
leads to then is most likely what the branch comes to. A store to anything else waits, as where nothing was foreseen.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import ATOM_IDS, plain_attribute
from pydron.runtime.effects.rules import is_key_of
from pydron.runtime.promise import Promise, settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydron.runtime.plan import Way
    from pydron.runtime.questions import Questions

__all__ = ["parts_at"]

_HOLDERS = frozenset(map(id, (dict, defaultdict, list, tuple)))


def parts_at(fiber: Questions, ways: tuple[Way, ...], values: Sequence[object]) -> Iterator[object]:
    """Give the parts of values, or promises of them, to which ways lead as far as that can be told."""
    for way in ways:
        part = settled(values[way.start])
        for kind, key in way.steps:
            if type(part) is Promise or id(type(part)) in ATOM_IDS:
                part = None
            elif kind == "attribute":
                part = _attribute(fiber, part, str(key))
            else:
                part = _item(fiber, part, settled(values[cast("int", key)]) if kind == "item at" else key)
        if id(type(part)) not in ATOM_IDS:
            yield part


def _attribute(fiber: Questions, owner: object, name: str) -> object:
    if not plain_attribute(owner, name) or not fiber.shows_already(owner, name):
        return None
    return getattr(owner, name, None)


def _item(fiber: Questions, owner: object, key: object) -> object:
    if id(type(key)) not in ATOM_IDS or id(type(owner)) not in _HOLDERS:
        return None
    content = owner if fiber.run.memory.is_open(owner) else fiber.forecast(owner)
    if isinstance(content, dict):
        return settled(content.get(key)) if is_key_of(content, key) else None
    if isinstance(content, list | tuple) and type(key) is int and -len(content) <= key < len(content):
        return settled(content[key])
    return None
