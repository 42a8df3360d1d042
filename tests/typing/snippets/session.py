"""A session is a context manager; its options are those of `pydron.conf`."""

from pathlib import Path
from typing import assert_type

import pydron
from pydron.config import Config, Multicore
from pydron.sessions import Session

with pydron.session() as session:
    assert_type(session, Session)

with pydron.session("other.conf"), pydron.session(Path("other.conf")):
    pass

with pydron.session({"workers": [{"type": "multicore"}]}, mode="sequential"):
    pass

with pydron.session(Config(workers=(Multicore(cores=2),), retries=0)):
    pass

Config(retrys=0)  # type: ignore[call-arg]
Multicore(cores="some")  # type: ignore[arg-type]
pydron.session(3)  # type: ignore[arg-type]
pydron.shutdown()
