"""The review: what was not carried out, and one action to mend each.

An action is taken only if the changed table has no fault, no test fails that passed, no row takes
another's sentence, and the sentence that was heard then does what it should. Each can be undone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from voice2mqtt import clock
from voice2mqtt.core.decision import Decision, Fire, Message, Nearest
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.errors import SettingsError, UserFacingError
from voice2mqtt.history.entry import HistoryEntry
from voice2mqtt.history.reader import HistoryReader, RefusedSound
from voice2mqtt.history.resolutions import Resolution, Resolutions
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.nlu.grammar.messages import messages
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.report import quick_lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.alignment import Match, alignment_view
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.review.alias import Alias, AliasFinder, NoAliasError
from voice2mqtt.review.table_edit import with_alias, with_row, with_test
from voice2mqtt.settings.load import parse_table
from voice2mqtt.settings.replace_file import replace_file
from voice2mqtt.settings.yaml.faults import FaultsError
from voice2mqtt.settings.yaml.reader import read_text

_PLACE = re.compile(r"[^\s(]*:\d+:\d+(: )?")
"""Where something stands."""
_NOON = LocalTime(minute=12 * 60, weekday=0)


class NotTakenError(UserFacingError):
    """An action would not do what it should; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A refused sound with all that a person needs to decide."""

    refused: RefusedSound
    heard: str
    """What was compared with the table: the words without a wake phrase."""
    decisions: tuple[Decision, ...]
    """What the table of now makes of it, hours and questions left aside."""
    nearest: tuple[Nearest, ...]
    """The rows that sound nearest, with the sentence of each, best first."""
    alignment: tuple[Match, ...]
    """The nearest sentence aligned with what was heard."""
    alias: Alias | None
    """What would make the nearest row accept it ..."""
    no_alias: str
    """... or why nothing does."""

    @property
    def is_command(self) -> bool:
        """Whether it is carried out by now."""
        return all(isinstance(decision, Fire) for decision in self.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an action has changed."""

    what: str
    """In words for a person."""
    decisions: tuple[Decision, ...] = ()
    """What the same sentence does now; empty where the table was not changed."""


