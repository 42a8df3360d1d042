"""What the two ends of a connection have lent each other: buffers that the other end reads where they are."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pydron.errors import ProtocolError
from pydron.transport.segments import Extent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.tasks import Kept
    from pydron.transport.segments import Place, Segment

__all__ = ["Loans"]


class Loans:
    """One end's books. What was lent stays where it is until the other end gives it back, or is gone."""

    def __init__(self) -> None:
        self._segments: dict[int, Segment] = {}
        self._theirs: list[Segment] = []
        self._lent: dict[Place, list[Kept]] = {}
        self._ended: deque[Place] = deque()

    def know(self, segment: Segment, *, theirs: bool = False) -> None:
        """Take note of a segment that both ends can open, and whether the other end writes it."""
        self._segments[segment.number] = segment
        if theirs:
            self._theirs.append(segment)

    def knows(self, segment: Segment) -> bool:
        """Tell whether both ends can open a segment."""
        return segment.number in self._segments

    def lend(self, kept: Kept) -> Place:
        """Hold a buffer for the other end; return how to call it."""
        assert isinstance(kept, Extent)
        place = kept.place
        self._lent.setdefault(place, []).append(kept)
        return place

    def returned(self, places: Iterable[Place]) -> None:
        """Take back what the other end does not read any more."""
        for place in places:
            held = self._lent[place]
            held.pop()
            if not held:
                del self._lent[place]

    def borrow(self, place: Place) -> Extent:
        """Find a buffer that the other end holds for this one.

        Raises:
            ProtocolError: it is in a segment that was never spoken of.
        """
        number, offset, nbytes = place
        segment = self._segments.get(number)
        if segment is None:
            raise ProtocolError(f"a buffer in segment {number}, which is not known here")
        return Extent(segment, offset, nbytes, self._ended)

    def decline(self, places: Iterable[Place]) -> None:
        """Give back what will not be read at all."""
        self._ended.extend(places)

    @property
    def due(self) -> bool:
        """Whether something borrowed is to be given back."""
        return bool(self._ended)

    def returns(self) -> tuple[Place, ...]:
        """Take what is to be given back."""
        taken = []
        while self._ended:
            taken.append(self._ended.popleft())
        return tuple(taken)

    def forget(self) -> None:
        """Take everything back: the other end is gone."""
        self._lent.clear()
        for segment in self._theirs:
            segment.orphan()
