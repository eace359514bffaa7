"""Payloads that a device will hardly read as they were meant."""

from collections.abc import Iterator

from voice2mqtt.nlu.grammar.messages import SLOT, is_json
from voice2mqtt.nlu.grammar.table import CommandTable, Json
from voice2mqtt.nlu.lint.finding import Finding, place_of
from voice2mqtt.nlu.lint.number_text import number_meant

_CURLY = "\u201c\u201d\u201e"


def payloads(table: CommandTable) -> Iterator[Finding]:
    """Yield what is wrong with the payloads of `table`."""
    for row in table.rows:
        for publish in row.publish:
            for problem, cure in _problems(publish.payload):
                yield Finding(place=place_of(row), problem=problem, cure=cure)
        for slot, value in row.defaults.items():
            if number := number_meant(value):
                problem = f"{value}, the default of {slot}, is a text, no number"
                yield Finding(place=place_of(row), problem=problem, cure=f"write {number}")


def _problems(payload: Json) -> Iterator[tuple[str, str]]:
    if isinstance(payload, str):
        curly = next((sign for sign in payload if sign in _CURLY), "")
        if curly:
            yield f"the payload has curly quotes ({curly})", 'use straight ones: "'
        elif is_json(payload) and SLOT.search(payload):
            yield (
                "the payload is JSON written as text; quotes in what is said are escaped in it",
                "write it as a mapping, without quotes around it",
            )
        elif "." in payload and (number := number_meant(payload)):
            # A text with a plus is sent as it is meant: one step up.
            yield f"{payload} in the payload is a text, no number", f"write {number}"
        return
    for text in _texts(payload):
        if number := number_meant(text):
            yield f"{text} in the payload is a text, no number", f"write {number}"
        elif any(sign in _CURLY for sign in text):
            yield f"'{text}' in the payload has curly quotes", 'use straight ones: "'


def _texts(payload: Json) -> Iterator[str]:
    match payload:
        case str():
            yield payload
        case dict():
            for value in payload.values():
                yield from _texts(value)
        case list():
            for value in payload:
                yield from _texts(value)
