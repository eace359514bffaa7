"""Change a few values in a person's YAML and keep the rest as written.

The only import of ruamel.yaml, which keeps comments, quotes and the order of keys. Where the shape
of a table must stay too (blank lines, columns that somebody has lined up), it only tells where each
part begins and ends, and the text is changed there.
"""

import io
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.yaml.writer import block, inline

KeyPath = Sequence[str | int]
"""Where a part of a document stands: keys and positions, from the top."""

_BELOW = re.compile(r"(?m)^[\w'\"][^#\n]*:[ ]*(?:#.*)?\n(?:[ ]*(?:#.*)?\n)*([ ]+)[^\s#-]")
"""A section, with the indentation of its first key."""
_DASH = re.compile(r"(?m)^[\w'\"][^#\n]*:[ ]*(?:#.*)?\n(?:[ ]*(?:#.*)?\n)*([ ]*)-[ ]")


_WIDTH = 100
"""Columns up to which an item is written on one line; set by hand."""


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the YAML `text` with `values`, texts by dotted key, in it.

    A key that is commented out, as in the shipped settings, is uncommented. A new key comes first
    in its section, since ruamel.yaml attaches comments to the key before them.

    Raises:
        SettingsError: `text` is not a YAML mapping.
    """
    yaml = _in_the_style_of(text)
    for key, value in values.items():
        text = _uncommented(text, key, yaml)
        document = _load(text, yaml)
        section, _, name = key.rpartition(".")
        if section and not document.get(section):
            document[section] = CommentedMap()
        mapping = document[section] if section else document
        if name in mapping:
            mapping[name] = DoubleQuotedScalarString(value)
        else:
            mapping.insert(0, name, DoubleQuotedScalarString(value))
        written = io.StringIO()
        yaml.dump(document, written)
        text = written.getvalue()
    return text


def _in_the_style_of(text: str) -> YAML:
    """Return a writer with the indentation of `text`."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # do not wrap long lines
    below, dash = _BELOW.search(text), _DASH.search(text)
    offset = len(dash[1]) if dash else 2
    yaml.indent(mapping=len(below[1]) if below else 2, sequence=offset + 2, offset=offset)
    return yaml


def _uncommented(text: str, key: str, yaml: YAML) -> str:
    """Return `text` with `key` uncommented, if it occurs only as a comment."""
    if _has(_load(text, yaml), key):
        return text
    name = re.escape(key.rpartition(".")[2])
    for found in re.finditer(rf"(?m)^([ ]*)#[ ]?(?={name}:)", text):
        candidate = f"{text[: found.start()]}{found[1]}{text[found.end() :]}"
        try:
            # Only the parser knows which section a line belongs to.
            if _has(_load(candidate, yaml), key):
                return candidate
        except SettingsError:
            continue
    return text


def _load(text: str, yaml: YAML) -> CommentedMap:
    try:
        document = yaml.load(text)
    except YAMLError as error:
        raise SettingsError("the settings cannot be changed, since they are not YAML") from error
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise SettingsError("the settings cannot be changed, since they are not a mapping")
    return document


def _has(document: CommentedMap, key: str) -> bool:
    section, _, name = key.rpartition(".")
    mapping = document.get(section) if section else document
    return isinstance(mapping, CommentedMap) and name in mapping


def with_value(text: str, path: KeyPath, value: Json) -> str:
    """Return `text` with `value`, on one line, in place of what stands at `path`.

    Raises:
        SettingsError: nothing stands there.
    """
    node = _node(text, path)
    begin, end = node.start_mark.index, _end(node)
    return f"{text[:begin]}{inline(value)}{text[end:]}"


def with_key(text: str, path: KeyPath, after: str, key: str, value: Json) -> str:
    """Return `text` with a new key in the mapping at `path`, behind the key `after`.

    Raises:
        SettingsError: there is no such mapping, or no such key in it.
    """
    mapping = _node(text, path)
    end = _end(_node(text, (*path, after)))
    added = f"{key}: {inline(value)}"
    if _is_inline(mapping):
        return f"{text[:end]}, {added}{text[end:]}"
    return _with_lines(text, end, " " * int(mapping.start_mark.column) + added)


def with_item(text: str, path: KeyPath, value: Json) -> str:
    """Return `text` with `value` as the last item of the sequence at `path`.

    It is written on one line or several as the item before it, and set off as that is.

    Raises:
        SettingsError: there is no such sequence.
    """
    sequence = _node(text, path)
    items: list[Node] = sequence.value if isinstance(sequence, SequenceNode) else []
    if _is_inline(sequence):
        end = _end(items[-1]) if items else sequence.end_mark.index - 1
        return f"{text[:end]}{', ' if items else ''}{inline(value)}{text[end:]}"
    margin = " " * int(sequence.start_mark.column)
    short = len(inline(value)) + len(margin) < _WIDTH
    flat = not isinstance(value, Mapping) or (short and _is_inline(items[-1]) if items else short)
    first, *more = [inline(value)] if flat else block(value).splitlines()
    lines = [f"{margin}- {first}", *(f"{margin}  {line}" for line in more)]
    if len(items) > 1:
        between = text[_end(items[-2]) : items[-1].start_mark.index]
        if not flat and re.search(r"\n[ ]*\n", between):
            lines.insert(0, "")
    return _with_lines(text, _end(sequence), "\n".join(lines))


def has(text: str, path: KeyPath) -> bool:
    """Return whether something stands at `path`.

    Raises:
        SettingsError: `text` is no YAML.
    """
    return _found(text, path) is not None


def _with_lines(text: str, end: int, lines: str) -> str:
    """Return `text` with `lines` behind the line in which `end` lies."""
    at = text.find("\n", end)
    if at < 0:
        return f"{text}\n{lines}\n"
    return f"{text[:at]}\n{lines}{text[at:]}"


def _node(text: str, path: KeyPath) -> Node:
    found = _found(text, path)
    if found is None:
        raise SettingsError(f"there is no {'.'.join(map(str, path))} to change")
    return found


def _found(text: str, path: KeyPath) -> Node | None:
    node = _composed(text)
    for step in path:
        match node, step:
            case MappingNode(value=entries), str():
                node = next((value for key, value in entries if key.value == step), None)
            case SequenceNode(value=items), int() if step < len(items):
                node = items[step]
            case _:
                return None
    return node


@lru_cache(maxsize=2)
def _composed(text: str) -> Node | None:
    """Return the document; kept, since several edits ask about the same one."""
    try:
        node: Node | None = YAML().compose(text)
    except YAMLError as error:
        raise SettingsError("the file cannot be changed, since it is not YAML") from error
    return node


def _is_inline(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def _end(node: Node) -> int:
    """Return where the last character of `node` stands, without the comments behind it."""
    # The end of a block is where the next one begins.
    if isinstance(node, MappingNode | SequenceNode) and not _is_inline(node) and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    if node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line:
        text: str = node.end_mark.buffer
        return len(text[: node.end_mark.index].rstrip("\0\n "))
    return int(node.end_mark.index)
