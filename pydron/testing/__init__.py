"""What tests of programs, launchers and engines need: a pool without processes, a clock turned by hand."""

from __future__ import annotations

from pydron.testing.clock import Clock
from pydron.testing.pool import SimulatedPool, StuckError
from pydron.testing.simulate import simulate

__all__ = ["Clock", "SimulatedPool", "StuckError", "simulate"]
