from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from pydron.config import Cloud, Config, Multicore, PortRange, Secret, Ssh, Threads, WorkerEntry, load_config
from pydron.config.records import BUILT_IN, OptionalText, says
from pydron.config.search import InstalledWorkerTypes, find_config
from pydron.errors import ConfigError

ORIGINALS = Path(__file__).parent / "originals"


@dataclass(frozen=True, slots=True)
class Places:
    """The three directories that are searched, each without a file."""

    cwd: Path
    home: Path
    system: Path

    def find(self, environ: Mapping[str, str] | None = None) -> Path | None:
        return find_config(environ or {}, self.cwd, self.home, self.system)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "cwd", tmp_path / "home", tmp_path / "etc")
    for directory in (found.cwd, found.home, found.system):
        directory.mkdir()
    return found


def test_no_file_means_all_local_cores(places: Places) -> None:
    assert load_config(environ={}, cwd=places.cwd, home=places.home) == Config()
    assert Config().workers == (Multicore(cores="all"),)


def test_the_search_order_is_variable_cwd_home_system(places: Places, tmp_path: Path) -> None:
    assert places.find() is None
    for directory in (places.system, places.home, places.cwd):
        (directory / "pydron.conf").write_text("{}")
        assert places.find() == directory / "pydron.conf"
    named = tmp_path / "other.conf"
    named.write_text("{}")
    assert places.find({"PYDRON_CONF": str(named)}) == named


def test_an_empty_variable_counts_as_none(places: Places) -> None:
    assert places.find({"PYDRON_CONF": ""}) is None


def test_the_variable_may_be_relative_or_start_at_home(places: Places) -> None:
    (places.home / "mine.conf").write_text("{}")
    assert places.find({"PYDRON_CONF": "~/mine.conf"}) == places.home / "mine.conf"
    assert places.find({"PYDRON_CONF": "../home/mine.conf"}) == places.cwd / "../home/mine.conf"


@pytest.mark.parametrize("name, what", [("absent.conf", "does not exist"), (".", "is no file")])
def test_a_variable_that_names_no_file_is_an_error(places: Places, name: str, what: str) -> None:
    (places.cwd / "pydron.conf").write_text("{}")
    with pytest.raises(ConfigError, match=what) as caught:
        places.find({"PYDRON_CONF": name})
    assert "PYDRON_CONF" in str(caught.value)
    assert caught.value.filename == str(places.cwd / name)


