"""A table that is said in several languages: the language that was heard selects its sentences."""

from collections.abc import Mapping

from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import Decision
from voice2mqtt.core.outcome import Heard, Outcome
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime, Policy
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.table import CommandTable, in_language
from voice2mqtt.nlu.matching.candidate import PhoneticSearch


class MultilingualInterpreter(Interpreter):
    """Decides by its own table, or by that of the language in which something was said.

    A question is answered in the language in which it was asked: a "yes" is too short to tell.
    """

    def __init__(
        self,
        table: CommandTable,
        policy: Policy,
        phonetic: PhoneticSearch,
        automaton: Automaton,
        others: Mapping[str, Interpreter],
    ) -> None:
        """`others` are the interpreters of the table's translations, by their language tags."""
        super().__init__(table, policy, phonetic, automaton)
        self._others = others
        self._asking: Interpreter | None = None
        """One of `others` whose question is open."""

    @property
    def answer_deadline_s(self) -> float:
        """See `Interpreter`."""
        own_s = super().answer_deadline_s
        return max(own_s, self._asking.answer_deadline_s) if self._asking else own_s

    @property
    def awake_until_s(self) -> float:
        """See `Interpreter`."""
        own_s = super().awake_until_s
        return max(own_s, self._asking.awake_until_s) if self._asking else own_s

    def partial_match(self, text: str) -> PartialMatch:
        """Return how `text` matches in the first language that knows it."""
        found = super().partial_match(text)
        for other in self._others.values():
            if found is PartialMatch.UNKNOWN:
                found = other.partial_match(text)
        return found

    def start_answer_time(self, question: str, asked_s: float) -> None:
        """See `Interpreter`."""
        if self._asking:
            self._asking.start_answer_time(question, asked_s)
        else:
            super().start_answer_time(question, asked_s)

    def reset(self) -> None:
        """See `Interpreter`."""
        self.drop_question()
        super().reset()

    def drop_question(self) -> None:
        """See `Interpreter`."""
        super().drop_question()
        if self._asking:
            self._asking.drop_question()
        self._asking = None

    def decide(
        self,
        outcome: Outcome,
        now_s: float,
        local: LocalTime,
        said_s: float | None = None,
        *,
        spoken: bool = False,
    ) -> tuple[Decision, ...]:
        """See `Interpreter`."""
        other = self._asking or self._spoken_in(outcome)
        if other is None:
            return super().decide(outcome, now_s, local, said_s, spoken=spoken)
        other.resume_from(self)
        decisions = other.decide(outcome, now_s, local, said_s, spoken=spoken)
        self.resume_from(other)
        # An open question stays with the one who asked it.
        super().drop_question()
        self._asking = other if other.asks else None
        return decisions

    def _spoken_in(self, outcome: Outcome) -> Interpreter | None:
        if self.asks or not isinstance(outcome, Heard):
            return None
        return in_language(self._others, outcome.language)
