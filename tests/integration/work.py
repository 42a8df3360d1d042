"""What the workers of these tests are given to do."""

from __future__ import annotations

import decimal
import gc
import logging
import os
import subprocess
import sys
import time
import warnings


def add(one: object, other: object) -> object:
    return one + other  # type: ignore[operator]


def divide(one: float, other: float) -> float:
    return one / other


def exit_with(status: int) -> None:
    raise SystemExit(status)


def interrupt() -> None:
    raise KeyboardInterrupt


def pid() -> int:
    return os.getpid()


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def spin() -> None:
    while True:
        pass


def crash() -> None:
    os.abort()


def zeros(count: int) -> bytearray:
    return bytearray(count)


def length(data: bytes) -> int:
    return len(data)


def grow(items: list[int]) -> list[int]:
    items.append(0)
    return items


def surroundings() -> tuple[str, list[str], int, str, int]:
    precision = decimal.getcontext().prec
    return os.getcwd(), sys.path, sys.getrecursionlimit(), sys.stdin.read(), precision  # noqa: PTH109


def write() -> None:
    print("one")
    print("two", file=sys.stderr)
    sys.stdout.buffer.write(b"three\n")
    logging.getLogger("tests.work").warning("four %d", 4)
    warnings.warn("five", RuntimeWarning, stacklevel=1)


def write_below() -> None:
    subprocess.run(["/bin/sh", "-c", "echo child; echo child-error >&2"], check=True)
    os.write(1, b"raw\n")


def make_generator() -> object:
    return (number for number in range(3))


def third() -> decimal.Decimal:
    return decimal.Decimal(1) / 3


def set_precision(digits: int) -> int:
    before = decimal.getcontext().prec
    decimal.getcontext().prec = digits
    return before


def place() -> tuple[str, str | None]:
    return os.getcwd(), os.environ.get("PYDRON_TEST")  # noqa: PTH109


def log() -> None:
    logging.getLogger("tests.levels").debug("something")


class Canary:
    """An object that a call can look for."""


def canaries() -> int:
    gc.collect()
    return sum(isinstance(each, Canary) for each in gc.get_objects())
