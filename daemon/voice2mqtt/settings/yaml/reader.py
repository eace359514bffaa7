"""Read a YAML file as nodes with their place. The only import of PyYAML.

Only JSON's numbers are numbers; times, dates, hexadecimals and the like stay text. Anchors,
aliases, merge keys and tags are refused: a command table needs none, and their expansion has no
place in the file.
"""

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import yaml

from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import (
    NO,
    YES,
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
)

MAX_BYTES = 4_000_000
"""A larger file is not one that a person wrote; set by hand."""
MAX_DEPTH = 20
"""Nesting depth; limits the recursion of everything that walks the nodes."""

MAX_NODES = 1_000_000
"""Nodes of a file whose aliases are read"""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENING = {"}": "{", "]": "["}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,3})?")
# YAML ends a line at U+2028 and U+2029, which no editor does.
FORBIDDEN = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Characters that no file may contain."""


def read_text(path: Path) -> str:
    """Return the text of the file at `path`.

    Raises:
        SettingsError: It is missing, unreadable, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise SettingsError(f"{path}: this is a folder; name a file in it") from None
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file; create it or name another") from None
    except PermissionError:
        raise SettingsError(
            f"{path}: may not be read by this user; use sudo, or check its owner and mode"
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    if len(content) > MAX_BYTES:
        raise SettingsError(
            f"{path}: this is more than the {MAX_BYTES / 1e6:g} MB that are read; "
            "name the right file, or shorten it with lists and templates"
        )
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            f"{path}:{line}: byte {content[error.start]:#04x} is not UTF-8; "
            "save the file with the encoding UTF-8"
        ) from None


def read_document(content: str, faults: Faults, *, aliases: bool = False) -> Node:
    """Return the document in `content`; one with only comments is an empty mapping.

    YAML that is not supported is recorded in `faults`. With `aliases`, anchors, aliases and merge
    keys are read, as in files that others wrote.

    Raises:
        FaultsError: It is not YAML.
    """
    if not content.strip():
        faults.stop(faults.place(1, 1), "the file is empty", "write it, or name another")
    forbidden = FORBIDDEN.search(content)
    if forbidden:
        before = content[: forbidden.start()]
        place = faults.place(before.count("\n") + 1, forbidden.start() - before.rfind("\n"))
        code = f"U+{ord(forbidden[0]):04X}"
        faults.stop(place, f"the character {code} cannot stand here", "delete it")
    try:
        document = _Builder(content, faults, aliases).document()
    except yaml.MarkedYAMLError as error:
        _explain(error, content.split("\n"), faults)
    return document


