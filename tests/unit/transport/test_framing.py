"""Frames survive being cut anywhere, and refuse what no peer sends."""

from __future__ import annotations

import pickle
from pickle import PickleBuffer
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydron.errors import ProtocolError
from pydron.tasks import Payload
from pydron.transport.framing import FrameReader, encode_frame
from pydron.transport.messages import (
    Bye,
    Done,
    DoneMany,
    Fetch,
    Put,
    Recall,
    Run,
    RunMany,
    Wire,
    from_wire,
    pack,
    to_wire,
    unpack,
)


def readable(part: object) -> object:
    return part if isinstance(part, int) else bytes(part)  # type: ignore[call-overload]


def frames(rng: Random) -> tuple[bytes, list[Wire]]:
    """Return a stream of frames and the messages in it."""
    stream, expected = b"", []
    for number in range(30):
        batch: list[Wire] = [(1, number, rng.randbytes(rng.randrange(300))) for _ in range(rng.randrange(4))]
        if not number % 3:
            batch.append((2, PickleBuffer(bytearray(rng.randbytes(rng.randrange(4000)))), PickleBuffer(b"")))
        stream += b"".join(map(bytes, encode_frame(batch)))
        expected += batch
    return stream, [tuple(map(readable, message)) for message in expected]


def test_fed_in_any_portions(seed: int) -> None:
    rng = Random(seed)
    stream, expected = frames(rng)
    for _ in range(50):
        reader, found, position = FrameReader(), [], 0
        while position < len(stream):
            size = rng.choice([1, 2, 7, 8, 9, 100, 3000, 100_000])
            found += reader.feed(stream[position : position + size])
            position += size
        assert [tuple(map(readable, message)) for message in found] == expected


def test_filled_in_any_portions(seed: int) -> None:
    rng = Random(seed)
    stream, expected = frames(rng)
    for _ in range(50):
        reader, found, position = FrameReader(), [], 0
        while position < len(stream):
            target = reader.target()
            size = min(rng.choice([1, 3, 8, 50, 5000]), len(target), len(stream) - position)
            target[:size] = stream[position : position + size]
            found += reader.filled(size)
            position += size
        assert [tuple(map(readable, message)) for message in found] == expected


def test_large_buffers_are_not_copied_by_the_sender_and_writable_at_the_receiver() -> None:
    data = bytearray(3_000_000)
    pieces = encode_frame([(1, PickleBuffer(data))])
    assert pieces[1].obj is data  # type: ignore[union-attr]
    found = FrameReader().feed(b"".join(map(bytes, pieces)))
    memoryview(found[0][1])[0] = 7  # type: ignore[arg-type]


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return print, ("owned",)


def test_nothing_in_an_envelope_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ProtocolError, match=r"names builtins\.print"):
        FrameReader().feed(b"".join(map(bytes, encode_frame([(Evil(),)]))))
    assert not capsys.readouterr().out


@pytest.mark.parametrize("envelope", [b"garbage", pickle.dumps({1: 2}), b""])
def test_envelopes_that_are_none(envelope: bytes) -> None:
    with pytest.raises(ProtocolError):
        FrameReader().feed(len(envelope).to_bytes(4, "little") + bytes(4) + envelope)


def test_a_frame_too_large_for_a_stranger() -> None:
    with pytest.raises(ProtocolError, match="before authentication"):
        FrameReader(limit=100).feed((101).to_bytes(4, "little") + bytes(4))


def test_too_many_buffers() -> None:
    with pytest.raises(ProtocolError, match="buffers"):
        FrameReader().feed(bytes(4) + b"\xff\xff\xff\xff")


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waits_for_more(data: bytes) -> None:
    try:
        messages = FrameReader(limit=1000).feed(data)
    except ProtocolError:
        return
    assert messages == []


MESSAGES = [
    Run(3, b"key", b"arguments", ((0, 1), ("name", 2)), True, 0),
    Done(3, None, 10, 0.5, (("stdout", b"text"),)),
    RunMany(b"key", 0, [(3, b"arguments"), (4, b"others")]),
    DoneMany([(3, b"value", 5, 0.5), (4, None, 10, 0.5)]),
    Put(4, (b"data", b"buffer")),
    Fetch(4),
    Recall((1, 2)),
    Bye(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_round_trip(message: Run | Done | RunMany | DoneMany | Put | Fetch | Recall | Bye) -> None:
    (found,) = FrameReader().feed(b"".join(map(bytes, encode_frame([to_wire(message)]))))
    assert from_wire(found) == message


@pytest.mark.parametrize("wire", [(), (999,), (0,), ("Run", 1), (-1, 2, 3, 4)])
def test_messages_that_are_none(wire: Wire) -> None:
    with pytest.raises(ProtocolError, match="not a message"):
        from_wire(wire)


@pytest.mark.parametrize(
    "payload", [Payload(b"x"), Payload(b"x" * 100_000), Payload(b"x", (bytearray(b"abc"), b"def"))]
)
def test_payloads_round_trip(payload: Payload) -> None:
    (found,) = FrameReader().feed(b"".join(map(bytes, encode_frame([to_wire(Put(1, pack(payload)))]))))
    message = from_wire(found)
    assert isinstance(message, Put)
    back = unpack(message.payload)
    assert (bytes(back.data), list(map(bytes, back.raw))) == (payload.data, list(map(bytes, payload.raw)))
