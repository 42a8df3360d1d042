import pytest

from pydron.testing import Clock


def test_time_passes_when_told_to() -> None:
    clock = Clock()
    clock.advance(1.5)
    clock.advance_to(2.0)
    clock.advance_to(1.0)
    assert clock.now == 2.0


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="turned back by 1 seconds"):
        Clock().advance(-1)
