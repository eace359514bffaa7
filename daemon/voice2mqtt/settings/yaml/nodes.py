"""YAML nodes with their place, and typed access to them.

`reader.py` reads a document as a tree of these nodes. If a value has the wrong type, the functions
record what was expected and what was found, and return None.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from voice2mqtt.nlu.grammar.table import Json, Place
from voice2mqtt.settings.yaml.faults import Faults, did_you_mean
from voice2mqtt.settings.yaml.redaction import is_secret_name

ScalarValue = None | bool | int | float | str

YES = ("true", "yes", "on")
NO = ("false", "no", "off")
_FEW = 20
"""Most keys that a message lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    """A scalar: its value and its source text."""

    place: Place
    value: ScalarValue
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceNode:
    """A list."""

    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a mapping, with the place of the key."""

    key: str
    place: Place
    value: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingNode:
    """A mapping; keys are unique."""

    place: Place
    entries: tuple[Entry, ...]

    def get(self, key: str) -> "Node | None":
        """Return the value of `key`, or None."""
        entry = self.entry(key)
        return entry.value if entry else None

    def entry(self, key: str) -> Entry | None:
        """Return the entry of `key`, or None."""
        return next((entry for entry in self.entries if entry.key == key), None)


Node = ScalarNode | SequenceNode | MappingNode


def find(document: Node, key: str) -> Node | None:
    """Return the value of a dotted `key`, in which items of a list have their number, or None."""
    node: Node | None = document
    for step in key.split("."):
        match node:
            case MappingNode():
                node = node.get(step)
            case SequenceNode(items=items) if step.isdecimal() and int(step) < len(items):
                node = items[int(step)]
            case _:
                return None
    return node


def character_place(node: ScalarNode, number: int, faults: Faults) -> Place:
    """Return the place of character `number` (from 1) of a text, or its beginning if unknown."""
    return faults.character_place(node.place, node.written, number)


def describe(node: Node) -> str:
    """Describe `node` for a message."""
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a list"
        case ScalarNode(value=None):
            return "nothing"
        case ScalarNode(value=bool()):
            return "yes/no"
        case ScalarNode(value=int() | float()):
            return "a number"
        case ScalarNode(written=written):
            return f"'{shortened(written)}'"


def shortened(text: str) -> str:
    """Return `text` on one line of at most 60 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def text_hint(node: Node) -> str:
    """Return how to turn `node` into the text that was probably meant, or ""."""
    match node:
        case ScalarNode(value=bool() | int() | float(), written=written):
            return f'put it in quotes: "{written}"'
        case ScalarNode(value=None):
            return 'write it behind the colon, or "" if it is meant to be empty'
        case MappingNode(entries=(Entry(key=key, value=ScalarNode(value=None, written="")),)):
            # Without quotes, {room} is a mapping with one key.
            return f'put it in quotes: "{{{key}}}"'
        case SequenceNode(items=(ScalarNode(value=str(), written=word),)):
            return f'put it in quotes: "[{word}]"'
        case _:
            return ""


def unquote_hint(node: Node) -> str:
    """Return how to turn a quoted number or boolean into a plain one, or ""."""
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return ""
    word = node.value.strip().lower()
    quoted = word in YES + NO or word.lstrip("-").replace(".", "", 1).isdigit()
    return "take the quotes off" if quoted else ""


def unexpected(node: Node, expected: str, faults: Faults, hint: str = "") -> None:
    """Record that `expected` was wanted in place of `node`."""
    faults.add(node.place, f"expected {expected}, found {describe(node)}", hint)


def text(node: Node, faults: Faults, *, empty: bool = False) -> str | None:
    """Return a text; numbers and booleans are not converted."""
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        unexpected(node, "text", faults, text_hint(node))
        return None
    if not node.value.strip() and not empty:
        faults.add(node.place, "the text is empty", "write something, or leave the key out")
        return None
    return node.value


def texts(node: Node, faults: Faults) -> tuple[ScalarNode, ...]:
    """Return one text, or each of a list of them, as nodes whose `written` is the text."""
    items = node.items if isinstance(node, SequenceNode) else (node,)
    if not items:
        faults.add(node.place, "the list is empty", "write at least one text")
    return tuple(
        item for item in items if text(item, faults) is not None and isinstance(item, ScalarNode)
    )


