"""Turn the errors of a YAML parser into faults that a person can fix.

Knows the messages of both parsers of PyYAML, and the usual causes: braces, brackets and colons in
a sentence without quotes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.settings.yaml.faults import Faults

_OPENING = {"}": "{", "]": "["}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A parser's error; lines and columns count from 0."""

    what: str
    line: int
    column: int
    opened: tuple[int, int] | None
    """Where the bracket, quote or block of the error began."""


def explain(problem: Problem, lines: Sequence[str], faults: Faults) -> NoReturn:
    """Raise the error as a fault, with a hint from its line."""
    place = faults.place(problem.line + 1, problem.column + 1)
    line = lines[problem.line] if problem.line < len(lines) else ""
    before = line[: problem.column].rstrip()
    what = problem.what
    if "tab character" in what:
        faults.stop(place, "there is a tab", "indent with spaces")
    if "cannot start any token" in what:
        _explain_character(line[problem.column : problem.column + 1], place, faults)
    if "unexpected end of stream" in what and problem.opened:
        opened = faults.place(problem.opened[0] + 1, problem.opened[1] + 1)
        faults.stop(opened, "a quote is opened here and never closed", "close it")
    if "escape" in what:
        faults.stop(
            place,
            "a backslash in double quotes begins a special character, but not this one",
            "write two backslashes, or use single quotes",
        )
    if "',' or" in what and problem.opened:
        opening = lines[problem.opened[0]][problem.opened[1] : problem.opened[1] + 1]
        faults.stop(
            place,
            f"a comma or the end of the '{opening}' of line {problem.opened[0] + 1} is missing",
            f"put a text with '{_bracket_at(line, problem.column) or opening}' in quotes",
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


def _bracket_at(line: str, column: int) -> str:
    return line[column : column + 1] if line[column : column + 1] in tuple("[{") else ""


def _explain_character(character: str, place: Place, faults: Faults) -> NoReturn:
    if character == "\t":
        faults.stop(place, "there is a tab", "indent with spaces")
    faults.stop(place, f"a text cannot begin with {character}", "put it in quotes")