def test_a_directory_of_that_name_is_passed_over(places: Places) -> None:
    (places.cwd / "pydron.conf").mkdir()
    assert places.find() is None


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "absent.conf")


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "pydron.conf"
    path.write_bytes('{\n"a": "é"}'.encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        load_config(path)
    assert caught.value.line == 2


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "pydron.conf"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert load_config(path) == Config()


def test_a_configuration_is_returned_as_it_is() -> None:
    config = Config(retries=7)
    assert load_config(config) is config


def test_a_dictionary_may_hold_records() -> None:
    config = load_config({"workers": [Multicore(cores=3), {"type": "threads", "count": 2}]})
    assert config.workers == (Multicore(cores=3), Threads(count=2))


def test_what_is_no_source_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not int"):
        load_config(5)  # type: ignore[arg-type]


def test_options_win_over_the_source_and_are_checked() -> None:
    config = load_config({"mode": "parallel", "retries": 5}, options={"mode": "sequential", "idle_timeout": "2h"})
    assert (config.mode, config.retries, config.idle_timeout) == ("sequential", 5, 7200.0)
    with pytest.raises(ConfigError, match='did you mean "mode"'):
        load_config({}, options={"mod": "sequential"})


@pytest.mark.parametrize(
    "given, seconds",
    [(5, 5.0), (0.5, 0.5), ("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1.5 h", 5400.0), (None, None)],
)
def test_durations(given: object, seconds: float | None) -> None:
    assert load_config({"idle_timeout": given}).idle_timeout == seconds


def test_threads_may_be_counted_as_cores() -> None:
    assert load_config({"workers": [{"type": "threads", "cores": 3}]}).workers == (Threads(count=3),)


def test_every_option_is_read_as_it_is_written() -> None:
    options: dict[str, object] = {
        "mode": "sequential",
        "functional": ["scipy.ndimage.*", "mine.process"],
        "ship": True,
        "strict": True,
        "retries": 0,
        "run_ahead": 1,
        "idle_timeout": 60.0,
        "heartbeat_s": 0.5,
        "transport": "tls",
        "nice": 19,
    }
    config = load_config(options)
    assert {name: getattr(config, name) for name in options} == {
        **options,
        "functional": ("scipy.ndimage.*", "mine.process"),
    }


class TestFilesOfTheOriginal:
    """Files that stand in notes of users of the original work as they are, or say what to write."""

    def test_local_cores(self) -> None:
        assert load_config(ORIGINALS / "local-cores.conf").workers == (Multicore(cores=4),)

    def test_one_ssh_host(self) -> None:
        (host,) = load_config(ORIGINALS / "one-ssh-host.conf").workers
        assert host == Ssh(
            hostname="node1.mydomain.tld",
            username="myusername",
            password=Secret(given="mypassword"),
            tmp_dir="/tmp",
            data_ports=PortRange(10000, 10010),
            cores=4,
        )

    def test_three_ssh_hosts(self) -> None:
        hosts = load_config(ORIGINALS / "three-ssh-hosts.conf").workers
        assert [host.hostname for host in hosts if isinstance(host, Ssh)] == [
            f"node{number}.mydomain.tld" for number in (1, 2, 3)
        ]

    def test_cloud_tells_how_to_mend_each_windows_path(self, tmp_path: Path) -> None:
        path = tmp_path / "pydron.conf"
        text = (ORIGINALS / "ec2.conf").read_text()
        for line in (11, 12):
            path.write_text(text)
            with pytest.raises(ConfigError) as caught:
                load_config(path)
            assert caught.value.line == line
            lines = text.splitlines()
            lines[line - 1] = str(caught.value).splitlines()[-1].removeprefix("    ")
            text = "\n".join(lines)
        path.write_text(text)
        (cloud,) = load_config(path).workers
        assert isinstance(cloud, Cloud)
        assert cloud.publickey == "C:\\...\\id_rsa.pub"
        assert (cloud.count, cloud.cores) == (10, "all")


class TestSecrets:
    def test_no_representation_shows_one(self) -> None:
        config = load_config({"workers": [{"type": "ssh", "hostname": "a", "password": "hidden"}]})
        assert "hidden" not in repr(config)
        assert "hidden" not in str(config)

    def test_one_in_the_environment_is_read_when_it_is_needed(self) -> None:
        secret = Secret(variable="PW")
        assert secret.reveal({"PW": "x"}) == "x"
        with pytest.raises(KeyError):
            secret.reveal({})

    def test_no_message_shows_one(self) -> None:
        with pytest.raises(ConfigError) as caught:
            load_config({"workers": [{"type": "ssh", "hostname": "a", "password": ["hidden"]}]})
        assert "hidden" not in str(caught.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abacus:
    """A worker type from elsewhere."""

    type: ClassVar[str] = "abacus"

    beads: int = field(metadata=says("How many beads."))
    name: OptionalText = field(default=None, metadata=says("Its name."))


class TestTypesFromElsewhere:
    plugins: ClassVar[dict[str, type[WorkerEntry]]] = {"abacus": Abacus}

    def test_they_are_read(self) -> None:
        config = load_config({"workers": [{"type": "abacus", "beads": 5}]}, plugins=self.plugins)
        assert config.workers == (Abacus(beads=5),)

    def test_they_are_checked(self) -> None:
        with pytest.raises(ConfigError, match="Expected `int`, got `str`"):
            load_config({"workers": [{"type": "abacus", "beads": "many"}]}, plugins=self.plugins)
        with pytest.raises(ConfigError, match=r'"beads" is missing. How many beads\.'):
            load_config({"workers": [{"type": "abacus"}]}, plugins=self.plugins)

    def test_they_are_suggested(self) -> None:
        with pytest.raises(ConfigError, match='did you mean "abacus"'):
            load_config({"workers": [{"type": "abakus"}]}, plugins=self.plugins)

    def test_nobody_looks_for_them_while_built_in_types_do(self) -> None:
        class Untouchable(Mapping[str, type[WorkerEntry]]):
            def __getitem__(self, word: str) -> type[WorkerEntry]:
                raise AssertionError(word)

            def __iter__(self) -> Iterator[str]:
                raise AssertionError

            def __len__(self) -> int:
                raise AssertionError

        assert load_config({"workers": [{"type": "threads"}]}, plugins=Untouchable()).workers == (Threads(),)

    def test_an_installed_package_brings_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        info = tmp_path / "abacus-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: abacus\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[pydron.backends]\nabacus = abacus_for_pydron:backend\n")
        (tmp_path / "abacus_for_pydron.py").write_text(
            "from dataclasses import dataclass\nfrom typing import ClassVar\n"
            "@dataclass(frozen=True, slots=True)\nclass Entry:\n"
            "    type: ClassVar[str] = 'abacus'\n    beads: int = 3\n"
            "    name: str | None = None\n"
            "class backend:\n    entry = Entry\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        installed = InstalledWorkerTypes()
        assert "abacus" in installed
        (worker,) = load_config({"workers": [{"type": "abacus"}]}, plugins=installed).workers
        assert type(worker).__name__ == "Entry"


def test_errors_survive_pickling(tmp_path: Path) -> None:
    path = tmp_path / "pydron.conf"
    path.write_text(json.dumps({"mod": 1, "nice": 99}))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.__notes__ == caught.value.__notes__


def test_a_built_in_type_is_known_by_its_word() -> None:
    assert {word: record.type for word, record in BUILT_IN.items()} == {word: word for word in BUILT_IN}


@pytest.mark.parametrize(
    "statement", ["import pydron.config", "from pydron.config import load_config; load_config(environ={})"]
)
def test_msgspec_is_not_imported_before_there_is_something_to_check(statement: str, tmp_path: Path) -> None:
    program = f"import sys; {statement}; print('msgspec' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "False"