class _Builder:
    """Builds nodes from the parser's events."""

    def __init__(self, content: str, faults: Faults, aliases: bool) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(content, Loader=_LOADER))
        self._faults = faults
        self._anchors: dict[str, tuple[Node, int]] | None = {} if aliases else None
        """Anchor to its node and how many nodes that is"""
        self._count = 0
        """Nodes so far, those of aliases included"""

    def document(self) -> Node:
        next(self._events)  # the stream begins
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return MappingNode(place=self._faults.place(1, 1), entries=())
        document = self._node(next(self._events), depth=0)
        next(self._events)  # the document ends
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._faults.stop(
                self._place(event), "a second document begins here", "delete the line with ---"
            )
        return document

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if self._anchors is not None and isinstance(event, yaml.AliasEvent):
            return self._aliased(event, self._anchors)
        before = self._count
        self._count += 1
        anchor = getattr(event, "anchor", None)
        node = self._built(event, depth)
        if self._anchors is not None and anchor:
            self._anchors[anchor] = node, self._count - before
        return node

    def _aliased(self, event: yaml.AliasEvent, anchors: dict[str, tuple[Node, int]]) -> Node:
        node, count = anchors.get(event.anchor or "", (None, 0))
        self._count += count
        if node is None or self._count > MAX_NODES:
            problem = "repeats too much" if node else "names no anchor before it"
            self._faults.stop(self._place(event), f"the alias *{event.anchor} {problem}")
        return node

    def _built(self, event: yaml.Event, depth: int) -> Node:
        self._refuse(event, depth)
        match event:
            case yaml.SequenceStartEvent():
                return self._sequence(event, depth)
            case yaml.MappingStartEvent():
                return self._mapping(event, depth)
            case yaml.ScalarEvent():
                if _LONE_SURROGATE.search(event.value):
                    self._faults.add(
                        self._place(event), "the text has half a character", "write the whole of it"
                    )
                plain, _quoted = event.implicit
                return ScalarNode(
                    place=self._place(event),
                    value=_plain_scalar(event.value) if plain else event.value,
                    written=event.value,
                )
            case yaml.AliasEvent(anchor=str(name)):
                # The fault is recorded already; a text avoids a second one.
                return ScalarNode(place=self._place(event), value=name, written=name)
            case _:
                raise AssertionError(event)

    def _sequence(self, start: yaml.Event, depth: int) -> SequenceNode:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return SequenceNode(place=self._place(start), items=tuple(items))

    def _mapping(self, start: yaml.Event, depth: int) -> MappingNode:
        entries: dict[str, Entry] = {}
        merged: list[Entry] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, ScalarNode):
                self._faults.add(key.place, "a key must be a text", "put it in quotes")
            elif key.written == "<<" and key.value == "<<" and self._anchors is not None:
                merged += value.entries if isinstance(value, MappingNode) else ()
            elif key.written == "<<" and key.value == "<<":
                self._faults.add(
                    key.place, "merge keys (<<) are not read here", "write the keys themselves"
                )
            elif key.written in entries:
                first = entries[key.written].place
                self._faults.add(
                    key.place,
                    f"the key {key.written} stands here again, after line {first.line}, "
                    f"column {first.column}",
                    "keep one of them",
                )
            else:
                entries[key.written] = Entry(key=key.written, place=key.place, value=value)
        for entry in merged:
            entries.setdefault(entry.key, entry)
        return MappingNode(place=self._place(start), entries=tuple(entries.values()))

    def _refuse(self, event: yaml.Event, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._faults.stop(
                self._place(event), f"more than {MAX_DEPTH} levels deep", "check the brackets"
            )
        if isinstance(event, yaml.AliasEvent):
            self._faults.add(
                self._place(event),
                f"aliases (*{event.anchor}) are not read here",
                "write the value again; if a text with * is meant, put it in quotes",
            )
            return
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.anchor is not None and self._anchors is None:
            self._faults.add(
                self._place(event),
                f"anchors (&{event.anchor}) are not read here",
                "delete it; if a text with & is meant, put it in quotes",
            )
        elif event.tag is not None:
            self._faults.add(
                self._place(event),
                f"tags ({event.tag}) are not read here",
                "a password stands in a file of its own, named by password_file"
                if "secret" in event.tag
                else "delete it; if a text with ! is meant, put it in quotes",
            )

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        return self._faults.place(mark.line + 1, mark.column + 1)


def _plain_scalar(written: str) -> ScalarValue:
    """Return the value of an unquoted scalar."""
    lower = written.lower()
    if lower in ("", "~", "null"):
        return None
    if lower in YES or lower in NO:
        return lower in YES
    if _INTEGER.fullmatch(written):
        return int(written)
    if _DECIMAL.fullmatch(written) and math.isfinite(float(written)):
        return float(written)
    return written


def _explain(error: yaml.MarkedYAMLError, lines: Sequence[str], faults: Faults) -> NoReturn:
    """Raise the parser's error as a fault that a person can fix, with a hint from its line.

    Knows the messages of both parsers of PyYAML, and the usual causes: braces, brackets and colons
    in a sentence without quotes.
    """
    what = error.problem or str(error)
    number, column = _position(error.problem_mark) or (0, 0)
    opened = _position(error.context_mark)  # of the bracket, quote or block that the error is in
    place = faults.place(number + 1, column + 1)
    line = lines[number] if number < len(lines) else ""
    before = line[:column].rstrip()
    character = line[column : column + 1]
    misplaced = "cannot start any token" in what
    if "tab character" in what or (misplaced and character == "\t"):
        faults.stop(place, "there is a tab", "indent with spaces")
    if misplaced:
        faults.stop(place, f"a text cannot begin with {character}", "put it in quotes")
    if "unexpected end of stream" in what and opened:
        begin = faults.place(opened[0] + 1, opened[1] + 1)
        faults.stop(begin, "a quote is opened here and never closed", "close it")
    if "escape" in what:
        faults.stop(
            place,
            "a backslash in double quotes begins a special character, but not this one",
            "write two backslashes, or use single quotes",
        )
    if "',' or" in what and opened:
        opening = lines[opened[0]][opened[1] : opened[1] + 1]
        faults.stop(
            place,
            f"a comma or the end of the '{opening}' of line {opened[0] + 1} is missing",
            f"put a text with '{character if character in ('[', '{') else opening}' in quotes",
        )
    if "mapping values are not allowed" in what:
        faults.stop(
            place,
            "there is a second colon, where none can stand",
            "put a text with a colon in quotes, or check the indentation",
        )
    if before[-1:] in _OPENING and before.strip() not in _OPENING:
        opening = _OPENING[before[-1]]
        faults.stop(
            place,
            f"the text goes on behind '{before[-1]}'",
            f"put a text that begins with '{opening}' in quotes",
        )
    if any(words in what for words in ("expected key", "block end", "'-' indicator", "entries")):
        faults.stop(
            place,
            "this does not fit what stands before it",
            "check the indentation, and put texts with a colon or braces in quotes",
        )
    faults.stop(place, f"this is not YAML ({what})", "check quotes, brackets and indentation")


def _position(mark: yaml.Mark | None) -> tuple[int, int] | None:
    return (mark.line, mark.column) if mark else None
