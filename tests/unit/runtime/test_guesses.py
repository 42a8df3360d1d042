"""What two calls must have in common to be taken for one another."""

from __future__ import annotations

from pydron.runtime.guesses import signature_of
from pydron.tasks import Function, Payload

FUNCTION = Function(b"f", "f", Payload(b""))


class Elsewhere:
    """A buffer that says how often it was read."""

    def __init__(self, content: bytes) -> None:
        self.nbytes = len(content)
        self.reads = 0
        self._content = content

    def map(self) -> bytearray:
        raise AssertionError

    def view(self) -> memoryview:
        self.reads += 1
        return memoryview(self._content)


def signature(*buffers: bytes | Elsewhere, data: bytes = b"data") -> object:
    return signature_of(FUNCTION, Payload(data, buffers), (), 0)


def test_a_buffer_that_is_elsewhere_is_known_without_reading_it() -> None:
    buffer = Elsewhere(b"abc")
    assert {signature(buffer): 1}[signature(buffer)] == 1
    assert signature(buffer) != signature(buffer, data=b"other")
    assert buffer.reads == 0


def test_buffers_that_are_elsewhere_are_compared_by_content() -> None:
    assert signature(Elsewhere(b"abc"), b"here") == signature(Elsewhere(b"abc"), b"here")
    assert signature(Elsewhere(b"abc"), b"here") != signature(Elsewhere(b"abd"), b"here")
    assert signature(Elsewhere(b"abc"), b"here") != signature(Elsewhere(b"abc"), b"her")
    assert signature(Elsewhere(b"abc")) != signature(b"abc")
    assert signature(Elsewhere(b"abc"), b"abd") != signature(b"abd", Elsewhere(b"abc"))
    assert signature(b"ab", b"c") != signature(b"a", b"bc")


def test_however_large_what_is_elsewhere_the_call_can_be_kept() -> None:
    assert signature(Elsewhere(bytes(1 << 23))) is not None
    assert signature(bytes(1 << 23)) is None
