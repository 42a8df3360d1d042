"""What a configuration says, as frozen records: the one source for checks, messages and the reference page.

Each field carries a `Shape` in its annotation (what is expected, in words) and its explanation in `key`. The attribute
``type`` of a worker entry is the word that names it in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "BUILT_IN",
    "Cloud",
    "Config",
    "Multicore",
    "PortRange",
    "Secret",
    "Shape",
    "Ssh",
    "Threads",
    "WorkerEntry",
    "says",
]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value in the file has to look like."""

    expected: str
    """The words that follow "expected" in an error."""
    least: float | None = None
    """Numbers below are refused."""
    most: float | None = None
    """Numbers above are refused."""
    read: Callable[[object], object] | None = None
    """Makes the value of the record from that of the file; raises ValueError for what it cannot read."""
    secret: bool = False
    """The value is never shown."""


def says(meaning: str, *, also: str = "") -> dict[str, str]:
    """Describe a key of the file: its meaning in Markdown, another word it is known by."""
    return {"meaning": meaning, "also": also}


class WorkerEntry(Protocol):
    """One entry of `workers`: a frozen dataclass whose `type` is the word for it.

    Backends from elsewhere bring their own, declared with `says` and `Shape` like those below.
    """

    type: ClassVar[str]

    @property
    def name(self) -> str | None:
        """What the entry is called in messages."""


@dataclass(frozen=True, slots=True)
class PortRange:
    """An inclusive range of TCP ports."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password or key, given in the file or by the name of an environment variable. Never shown."""

    given: str | None = None
    variable: str | None = None

    def reveal(self, environ: Mapping[str, str]) -> str:
        """Return the secret itself.

        Raises:
            KeyError: the environment variable is not set.
        """
        if self.variable is not None:
            return environ[self.variable]
        return self.given or ""

    def __repr__(self) -> str:
        return f"Secret(variable={self.variable!r})" if self.variable else "Secret(***)"


_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_BYTES = {"mb": 10**6, "gb": 10**9, "tb": 10**12, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([mgt]i?b)")
_LEAST_MEMORY = 128 * 10**6
_PORTS = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?")
_PATTERN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(\.\*)?")


def _read_seconds(raw: object) -> float | None:
    if raw is None:
        return None
    if isinstance(raw, str) and (match := _DURATION.fullmatch(raw.strip().lower())) and match[2] in _UNITS:
        raw = float(match[1]) * _UNITS[match[2]]
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw < float("inf"):
        raise ValueError
    return float(raw)


def _read_time(raw: object) -> float:
    if (seconds := _read_seconds(raw)) is None:
        raise ValueError
    return seconds


def _read_size(raw: object) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, str) and (match := _SIZE.fullmatch(raw.strip().lower())):
        raw = int(float(match[1]) * _BYTES[match[2]])
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < _LEAST_MEMORY:
        raise ValueError
    return raw


def _read_ports(raw: object) -> PortRange | None:
    if raw is None:
        return None
    match = _PORTS.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise ValueError
    ports = PortRange(int(match[1]), int(match[2] or match[1]))
    if not 0 < ports.first <= ports.last < 2**16:
        raise ValueError
    return ports


def _read_secret(raw: object) -> Secret | None:
    match raw:
        case None:
            return None
        case str():
            return Secret(given=raw)
        case {"env": str(variable), **rest} if variable and not rest:
            return Secret(variable=variable)
    raise ValueError


def _read_patterns(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple):
        raise ValueError  # noqa: TRY004 - what a value may be is told by ValueError alone
    if not all(isinstance(pattern, str) and _PATTERN.fullmatch(pattern) for pattern in raw):
        raise ValueError
    return tuple(raw)


def _read_texts(raw: object) -> tuple[str, ...]:
    if isinstance(raw, list | tuple) and all(isinstance(text, str) and text for text in raw):
        return tuple(raw)
    raise ValueError


Text = Annotated[str, Shape("a text")]
OptionalText = Annotated[str | None, Shape("a text")]
Texts = Annotated[tuple[str, ...], Shape("a list of texts", read=_read_texts)]
Flag = Annotated[bool, Shape("true or false")]
Count = Annotated[int, Shape("a whole number, 1 or more", least=1)]
Cores = Annotated[int | Literal["all"], Shape('a whole number, 1 or more, or "all"', least=1)]
Port = Annotated[int, Shape("a port number from 1 to 65535", least=1, most=65535)]
Ports = Annotated[PortRange | None, Shape('ports such as "10000-10010"', read=_read_ports)]
Seconds = Annotated[float, Shape('a number of seconds above 0, or a text such as "10s"', read=_read_time)]
Duration = Annotated[
    float | None,
    Shape('a number of seconds above 0, a text such as "10m" or "2h", or null for never', read=_read_seconds),
]
Memory = Annotated[
    int | None,
    Shape('a text such as "2GB" or "500MB", at least 128 MB, or null for no limit', read=_read_size),
]
SecretText = Annotated[
    Secret | None, Shape('a text, or {"env": "NAME"} for an environment variable', read=_read_secret, secret=True)
]
Patterns = Annotated[
    tuple[str, ...],
    Shape('a list of dotted names such as "scipy.ndimage.zoom" or "scipy.ndimage.*"', read=_read_patterns),
]

