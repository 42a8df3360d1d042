from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydron.config.text import scan
from pydron.errors import ConfigError

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(JSON_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_whatever_the_standard_library_writes_is_read(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert scan(f'{{"it": {text}}}', "f").value == {"it": value}


@given(st.text(alphabet="{}[],:\"'\\/*# \nau01-.tC“"))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    try:
        line = scan(text, "f").line(())
    except ConfigError as error:
        line = error.line
    assert line is not None
    assert 1 <= line <= text.count("\n") + 1


@given(st.text(alphabet="{}[],:\"'\\/*# \nau01-.tC“"))
def test_nothing_that_json_allows_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        return
    if isinstance(expected, list | dict) and len(set(_keys(text))) == len(_keys(text)):
        assert scan(text, "f").value == expected


def _keys(text: str) -> list[str]:
    keys: list[str] = []
    json.loads(text, object_pairs_hook=lambda pairs: keys.extend(name for name, _ in pairs))
    return keys


def test_comments_and_trailing_commas_are_passed_over() -> None:
    text = """
    // one
    {   # two
        "a": [1, /* three
        */ 2,],
        "b": "// no # comment /* here */",
    }
    """
    assert scan(text, "f").value == {"a": [1, 2], "b": "// no # comment /* here */"}


def test_each_key_has_its_line() -> None:
    document = scan('{\n "a": [\n  1,\n  {"b":\n   2}\n ]\n}', "f")
    assert document.line(("a",)) == 2
    assert document.line(("a", 0)) == 3
    assert document.line(("a", 1, "b")) == 4
    assert document.line(("a", 1, "absent")) == 4
    assert document.line(()) == 1


def test_a_mended_windows_path_is_what_was_meant() -> None:
    with pytest.raises(ConfigError) as caught:
        scan('{\n  "publickey":"C:\\new\\id_rsa.pub",\n}', "f")
    mended = str(caught.value).splitlines()[-1]
    assert scan("{" + mended + "}", "f").value == {"publickey": "C:\\new\\id_rsa.pub"}


def test_a_line_that_holds_a_secret_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        scan('{"password": "s3cr\\et"}', "f")
    assert "s3cr" not in str(caught.value)
