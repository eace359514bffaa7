"""The command table as a file that the page edits: checked before it is written, undone in a step.

A table that is wrong is never written. What somebody else has written meanwhile is never replaced.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from voice2mqtt.errors import SettingsError, UserFacingError
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import TableError, compile_table
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.report import quick_lint
from voice2mqtt.settings.load import parse_table
from voice2mqtt.settings.replace_file import replace_file
from voice2mqtt.settings.yaml.faults import FaultsError
from voice2mqtt.settings.yaml.reader import MAX_BYTES, read_text

_UNDO_STEPS = 20
"""Versions of the table that are kept in memory; set by hand."""

Problem = Mapping[str, object]
"""A fault or a warning: `line`, `column`, `problem`, `hint`, and whether it is a `fault`."""


class ChangedMeanwhileError(UserFacingError):
    """The table was written by somebody else since it was read."""


class TableFile:
    """The table at `path`. Not thread-safe."""

    def __init__(
        self, path: Path, language: str, run_tests: Callable[[CommandTable], Sequence[str]]
    ) -> None:
        """`run_tests` returns a sentence for each of the table's own tests that fails."""
        self.path = path
        self._language = language
        self._run_tests = run_tests
        self._before: list[str] = []
        self._last: tuple[str, list[Problem]] = ("", [])
        """The last text that was checked, and its problems."""

    @property
    def can_undo(self) -> bool:
        """Whether there is a version from before the last change."""
        return bool(self._before)

    def text(self) -> str:
        """Return what is written.

        Raises:
            SettingsError: the file cannot be read.
        """
        return read_text(self.path)

    def table(self, text: str) -> CommandTable:
        """Return the table that `text` describes.

        Raises:
            SettingsError: there are faults in it.
        """
        return self._compiled(text)[0]

    def _compiled(self, text: str) -> tuple[CommandTable, Automaton]:
        table = parse_table(text, str(self.path), self._language)
        return table, compile_table(table)

    def check(self, text: str) -> list[Problem]:
        """Return the faults of `text`; if there are none, its warnings and failing tests."""
        if text != self._last[0]:
            self._last = text, self._checked(text)
        return self._last[1]

    def _checked(self, text: str) -> list[Problem]:
        if len(text.encode(errors="replace")) > MAX_BYTES:
            return [_problem(1, 1, f"this is more than {MAX_BYTES / 1e6:g} MB", fault=True)]
        try:
            table, automaton = self._compiled(text)
            failures = self._run_tests(table)
        except FaultsError as error:
            return [
                _problem(f.place.line, f.place.column, f.problem, f.hint, fault=True)
                for f in error.faults
            ]
        except TableError as error:
            return [_problem(*self._split(str(f)), fault=True) for f in error.faults]
        except SettingsError as error:
            return [_problem(1, 1, str(error), fault=True)]
        return [
            *(_problem(*self._split(failure)) for failure in failures),
            *(
                _problem(f.place.line, f.place.column, f.problem, f.cure)
                for f in quick_lint(table, automaton)
            ),
        ]

    def save(self, text: str, version: str) -> list[Problem]:
        """Write `text` over the file of that `version`, unless it has faults; return its problems.

        Raises:
            ChangedMeanwhileError: the file is no longer of that version.
            SettingsError: it cannot be read or written.
        """
        before = self.text()
        if version_of(before) != version:
            raise ChangedMeanwhileError(
                f"{self.path.name} was changed by somebody else meanwhile; load it again, and make "
                "your change once more"
            )
        problems = self.check(text)
        if any(problem["fault"] for problem in problems):
            return problems
        replace_file(self.path, text)
        self._before = [*self._before[1 - _UNDO_STEPS :], before]
        return problems

    def undo(self) -> None:
        """Write the version from before the last change.

        Raises:
            SettingsError: there is none, or it cannot be written.
        """
        if not self._before:
            raise SettingsError("there is nothing to undo")
        replace_file(self.path, self._before[-1])
        self._before.pop()

    def _split(self, failure: str) -> tuple[int, int, str]:
        """Return line, column and the rest of a sentence that begins with a place."""
        place, _, said = failure.removeprefix(f"{self.path}:").partition(": ")
        line, _, column = place.partition(":")
        if line.isdecimal() and column.isdecimal():
            return int(line), int(column), said
        return 1, 1, failure


def version_of(text: str) -> str:
    """Return a name for exactly this text."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def _problem(
    line: int, column: int, problem: str, hint: str = "", *, fault: bool = False
) -> Problem:
    return {"line": line, "column": column, "problem": problem, "hint": hint, "fault": fault}
