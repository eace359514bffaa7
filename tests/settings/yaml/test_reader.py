import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.reading import document
from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.yaml import reader
from voice2mqtt.settings.yaml.faults import Faults, FaultsError
from voice2mqtt.settings.yaml.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    character_place,
)


def _plain(node: Node) -> object:
    match node:
        case MappingNode(entries=entries):
            return {entry.key: _plain(entry.value) for entry in entries}
        case SequenceNode(items=items):
            return [_plain(item) for item in items]
        case ScalarNode(value=value):
            return value


def _report(text: str) -> str:
    with pytest.raises(FaultsError) as caught:
        document(text)
    return caught.value.report


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("40", 40, id="whole"),
        pytest.param("-4.5", -4.5, id="decimal"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param("on", True, id="on-is-yamls-truth"),
        pytest.param("No", False, id="no-is-yamls-truth"),
        pytest.param("~", None, id="nothing"),
        pytest.param('"on"', "on", id="quoted"),
        pytest.param("'40'", "40", id="quoted-number"),
        pytest.param("22:30", "22:30", id="hours-are-text"),
        pytest.param("2026-01-31", "2026-01-31", id="dates-are-text"),
        pytest.param("0x1F", "0x1F", id="hexadecimal-is-text"),
        pytest.param("007", "007", id="leading-zeros-are-text"),
        pytest.param("1_000", "1_000", id="underscores-are-text"),
        pytest.param("1e999", "1e999", id="infinite-is-text"),
        pytest.param("9" * 5000, "9" * 5000, id="endless-is-text"),
        pytest.param("|\n  two\n  lines", "two\nlines\n", id="block"),
    ],
)
def test_a_value_means_what_a_person_sees(written: str, meant: object) -> None:
    assert _plain(document(f"key: {written}\n")) == {"key": meant}


def test_both_parsers_of_the_library_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'lists: {a: [x, "on", 5]}\ncommands:\n  - say: |\n      a b\n    n: -1.5\n'
    fast = document(text)
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)
    assert document(text) == fast


def test_every_value_knows_its_place() -> None:
    text = "a: 1\nb:\n  - say: 'turn [on'\n    x: {y: z}\n"
    node = document(text)
    assert isinstance(node, MappingNode)
    rows = node.get("b")
    assert isinstance(rows, SequenceNode)
    row = rows.items[0]
    assert isinstance(row, MappingNode)
    say = row.get("say")
    assert isinstance(say, ScalarNode)
    assert str(say.place) == "x.yaml:3:10"
    assert str(character_place(say, 1, Faults("x.yaml", text))) == "x.yaml:3:11"
    assert str(character_place(say, 6, Faults("x.yaml", text))) == "x.yaml:3:16"


def test_a_letter_of_a_text_that_is_not_written_in_one_piece_is_placed_at_its_beginning() -> None:
    text = 'a: "x\\u0041[y"\nb: >\n  one [two\n'
    node = document(text)
    faults = Faults("x.yaml", text)
    assert isinstance(node, MappingNode)
    places = [
        str(character_place(e.value, 4, faults))
        for e in node.entries
        if isinstance(e.value, ScalarNode)
    ]
    assert places == ["x.yaml:1:4", "x.yaml:2:4"]


