"""Outcome to decision: the command that was meant, or none, and why."""

from collections.abc import Sequence

from voice2mqtt.core.audio import Prospect
from voice2mqtt.core.decision import Ask, Decision, Fire, Nearest, Reason, Refuse
from voice2mqtt.core.outcome import Heard, Hypothesis, Outcome
from voice2mqtt.understanding.candidate import Candidate, NearestSound
from voice2mqtt.understanding.compile import compile_table
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.policy import LocalTime, Policy
from voice2mqtt.understanding.render import expectation, messages, sentence
from voice2mqtt.understanding.table import CommandTable


class Interpreter:
    """Decides about everything that is heard. Not thread-safe: one owner calls it.

    Raises:
        TemplateError: from the constructor, when the table cannot be compiled.
    """

    def __init__(
        self,
        table: CommandTable,
        policy: Policy | None = None,
        nearest: NearestSound | None = None,
    ) -> None:
        self._table = table
        self._policy = policy or Policy()
        self._nearest = nearest
        self._fired_s: dict[str, float] = {}
        self.automaton = compile_table(table)
        self._matcher = Matcher(self.automaton, normaliser(table.language))

    def prospect(self, text: str) -> Prospect:
        """Tell how `text`, heard so far, stands as the beginning of a command."""
        return self._matcher.prospect(text)

    def decide(self, outcome: Outcome, now_s: float, local: LocalTime) -> tuple[Decision, ...]:
        """Decide about `outcome`, which came at `now_s` (monotonic) and `local` (wall clock)."""
        if not isinstance(outcome, Heard):
            return ()
        hypotheses = outcome.hypotheses or (Hypothesis(text=outcome.text),)
        exact = self._exact(hypotheses)
        if exact:
            meant = self._fire(exact[0], outcome.text, "word for word")
            return (self._allowed(exact[0], meant, now_s, local),)
        return (self._by_sound(outcome.text, hypotheses),)

    def _allowed(self, meant: Candidate, fire: Fire, now_s: float, local: LocalTime) -> Decision:
        row = self._table.rows[meant.row]
        why_not = ""
        if not local.within(row.between, row.days):
            why_not = "not at this hour"
        elif now_s - self._fired_s.get(row.name, float("-inf")) < row.cooldown_s:
            why_not = "too soon after the last time"
        if why_not:
            return Refuse(text=fire.text, row=row.name, score=1.0, reason=Reason(text=why_not))
        self._fired_s[row.name] = now_s
        return fire

    def _exact(self, hypotheses: Sequence[Hypothesis]) -> list[Candidate]:
        return [
            Candidate(row=parse.row, slots=parse.slots, sentence=hypothesis.text)
            for hypothesis in hypotheses
            for parse in self._matcher.parses(hypothesis.text)
        ]

    def _by_sound(self, text: str, hypotheses: Sequence[Hypothesis]) -> Decision:
        ranked = self._nearest.search(hypotheses) if self._nearest else ()
        reason = Reason(text="no row says this", nearest=self._named(ranked))
        if not ranked:
            return Refuse(text=text, reason=reason)
        best = ranked[0]
        row = self._table.rows[best.row]
        strictness = self._policy.strictness if row.strictness is None else row.strictness
        if best.distance > strictness:
            return Refuse(text=text, reason=reason)
        if len(ranked) > 1 and ranked[1].distance - best.distance < self._policy.margin:
            question = f"{best.sentence}?"
            return Ask(
                row=row.name,
                text=text,
                score=1 - best.distance,
                question=question,
                reason=Reason(text="two rows are close", nearest=self._named(ranked)),
            )
        return self._fire(best, text, "sounds alike")

    def _fire(self, meant: Candidate, text: str, why: str) -> Fire:
        row = self._table.rows[meant.row]
        return Fire(
            row=row.name,
            text=text,
            score=1 - meant.distance,
            messages=messages(row, meant.slots),
            reason=Reason(text=why),
            slots=meant.slots,
            expect=expectation(row, meant.slots),
            response=sentence(row.response, meant.slots),
        )

    def _named(self, ranked: Sequence[Candidate]) -> tuple[Nearest, ...]:
        return tuple(
            Nearest(
                row=self._table.rows[near.row].name, sentence=near.sentence, distance=near.distance
            )
            for near in ranked[:3]
        )
