"""Every launcher keeps its contract."""

from __future__ import annotations

from typing import Literal

import pytest

from pydron.backend.registry import find_backend
from pydron.config import Multicore, Threads, WorkerEntry
from pydron.testing.conformance import check_launcher


@pytest.mark.parametrize("transport", ["unix", "tls"])
def test_multicore(transport: Literal["unix", "tls"]) -> None:
    entry = Multicore(cores=2)
    check_launcher(lambda given: find_backend("multicore").launcher(entry, given), {"transport": transport})


def test_threads() -> None:
    entry: WorkerEntry = Threads(count=2)
    check_launcher(lambda given: find_backend("threads").launcher(entry, given))
