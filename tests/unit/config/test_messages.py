"""All messages about a wrong configuration, as users see them: input and answer side by side in one golden file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydron.config import load_config
from pydron.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Golden

SYNTAX = [
    "",
    "{",
    '{"a" 1}',
    '{"strict": true\n "ship": true}',
    '{"strict": true "ship": true}',
    "{'strict': true}",
    "{strict: true}",
    '{"strict": True}',
    '{"functional": ["a.b",, "c.d"]}',
    '{"functional": ["a.b"}',
    '{"functional": ["a.b", ...]}',
    '{"a": "C:\\data\\x"}',
    '{"a": "\\d"}',
    '{"a": "never closed\n}',
    '{"strict": true,\n "strict": false}',
    '{"retries": 01}',
    '{"mode": parallel}',
    '{"mode" = "parallel"}',
    '{"mode": }',
    '{"mode": “parallel”}',
    "{} {}",
    "/* a comment",
    "{,}",
    "workers:\n  - type: multicore\n",
]

MEANING = [
    "[]",
    '{"wrokers": []}',
    '{"workers": []}',
    '{"workers": {"type": "multicore"}}',
    '{"workers": ["multicore"]}',
    '{"workers": [{"cores": 4}]}',
    '{"workers": [{"type": "multicor"}]}',
    '{"workers": [{"type": 4}]}',
    '{"workers": [{"type": "multicore", "core": 4}]}',
    '{"workers": [{"type": "multicore", "cores": "4"}]}',
    '{"workers": [{"type": "multicore", "cores": "al"}]}',
    '{"workers": [{"type": "multicore", "cores": 0}]}',
    '{"workers": [{"type": "multicore", "cores": true}]}',
    '{"workers": [{"type": "multicore", "cores": 2.5}]}',
    '{"workers": [{"type": "threads", "cores": 4, "count": 4}]}',
    '{"workers": [{"type": "ssh"}]}',
    '{"workers": [\n {"type": "ssh", "hostname": "a", "name": "x"},\n {"type": "ssh", "hostname": "b", "name": "x"}]}',
    '{"workers": [{"type": "ssh", "hostname": "a", "password": 12345}]}',
    '{"workers": [{"type": "ssh", "hostname": "a", "password": {"env": 5}}]}',
    '{"workers": [{"type": "ssh", "hostname": "a", "data_ports": "10010-10000"}]}',
    '{"workers": [{"type": "ssh", "hostname": "a", "data_ports": 10000}]}',
    '{"workers": [{"type": "ssh", "hostname": "a", "port": 70000}]}',
    '{"workers": [{"type": "ssh", "hostname": 5,\n "user": "me"},\n {"type": "cluod"}],\n "ship": 1}',
    '{"mode": "paralel"}',
    '{"strict": "yes"}',
    '{"strict": "True"}',
    '{"functional": "scipy.ndimage.*"}',
    '{"functional": ["scipy.*.zoom"]}',
    '{"idle_timeout": "10 minutes"}',
    '{"idle_timeout": 0}',
    '{"heartbeat_s": null}',
    '{"transport": "tsl"}',
    '{"run_ahead": 0}',
    '{"retries": -1}',
    '{"nice": 20}',
]


def message(text: str, path: Path) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, plugins={})
    lines = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    return "\n".join(lines).replace(str(path), "pydron.conf")


@pytest.mark.parametrize("name, texts", [("syntax", SYNTAX), ("meaning", MEANING)])
def test_messages_are_as_agreed(name: str, texts: list[str], tmp_path: Path, golden: Golden) -> None:
    answers = (f"{text}\n\n{message(text, tmp_path / 'pydron.conf')}\n" for text in texts)
    golden(f"{'-' * 100}\n".join(answers), f"{name}.txt")
