"""What a worker is told, over its standard input, about how to reach its driver."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

__all__ = ["Invitation", "read_invitation"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the driver is and how to prove who one is. Never on the command line or in the environment."""

    ticket: bytes
    secret: bytes
    path: str = ""
    """Of the Unix socket; empty for TCP."""
    host: str = ""
    port: int = 0
    authority: str = ""
    """Certificate (PEM) of the run's own authority."""
    certificate: str = ""
    """Certificate and private key (PEM) of this worker."""

    def dumps(self) -> str:
        """Return one line of text for the worker's standard input."""
        return json.dumps(asdict(self) | {"ticket": self.ticket.hex(), "secret": self.secret.hex()}) + "\n"


def read_invitation(text: str) -> Invitation:
    """Read the line that `Invitation.dumps` wrote."""
    fields = json.loads(text)
    return Invitation(**fields | {"ticket": bytes.fromhex(fields["ticket"]), "secret": bytes.fromhex(fields["secret"])})