_NAME = "What this entry is called in messages and reports."
_TMP_DIR = "Directory on the worker's machine for what a run leaves there while it lasts."
_DATA_PORTS = (
    "Ports that workers may listen on, for sites whose firewall opens only some. Without it no port is opened."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Multicore:
    """Worker processes on this machine."""

    type: ClassVar[str] = "multicore"

    cores: Cores = field(
        default="all",
        metadata=says(
            'How many cores to use. `"all"` is what this process may use: CPU affinity and cgroup limits count.'
        ),
    )
    memory: Memory = field(
        default=None,
        metadata=says(
            "Memory that each worker may use. Values that it holds beyond go to disk; a call that needs more fails"
            " with `MemoryError`."
        ),
    )
    name: OptionalText = field(default=None, metadata=says(_NAME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """Worker threads in this process, for calls that wait or release the interpreter lock. Arguments are copied."""

    type: ClassVar[str] = "threads"

    count: Cores = field(
        default="all", metadata=says('How many threads to use. `"all"` is one for each core.', also="cores")
    )
    name: OptionalText = field(default=None, metadata=says(_NAME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssh:
    """Worker processes on another machine, started over SSH."""

    type: ClassVar[str] = "ssh"

    hostname: Text = field(metadata=says("Name or address of the machine, or an alias from `~/.ssh/config`."))
    port: Port = field(default=22, metadata=says("Port of its SSH server."))
    username: OptionalText = field(
        default=None, metadata=says("User to log in as. Without it `~/.ssh/config` decides, then your own name.")
    )
    password: SecretText = field(
        default=None, metadata=says('Password; better a key or an agent. `{"env": "NAME"}` keeps it out of the file.')
    )
    private_key_files: Texts = field(
        default=(), metadata=says("Private keys to try. Without it those of `~/.ssh` and the agent.")
    )
    python: OptionalText = field(default=None, metadata=says("Interpreter to start there. Without it `python3`."))
    tmp_dir: OptionalText = field(default=None, metadata=says(_TMP_DIR))
    data_ports: Ports = field(default=None, metadata=says(_DATA_PORTS))
    cores: Cores = field(default="all", metadata=says('How many cores to use. `"all"` is every core of the machine.'))
    name: OptionalText = field(default=None, metadata=says(_NAME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """Worker processes on machines rented for the time of the session."""

    type: ClassVar[str] = "cloud"

    provider: Text = field(metadata=says("The provider's name in Apache Libcloud, such as `ec2_us_east`."))
    accesskeyid: Text = field(
        metadata=says("The account: access key id, user name or e-mail, as the provider calls it.")
    )
    accesskey: SecretText = field(
        default=None, metadata=says('The secret that goes with it; `{"env": "NAME"}` keeps it out of the file.')
    )
    imageid: Text = field(metadata=says("Image that the machines boot."))
    sizeid: Text = field(metadata=says("Size of the machines, such as `t1.micro`."))
    username: Text = field(default="root", metadata=says("User that the image lets in over SSH."))
    publickey: OptionalText = field(
        default=None, metadata=says("File with the public key to install. Without it the session makes a key pair.")
    )
    privatekey: OptionalText = field(default=None, metadata=says("File with the private key that belongs to it."))
    count: Count = field(default=1, metadata=says("How many machines to rent."))
    tmp_dir: OptionalText = field(default=None, metadata=says(_TMP_DIR))
    data_ports: Ports = field(default=None, metadata=says(_DATA_PORTS))
    cores: Cores = field(default="all", metadata=says('How many cores of each machine to use. `"all"` is every one.'))
    name: OptionalText = field(default=None, metadata=says(_NAME))


BUILT_IN: dict[str, type[WorkerEntry]] = {entry.type: entry for entry in (Multicore, Threads, Ssh, Cloud)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that `pydron.conf` may say. Without a file: all cores of this machine, and the defaults below."""

    workers: Annotated[tuple[WorkerEntry, ...], Shape("a list of worker entries")] = field(
        default=(Multicore(),),
        metadata=says("Where calls run: a list with one entry for each kind of worker. Without it all local cores."),
    )
    mode: Annotated[Literal["parallel", "sequential"], Shape('"parallel" or "sequential"')] = field(
        default="parallel",
        metadata=says('`"sequential"` runs everything undecorated in this process: for debugging, like `PYDRON=off`.'),
    )
    functional: Patterns = field(
        default=(), metadata=says("Callables of other packages to treat as `@pydron.functional`; `*` ends a pattern.")
    )
    ordered: Patterns = field(
        default=(), metadata=says("Callables of other packages to treat as `@pydron.ordered`; `*` ends a pattern.")
    )
    ship: Flag = field(default=False, metadata=says("Send every functional call to a worker, however short it is."))
    strict: Flag = field(
        default=False, metadata=says("Raise an error where a function would be run sequentially, instead of a notice.")
    )
    retries: Annotated[int, Shape("a whole number, 0 or more", least=0)] = field(
        default=3, metadata=says("How often a call is tried again after the worker that ran it died.")
    )
    run_ahead: Count = field(
        default=10_000,
        metadata=says("How many operations may be unfinished at a time; bounds the memory of long loops."),
    )
    waiting_at_once: Annotated[int | None, Shape("a whole number, 1 or more, or null", least=1)] = field(
        default=None,
        metadata=says(
            "How many calls of functional coroutine functions may be under way at a time. `null`: three quarters of the"
            " files that this process may open, at most 10000."
        ),
    )
    idle_timeout: Duration = field(
        default=None, metadata=says("Stop workers that had nothing to do for this long. They start again when needed.")
    )
    heartbeat_s: Seconds = field(default=5.0, metadata=says("How often a worker shows that it is alive."))
    transport: Annotated[Literal["unix", "tls"] | None, Shape('"unix", "tls", or null to choose by itself')] = field(
        default=None,
        metadata=says("Local workers connect by Unix socket or by loopback TCP with mutual TLS. `null`: what works."),
    )
    nice: Annotated[int, Shape("a whole number from 0 to 19", least=0, most=19)] = field(
        default=0, metadata=says("How much workers give way to other processes.")
    )