def test_nothing_but_comments_is_an_empty_mapping() -> None:
    assert _plain(document("# only\n# comments\n")) == {}


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader], ids=["python", "libyaml"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "x.yaml:1:1: the file is empty; write it, or name another", id="empty"),
        pytest.param("a: 1\n\tb: 2\n", "x.yaml:2:1: there is a tab; indent with spaces", id="tab"),
        pytest.param(
            "payload: %x\n",
            "x.yaml:1:10: a text cannot begin with %; put it in quotes",
            id="percent",
        ),
        pytest.param(
            "topic: {room}/light\n",
            "x.yaml:1:14: the text goes on behind '}'; put a text that begins with '{' in quotes",
            id="text-begins-with-brace",
        ),
        pytest.param(
            "- [the] light\n",
            "x.yaml:1:9: the text goes on behind ']'; put a text that begins with '[' in quotes",
            id="text-begins-with-bracket",
        ),
        pytest.param(
            "say: note: buy milk\n",
            "x.yaml:1:10: there is a second colon, where none can stand; put a text with a colon "
            "in quotes, or check the indentation",
            id="second-colon",
        ),
        pytest.param(
            "say: 'good night\nb: 1\n",
            "x.yaml:1:6: a quote is opened here and never closed; close it",
            id="open-quote",
        ),
        pytest.param(
            "a: [1, 2\n\n",
            "x.yaml:1:9: a comma or the end of the '[' of line 1 is missing; put a text with '[' "
            "in quotes",
            id="open-bracket",
        ),
        pytest.param(
            "say: [the {room} door]\n",
            "x.yaml:1:11: a comma or the end of the '[' of line 1 is missing; put a text with '{' "
            "in quotes",
            id="brace-in-a-list",
        ),
        pytest.param(
            "a:\n  - b\n c: d\n",
            "x.yaml:3:2: this does not fit what stands before it; check the indentation, and put "
            "texts with a colon or braces in quotes",
            id="indentation",
        ),
        pytest.param(
            "a: 1\n--- \nb: 2\n",
            "x.yaml:2:1: a second document begins here; delete the line with ---",
            id="second-document",
        ),
        pytest.param(
            "a: x\x07y\n",
            "x.yaml:1:5: the character U+0007 cannot stand here; delete it",
            id="bell",
        ),
        pytest.param(
            "a: &x 1\nb: 2\n",
            "x.yaml:1:4: anchors (&x) are not read here; delete it; if a text with & is meant, "
            "put it in quotes",
            id="anchor",
        ),
        pytest.param(
            "a: *x\n",
            "x.yaml:1:4: aliases (*x) are not read here; write the value again; if a text with * "
            "is meant, put it in quotes",
            id="alias",
        ),
        pytest.param(
            "<<: {a: 1}\n",
            "x.yaml:1:1: merge keys (<<) are not read here; write the keys themselves",
            id="merge-key",
        ),
        pytest.param(
            "password: !secret mqtt\n",
            "x.yaml:1:11: tags (!secret) are not read here; a password stands in a file of its "
            "own, named by password_file",
            id="secret-tag",
        ),
        pytest.param(
            "a: !!python/name:os.system x\n",
            "x.yaml:1:4: tags (tag:yaml.org,2002:python/name:os.system) are not read here; "
            "delete it; if a text with ! is meant, put it in quotes",
            id="python-tag",
        ),
        pytest.param(
            "? [a]\n: b\n",
            "x.yaml:1:3: a key must be a text; put it in quotes",
            id="key-is-a-list",
        ),
        pytest.param(
            "[" * 500,
            "x.yaml:1:22: more than 20 levels deep; check the brackets",
            id="too-deep",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(
    text: str, sentence: str, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_LOADER", loader)
    assert _report(text).split("\n")[0] == sentence


def test_a_key_that_stands_twice_is_told_with_both_places() -> None:
    assert _report("a:\n  topic: x\n  qos: 1\n  topic: y\n") == (
        "x.yaml:4:3: the key topic stands here again, after line 2, column 3; keep one of them\n"
        "      topic: y\n"
        "      ^"
    )


def test_a_bomb_of_aliases_does_not_go_off() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    report = _report(f"a0: &a0 [x, x]\n{levels}")
    assert report.count("are not read here") == 30 + 29 * 9


def test_aliases_are_read_where_they_are_asked_for() -> None:
    text = "a: &a {x: 1, y: [2]}\nb: *a\nc: {<<: *a, x: 3}\n"
    read = reader.read_document(text, Faults("x.yaml", text), aliases=True)
    a = {"x": 1, "y": [2]}
    assert _plain(read) == {"a": a, "b": a, "c": {"x": 3, "y": [2]}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: *b\n", "the alias *b names no anchor before it"),
        ("a: &a [*a]\n", "the alias *a names no anchor before it"),
        (
            "a0: &a0 [x, x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
            "repeats too much",
        ),
    ],
)
def test_aliases_that_lead_nowhere_or_too_far(text: str, problem: str) -> None:
    with pytest.raises(FaultsError, match=re.escape(problem)):
        reader.read_document(text, Faults("x.yaml", text), aliases=True)


def test_all_oddities_of_a_file_are_told_in_one_run() -> None:
    report = _report("a: &x 1\na: 2\nb: *x\nc: !t 3\n")
    assert [line.split(": ")[0] for line in report.split("\n") if "x.yaml" in line] == [
        "x.yaml:1:4", "x.yaml:2:1", "x.yaml:3:4", "x.yaml:4:4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(
            b"a: 1\nb: caf\xe9\n",
            "{path}:2: byte 0xe9 is not UTF-8; save the file with the encoding UTF-8",
            id="latin-1",
        ),
        pytest.param(
            "a: 1".encode("utf-16"),
            "{path}:1: byte 0xff is not UTF-8; save the file with the encoding UTF-8",
            id="utf-16",
        ),
        pytest.param(
            b"#" * 5_000_000,
            "{path}: this is more than the 4 MB that are read; name the right file, or shorten it "
            "with lists and templates",
            id="five-megabytes",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        reader.read_text(path)
    assert str(caught.value) == sentence.format(path=path)


def test_a_missing_file_and_a_folder_are_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        reader.read_text(tmp_path / "none.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/none.yaml: there is no such file; create it or name another"
    )
    with pytest.raises(SettingsError) as caught:
        reader.read_text(tmp_path)
    assert str(caught.value) == f"{tmp_path}: this is a folder; name a file in it"


def test_a_file_without_end_is_told_in_a_sentence() -> None:
    with pytest.raises(SettingsError) as caught:
        reader.read_text(Path("/dev/zero"))
    assert str(caught.value).startswith("/dev/zero: this is more than the 4 MB that are read; ")


def test_a_mark_of_utf_8_and_foreign_ends_of_lines_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n")
    assert reader.read_text(path) == "a: 1\nb: 2\nc: 3\n"


_YAML_LIKE = st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,? \t\n\\<~0\x00\u2028é灯", max_size=60)


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader], ids=["python", "libyaml"])
@given(text=st.one_of(_YAML_LIKE, st.text(max_size=60)))
def test_whatever_is_in_a_file_it_is_read_or_told(text: str, loader: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_LOADER", loader)
        told = _what_is_told(lambda: document(text))
    assert told == "" or told.startswith("x.yaml:")


@given(content=st.binary(max_size=200))
def test_whatever_bytes_a_file_has_it_is_read_or_told(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    told = _what_is_told(lambda: load_table(path))
    assert told.startswith(str(path))


def _what_is_told(read: Callable[[], object]) -> str:
    try:
        read()
    except SettingsError as error:
        return str(error)
    return ""
