"""Faults of a file, printed as a compiler does, all in one run.

Independent of YAML and of what the file is for.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.table import Place
from voice2mqtt.settings.yaml.redaction import Redaction

_WINDOW = 100
"""Characters of a long line shown around the caret; set by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, its place, and how to fix it."""

    place: Place
    problem: str
    hint: str = ""
    line: str = ""
    """The line of the file, without line end and secrets."""
    column: int = 0
    """Column of the caret in `line` (from 1), if redaction moved it; else 0."""

    @property
    def sentence(self) -> str:
        """Problem and hint."""
        return f"{self.problem}; {self.hint}" if self.hint else self.problem

    def __str__(self) -> str:
        """Render as `file:line:column: problem; hint`, with the line and a caret below."""
        sentence = f"{self.place}: {self.sentence}"
        if not self.line.strip():
            return sentence
        line, column = _excerpt(self.line, self.column or self.place.column)
        return f"{sentence}\n    {line}\n    {_blank(line[: column - 1])}^"


class FaultsError(SettingsError):
    """A file has faults; the text is the whole report."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{self.report}\n{count(len(faults), 'problem')}; nothing was started.")

    @property
    def report(self) -> str:
        """Every fault in the order of the file, without the count at the end."""
        return "\n".join(str(fault) for fault in self.faults)


class Faults:
    """Collects the faults of one file."""

    def __init__(self, file: str, text: str = "") -> None:
        self._file = file
        self._text = text
        self._lines = text.split("\n")
        self._redaction: Redaction | None = None
        self._found: list[Fault] = []

    def place(self, line: int, column: int) -> Place:
        """Return a place in the file, counted from 1; past its end it is that of the last text."""
        while line > 1 and (line > len(self._lines) or not self._lines[line - 1].strip()):
            # A parser reports a missing bracket at the end of the file; show the last text instead.
            line -= 1
            column = len(self._lines[line - 1].rstrip()) + 1 if line <= len(self._lines) else 1
        return Place(file=self._file, line=line, column=column)

    def character_place(self, place: Place, text: str, number: int) -> Place:
        """Return the place of character `number` (from 1) of `text`, which is written at `place`.

        For a text with escapes or several lines this is `place`.
        """
        line = self._lines[place.line - 1] if place.line <= len(self._lines) else ""
        for quotes in (0, 1):
            if line.startswith(text, place.column - 1 + quotes):
                column = place.column + quotes + number - 1
                return Place(file=place.file, line=place.line, column=column)
        return place

    def add(self, place: Place, problem: str, hint: str = "") -> None:
        """Record a fault, with possible secrets redacted."""
        self._redaction = self._redaction or Redaction(self._text)
        line, column = self._redaction.excerpt(place.line, place.column)
        problem, hint = (self._redaction.message(place.line, said) for said in (problem, hint))
        fault = Fault(place=place, problem=problem, hint=hint, line=line, column=column)
        self._found.append(fault)

    def raise_any(self) -> None:
        """Raise `FaultsError` if anything was added."""
        if self._found:
            self._raise()

    def stop(self, place: Place, problem: str, hint: str = "") -> NoReturn:
        """Record a fault after which reading cannot go on, and raise `FaultsError`."""
        self.add(place, problem, hint)
        self._raise()

    def _raise(self) -> NoReturn:
        in_order = sorted(self._found, key=lambda fault: (fault.place.line, fault.place.column))
        raise FaultsError(in_order)


def count(number: int, thing: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def did_you_mean(written: str, known: Sequence[str]) -> str:
    """Return a hint that names the nearest of `known`, else all of them if they are few."""
    nearest = get_close_matches(written.lower(), known, n=1)
    if nearest:
        return f"did you mean {nearest[0]}?"
    return f"known here: {', '.join(known)}" if 0 < len(known) <= 30 else ""


def _excerpt(line: str, column: int) -> tuple[str, int]:
    if len(line) <= _WINDOW + 20:
        return line, min(column, len(line) + 1)
    start = max(0, column - _WINDOW // 2)
    before, after = "…" if start else "", "…" if start + _WINDOW < len(line) else ""
    return f"{before}{line[start : start + _WINDOW]}{after}", column - start + len(before)


def _blank(text: str) -> str:
    """Return white space as wide as `text` is on a terminal."""
    return "".join(
        "\t" if c == "\t" else " " * _columns(c) for c in text if not unicodedata.combining(c)
    )


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