class Review:
    """The review of one table. Not thread-safe."""

    def __init__(
        self,
        history: Path,
        table: Path,
        language: str,
        interpret: Callable[[CommandTable], Interpreter],
        run_tests: Callable[[CommandTable], Sequence[str]],
        pronounce: Callable[[CommandTable], Pronouncer],
    ) -> None:
        """Connect the parts; nothing is read yet.

        Args:
            history: the file of the history.
            table: the file of the command table.
            language: of a table that names none.
            interpret: returns an interpreter as the daemon has it.
            run_tests: returns a sentence for each of a table's own tests that fails; the place of
                the test is what it begins with.
            pronounce: returns the pronouncer of a table's words.
        """
        self.history = HistoryReader(history)
        self._resolutions = Resolutions(history)
        self._path = table
        self._language = language
        self._interpret = interpret
        self._run_tests = run_tests
        self._pronounce = pronounce
        self._in_force: _Table | None = None

    def refused(self, *, since_s: float = 0.0, limit: int = 100) -> list[RefusedSound]:
        """Return what was not carried out and awaits a decision, the most frequent first.

        Raises:
            InputError: the history cannot be read.
        """
        return self.history.refused_sounds(since_s=since_s, limit=limit)

    def case(self, refused: RefusedSound) -> Case:
        """Return `refused` as the table of now sees it.

        Raises:
            SettingsError: the table cannot be used.
        """
        table = self._table()
        decisions = table.decide(refused.last)
        nearest = decisions[0].reason.nearest if decisions else ()
        heard = (nearest[0].heard if nearest else "") or refused.last.text
        alias, no_alias = None, "no row sounds near"
        alignment: tuple[Match, ...] = ()
        if nearest:
            sentence = nearest[0].sentence
            words = normaliser(table.table.language)
            alignment = alignment_view(heard, sentence, words, table.pronouncer)
            try:
                alias, no_alias = table.aliases.alias(heard, sentence), ""
            except NoAliasError as error:
                no_alias = str(error)
        return Case(
            refused=refused,
            heard=heard,
            decisions=decisions,
            nearest=nearest,
            alignment=alignment,
            alias=alias,
            no_alias=no_alias,
        )

    def proposed_messages(self, sentence: str) -> tuple[Message, ...]:
        """Return what `sentence` publishes, to begin a new row with; () if no row says it.

        Raises:
            SettingsError: the table cannot be used.
        """
        table = self._table().table
        parses = self._table().matcher.parses(sentence)
        return messages(table.rows[parses[0].row], parses[0].slots) if parses else ()

    def accept(self, case: Case, sentence: str = "") -> Done:
        """Have the row that says `sentence`, else the nearest, accept what was heard.

        Raises:
            UserFacingError: there is no way, or it would not work; nothing was changed.
        """
        table = self._table()
        sentence = sentence or (case.nearest[0].sentence if case.nearest else "")
        if not sentence:
            raise NoAliasError("no row sounds near; name a sentence of the table that was meant")
        alias = table.aliases.alias(case.heard, sentence)
        name = table.table.rows[alias.row].name
        if not alias.template and not alias.words:
            raise NoAliasError(f"'{case.heard}' is what the row {name} says already")
        slots = table.matcher.parses(sentence)[0].slots

        def works(decisions: Sequence[Decision]) -> bool:
            return any(
                isinstance(d, Fire) and d.row == name and d.slots == slots for d in decisions
            )

        text = with_alias(table.text, table.table, alias)
        what = f"“{case.heard}” is accepted for “{sentence}” (row “{name}”)"
        return self._take(case, text, Resolution.ALIAS, what, works)

    def add_row(self, case: Case, messages: Sequence[Message], say: str = "") -> Done:
        """Give what was heard, or the template-free words `say`, a row that publishes `messages`.

        Raises:
            UserFacingError: it would not work; nothing was changed.
        """
        say = say or case.heard
        table = self._table()

        def works(decisions: Sequence[Decision]) -> bool:
            return all(isinstance(decision, Fire) for decision in decisions)

        text = with_row(table.text, say, messages)
        return self._take(case, text, Resolution.ROW, f"“{say}” has a row of its own", works)

    def was_right(self, case: Case) -> Done:
        """Note that it was right to refuse it: the table gets a test that it publishes nothing.

        Raises:
            UserFacingError: it is a command by now; nothing was changed.
        """
        table = self._table()

        def works(decisions: Sequence[Decision]) -> bool:
            return not any(isinstance(decision, Fire) for decision in decisions)

        what = f"“{case.heard}” is to be refused; a test of the table says so"
        return self._take(case, with_test(table.text, case.heard), Resolution.RIGHT, what, works)

    def ignore(self, refused: RefusedSound) -> Done:
        """Show what sounds like this no more.

        Raises:
            InputError: the history cannot be written.
        """
        what = f"“{refused.last.text}” is not shown any more"
        self._resolutions.resolve(refused.sound, Resolution.IGNORED, what)
        return Done(what=what)

    def undo(self) -> Done:
        """Take back the last action that is not taken back yet, whenever it was.

        Raises:
            UserFacingError: there is none, or the table has been changed since.
        """
        edit = self._resolutions.last()
        if edit is None:
            raise NotTakenError("there is nothing to undo")
        if edit.file:
            text = read_text(edit.file)
            if text not in (edit.before, edit.after):
                raise NotTakenError(
                    f"{edit.file} was changed since; take it out by hand: {edit.what}"
                )
            if text != edit.before:
                replace_file(edit.file, edit.before)
        self._resolutions.forget(edit)
        return Done(what=f"taken back: {edit.what}")

    def _take(
        self,
        case: Case,
        text: str,
        resolution: Resolution,
        what: str,
        works: Callable[[Sequence[Decision]], bool],
    ) -> Done:
        """Write the table `text` if nothing speaks against it."""
        before = self._table()
        try:
            after = self._read(text)
        except SettingsError as error:
            report = error.report if isinstance(error, FaultsError) else str(error)
            raise NotTakenError(f"the table was not changed: {report}") from error
        for problem in _problems(after, before):
            raise NotTakenError(f"the table was not changed: {problem}")
        decisions = after.decide(case.refused.last)
        if not works(decisions):
            raise NotTakenError(
                "the table was not changed, since it would not help: "
                + "; ".join(_told(decision) for decision in decisions)
            )
        # Noted first: to undo what was not written does no harm.
        self._resolutions.resolve(
            case.refused.sound, resolution, what, file=self._path, before=before.text, after=text
        )
        try:
            replace_file(self._path, text)
        except SettingsError:
            self.undo()
            raise
        self._in_force = after
        return Done(what=what, decisions=decisions)

    def _table(self) -> "_Table":
        text = read_text(self._path)
        if self._in_force is None or self._in_force.text != text:
            self._in_force = self._read(text)
        return self._in_force

    def _read(self, text: str) -> "_Table":
        table = parse_table(text, str(self._path), self._language)
        interpreter = self._interpret(table.at_any_time())
        return _Table(text, table, interpreter, self._pronounce(table), self._run_tests)


class _Table:
    """A table with what was made of it."""

    def __init__(
        self,
        text: str,
        table: CommandTable,
        interpreter: Interpreter,
        pronouncer: Pronouncer,
        run_tests: Callable[[CommandTable], Sequence[str]],
    ) -> None:
        self.text = text
        self.table = table
        self.pronouncer = pronouncer
        words = normaliser(table.language)
        self.matcher = ExactMatcher(interpreter.automaton, words)
        self.aliases = AliasFinder(table, interpreter.automaton, words, pronouncer)
        self._interpreter = interpreter
        self._run_tests = run_tests

    @cached_property
    def problems(self) -> Mapping[str, str]:
        """Return its failing tests, and the rows that take each other's sentences.

        By the same text without the lines, which an edit moves.
        """
        found = quick_lint(self.table, self._interpreter.automaton)
        problems = (*self._run_tests(self.table), *(finding.problem for finding in found))
        return {_PLACE.sub("", problem): problem for problem in problems}

    def decide(self, entry: HistoryEntry) -> tuple[Decision, ...]:
        """Decide on what was heard then, with all its hypotheses."""
        self._interpreter.reset()
        return self._interpreter.decide(_heard(entry), clock.now_s(), _NOON)


def _problems(after: "_Table", before: "_Table") -> list[str]:
    """Return what is wrong with a table and was not before."""
    return [told for key, told in after.problems.items() if key not in before.problems]


def _heard(entry: HistoryEntry) -> Heard:
    kept = entry.event.get("hypotheses")
    return Heard(
        text=entry.text,
        hypotheses=tuple(Hypothesis(**each) for each in kept) if isinstance(kept, list) else (),
    )


def _told(decision: Decision) -> str:
    done = "carried out" if isinstance(decision, Fire) else "not carried out"
    return f"“{decision.text}” would be {done}: {decision.reason.text}"