def number(node: Node, faults: Faults) -> int | float | None:
    """Return a number, whole if it is written so."""
    value = node.value if isinstance(node, ScalarNode) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        unexpected(node, "a number", faults, unquote_hint(node))
        return None
    return value


def integer(node: Node, faults: Faults) -> int | None:
    """Return a whole number."""
    value = node.value if isinstance(node, ScalarNode) else None
    if isinstance(value, bool) or not isinstance(value, int):
        found = f"{value:g}" if isinstance(value, float) else describe(node)
        faults.add(node.place, f"expected a whole number, found {found}", unquote_hint(node))
        return None
    return value


def choice(node: Node, known: Sequence[str], faults: Faults) -> str | None:
    """Return one of the texts in `known`."""
    value = node.value if isinstance(node, ScalarNode) else None
    if isinstance(value, str) and value in known:
        return value
    near = get_close_matches(value.lower(), known, n=1) if isinstance(value, str) else []
    hint = f"did you mean {near[0]}?" if near else text_hint(node)
    unexpected(node, " or ".join(", ".join(known).rsplit(", ", 1)), faults, hint)
    return None


def boolean(node: Node, faults: Faults) -> bool | None:
    """Return true or false, in any of YAML's spellings."""
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return node.value
    unexpected(node, "true or false", faults, unquote_hint(node))
    return None


def json(node: Node, faults: Faults) -> Json:
    """Return `node` as JSON; unquoted on, off, yes and no are refused as ambiguous."""
    match node:
        case MappingNode(entries=entries):
            return {entry.key: json(entry.value, faults) for entry in entries}
        case SequenceNode(items=items):
            return [json(item, faults) for item in items]
        case ScalarNode(value=bool(), written=written) if written.lower() not in YES[:1] + NO[:1]:
            faults.add(
                node.place,
                f"YAML takes {written} for {str(node.value).lower()}",
                f'put it in quotes if the word is meant: "{written}"; else write '
                f"{str(node.value).lower()}",
            )
            return None
        case ScalarNode(value=value):
            return value


def mapping(node: Node, known: Sequence[str], what: str, faults: Faults) -> MappingNode | None:
    """Return a mapping; report keys that are not in `known`."""
    if not isinstance(node, MappingNode):
        few = f"known here: {', '.join(known)}" if len(known) <= _FEW else ""
        hint = few or "write each with a colon and a space behind it"
        unexpected(node, f"{what} with keys", faults, hint)
        return None
    for entry in node.entries:
        if entry.key not in known:
            note_unknown_key(entry, known, faults)
    return node


def required(node: MappingNode, key: str, hint: str, faults: Faults) -> Node | None:
    """Return the value of `key`; report if it is missing."""
    found = node.get(key)
    if found is None:
        faults.add(node.place, f"'{key}' is missing", hint)
    return found


def note_unknown_key(entry: Entry, known: Sequence[str], faults: Faults) -> None:
    """Report an unknown key; for a secret, name the key that takes its file."""
    hint = did_you_mean(entry.key, known)
    if is_secret_name(entry.key):
        files = [key for key in known if is_secret_name(key) and key.endswith("_file")]
        nearest = get_close_matches(entry.key, files, n=1, cutoff=0.0)
        hint = "a secret stands in a file of its own, named by " + (
            nearest[0] if nearest else "speech.key_file, speech.token_file or mqtt.password_file"
        )
    faults.add(entry.place, f"unknown key {shortened(entry.key)}", hint)


def entries(node: Node, what: str, faults: Faults) -> Iterator[Entry]:
    """Yield the entries of a mapping whose keys are names that the owner chose."""
    if isinstance(node, MappingNode):
        yield from node.entries
    else:
        unexpected(node, what, faults)


def items(node: Node, what: str, faults: Faults) -> tuple[Node, ...]:
    """Return the items of a list."""
    if isinstance(node, SequenceNode):
        return node.items
    unexpected(node, what, faults, "begin each with a dash: - …")
    return ()
