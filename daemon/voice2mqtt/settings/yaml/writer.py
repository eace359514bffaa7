"""Write values as YAML that `reader.py` reads back unchanged."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.yaml.nodes import NO, YES
from voice2mqtt.settings.yaml.reader import FORBIDDEN

_PLAIN = re.compile(r"[A-Za-z][\w/.'()|-]*( [\w/.'()|-]+)*", re.ASCII)
_TAKEN = frozenset((*YES, *NO, "null"))


def inline(value: Json) -> str:
    """Return `value` on one line, quoted only where needed."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _TAKEN
        return value if plain else _quoted(value)
    if isinstance(value, Mapping):
        inner = (f"{inline(key)}: {inline(below)}" for key, below in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps(value)


def block(value: Json, indent: int = 0) -> str:
    """Return `value` in block style, one item a line; deeper values are inline."""
    margin = " " * indent
    if isinstance(value, Mapping) and value:
        return "".join(
            f"{margin}{inline(key)}:{_below(below, indent)}" for key, below in value.items()
        )
    if isinstance(value, list) and value:
        return "".join(f"{margin}- {inline(item)}\n" for item in value)
    return f"{margin}{inline(value)}\n"


def as_plain(section: object) -> dict[str, Json]:
    """Return a section of the settings as it could be written."""
    return {key: _plain(value) for key, value in vars(section).items()}


def _plain(value: object) -> Json:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_plain(item) for item in value]
        case Path():
            return str(value)
    return as_plain(value)


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _below(value: Json, indent: int) -> str:
    line = f" {inline(value)}\n"
    if len(line) + indent <= 80 or not isinstance(value, Mapping | list) or not value:
        return line
    return f"\n{block(value, indent + 2)}"
