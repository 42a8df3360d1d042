"""Questions to a catalogue that takes its time, is often busy, and whose answers decide what is asked next."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pydron

if TYPE_CHECKING:
    from bench.applications import Each

OBJECTS = 40
TRIES = 3
SECONDS = 0.05


class BusyError(Exception):
    """The catalogue has too much to do."""


def look_up(question: str, number: int, attempt: int) -> int:
    """Return what stands in the catalogue; some questions are refused at first, a few always."""
    if (number % 4 == 1 and attempt == 0) or (number % 17 == 3 and question == "kind"):
        raise BusyError(question)
    return number * {"kind": 7, "distance": 31, "neighbours": 1, "speed": 13}[question] % 97


@pydron.functional
async def ask(question: str, number: int, attempt: int = 1) -> int:
    """Ask once."""
    await asyncio.sleep(SECONDS)
    return look_up(question, number, attempt)


@pydron.schedule
def run(numbers: list[int]) -> dict[int, tuple[str, int]]:
    described = {}
    for number in numbers:
        for attempt in range(TRIES):
            try:
                kind = ask("kind", number, attempt)
                break
            except BusyError:
                print(f"busy: {number}")
        else:
            described[number] = "unknown", 0
            continue
        if kind % 3 == 0:
            described[number] = "galaxy", ask("distance", number) + ask("speed", number)
        elif kind % 3 == 1:
            nearby = ask("neighbours", number) % 4
            distances = [ask("distance", number + other) for other in range(nearby)]
            described[number] = "group", max(distances, default=0)
        else:
            described[number] = "star", ask("speed", number)
    print(len(described), "described")
    return described


def prepare() -> tuple[list[int]]:
    """Return the numbers of the objects."""
    return (list(range(OBJECTS)),)


def ask_and_wait(question: str, number: int, attempt: int = 1) -> int:
    """Ask once, in a thread of its own."""
    time.sleep(SECONDS)
    return look_up(question, number, attempt)


def one_object(number: int) -> tuple[int, tuple[str, int]]:
    """Ask all that there is to ask about an object; return how often it was busy, too."""
    busy = 0
    for attempt in range(TRIES):
        try:
            kind = ask_and_wait("kind", number, attempt)
            break
        except BusyError:
            busy += 1
    else:
        return busy, ("unknown", 0)
    if kind % 3 == 0:
        return busy, ("galaxy", ask_and_wait("distance", number) + ask_and_wait("speed", number))
    if kind % 3 == 1:
        nearby = ask_and_wait("neighbours", number) % 4
        return busy, ("group", max((ask_and_wait("distance", number + other) for other in range(nearby)), default=0))
    return busy, ("star", ask_and_wait("speed", number))


def by_hand(each: Each, numbers: list[int]) -> dict[int, tuple[str, int]]:
    described = {}
    for number, (busy, found) in zip(numbers, each(one_object, numbers, waiting=True), strict=True):
        for _ in range(busy):
            print(f"busy: {number}")
        described[number] = found
    print(len(described), "described")
    return described
