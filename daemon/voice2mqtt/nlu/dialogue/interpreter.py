"""Recognition outcome to decision: the command that was meant, or none, and why.

Three steps: whether the daemon is addressed (wake phrase, open question), what was meant
(`matching/decision.py`), and whether it may be carried out (`policy.py`, consent).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import Ask, Decision, Fire, Reason, Refuse
from voice2mqtt.core.outcome import Heard, Hypothesis, Outcome
from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.dialogue.confirmation import Answer, Confirmations, Consent, Question
from voice2mqtt.nlu.dialogue.policy import (
    CONSENT_NEEDED,
    NOT_ADDRESSED,
    Clock,
    History,
    LocalTime,
    Policy,
    obstacle,
)
from voice2mqtt.nlu.dialogue.wake_phrase import WakeGrace, WakePhrases
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.messages import expectation, messages, sentence
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.candidate import (
    Candidate,
    Meaning,
    Meant,
    PhoneticSearch,
    Unclear,
    Unknown,
    Verdict,
    is_word_for_word,
    options_of,
)
from voice2mqtt.nlu.matching.decision import Decider
from voice2mqtt.nlu.matching.exact import MAX_CHARACTERS
from voice2mqtt.nlu.matching.odds import credible
from voice2mqtt.nlu.text.normaliser import normaliser


class Interpreter:
    """Decides on everything that is heard. Not thread-safe, except for `partial_match`.

    Raises:
        TableError: from the constructor, when the table cannot be compiled.
    """

    def __init__(
        self,
        table: CommandTable,
        policy: Policy | None = None,
        phonetic: PhoneticSearch | None = None,
        automaton: Automaton | None = None,
    ) -> None:
        """`automaton` is the compiled `table`, if the caller has it already."""
        self.muted = False
        """While muted, everything is understood and nothing carried out."""
        self.commands_expire_s = table.longest_expiry_s
        """No row is carried out later than this after the end of the sentence."""
        self.automaton = automaton or compile_table(table)
        self._table = table
        self._policy = policy = policy or Policy()
        self._decider = Decider(
            table, self.automaton, phonetic, strictness=policy.strictness, margin=policy.margin
        )
        spoken = (*policy.wake_phrases, *policy.wake_words)
        words = normaliser(table.language)
        self._wake = WakePhrases(spoken, words, phonetic, policy.strictness)
        self._confirmations = Confirmations(table.language, phonetic, policy.strictness)
        self._all_rows = frozenset(range(len(table.rows)))
        self._rows_without_wake = frozenset(n for n in self._all_rows if not table.rows[n].wake)
        self._timed_rows = frozenset(n for n in self._all_rows if table.rows[n].is_timed)
        self._history = History()
        self._question: Question | None = None
        self._wake_grace = WakeGrace()

    @property
    def row_names(self) -> tuple[str, ...]:
        """The names of all rows, in order."""
        return tuple(row.name for row in self._table.rows)

    @property
    def asks(self) -> bool:
        """Whether a question is open."""
        return self._question is not None

    @property
    def answer_deadline_s(self) -> float:
        """Monotonic time until which an answer is expected; -inf if nothing was asked."""
        asked_until_s = self._question.until_s if self._question else float("-inf")
        return max(asked_until_s, self._wake_grace.invited_until_s)

    @property
    def awake_until_s(self) -> float:
        """Monotonic time until which no wake word is needed; -inf if it is."""
        asked_until_s = self._question.until_s if self._question else float("-inf")
        return max(asked_until_s, self._wake_grace.until_s)

    def partial_match(self, text: str) -> PartialMatch:
        """Return how the interim `text` matches as the beginning of a command. Any thread."""
        if self._question and (answer := self._confirmations.answer(text)) and answer.is_whole:
            return PartialMatch.COMPLETE
        command = self._wake.without(text, by_sound=False) if self._wake else None
        if command == "":
            return PartialMatch.UNFINISHED
        return self._decider.matcher.partial_match(text if command is None else command)

    def accept_without_wake_phrase(self, now_s: float) -> None:
        """Accept the next command without a wake phrase, within the time for an answer."""
        self._wake_grace.extend(now_s + self._policy.answer_within_s)

    def start_answer_time(self, question: str, asked_s: float) -> None:
        """Count the time to answer `question` from when it was spoken; infinity: not yet."""
        until_s = asked_s + self._policy.answer_within_s
        if self._question and self._question.text == question:
            self._question = replace(self._question, until_s=until_s)
        else:
            self._wake_grace.wait_until(until_s + self._policy.wake_grace_s)

    def reset(self) -> None:
        """Forget the open question and everything that was carried out."""
        self._question = None
        self._history = History()
        self._wake_grace = WakeGrace()

    def drop_question(self) -> None:
        """Drop the open question, since another node acts on it."""
        self._question = None

    def resume_from(self, before: Interpreter) -> None:
        """Take over the state of `before`, which has the previous table.

        A question stays open only if the rows that it asks about have not changed.
        """
        self.muted = before.muted
        self._history = before._history
        self._wake_grace = before._wake_grace
        if before._question:
            self._question = before._question.in_new_table(before._table.rows, self._table.rows)

    def decide(
        self,
        outcome: Outcome,
        now_s: float,
        local: LocalTime,
        said_s: float | None = None,
        *,
        spoken: bool = False,
    ) -> tuple[Decision, ...]:
        """Decide on `outcome`, which came at `now_s` (monotonic) and `local` (wall clock).

        `said_s` (monotonic) is the end of the utterance, if known: a timely answer is not too late
        because the host was slow. `spoken`: it was heard, after a wake word if one is needed, and
        that stands for the wake phrase. Returns no decision if no words were recognised.
        """
        if not isinstance(outcome, Heard):
            return ()
        text = outcome.text
        heard = outcome.hypotheses or (Hypothesis(text=text),)
        hypotheses = tuple(h for h in heard if len(h.text) <= MAX_CHARACTERS)
        if not hypotheses:
            return (Refuse(text=text, reason=Reason(text="too long for a command")),)
        clock = Clock(now_s if said_s is None else said_s, now_s, local)
        if self._question and clock.said_s > self._question.until_s:
            self._question = None
        if self._question:
            return self._decide_on_answer(self._question, text, self._stripped(hypotheses), clock)
        if not self._wake:
            verdict = self._verdict(hypotheses, self._all_rows, clock)
            return self._decisions(verdict, text, clock)
        addressed = self._without_wake_phrase(hypotheses)
        if addressed and not addressed[0].text and not self.muted:
            self.accept_without_wake_phrase(now_s + self._policy.wake_grace_s)
            self._wake_grace.invited = True
            invitation = language_named(self._table.language).invitation
            reason = Reason(text="the wake phrase alone; the command may follow")
            return (Ask(row="", text=text, score=1.0, question=invitation, reason=reason),)
        woken = (spoken and self._policy.wake_words) or not self._policy.wake_phrases
        if addressed or woken or clock.said_s <= self._wake_grace.until_s:
            return self._addressed(text, addressed or hypotheses, clock)
        return self._not_addressed(text, hypotheses, clock)

    def _without_wake_phrase(self, hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
        """Return the hypotheses that begin with a wake phrase, with it removed."""
        return tuple(
            replace(hypothesis, text=command, lexical="")
            for hypothesis in hypotheses
            if (command := self._wake.without(hypothesis.text)) is not None
        )

    def _stripped(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Hypothesis]:
        """Return the hypotheses without the wake phrase, or as they are if none has it."""
        return (self._without_wake_phrase(hypotheses) if self._wake else ()) or hypotheses

    def _not_addressed(
        self, text: str, hypotheses: Sequence[Hypothesis], clock: Clock
    ) -> tuple[Decision, ...]:
        """Decide on what was said without the wake phrase, which some rows do not need."""
        verdict: Verdict = Unknown(why="")
        if self._rows_without_wake:
            verdict = self._verdict(hypotheses, self._rows_without_wake, clock)
        if isinstance(verdict, Unknown):
            verdict = replace(verdict, why=NOT_ADDRESSED)
        return self._decisions(verdict, text, clock)

    def _addressed(
        self, text: str, hypotheses: Sequence[Hypothesis], clock: Clock
    ) -> tuple[Decision, ...]:
        """Decide on what follows the wake phrase; "never mind" ends the wait for a command."""
        verdict = self._verdict(hypotheses, self._all_rows, clock)
        if not is_word_for_word(verdict):
            for answer, _ in self._answers_among(hypotheses):
                if answer.refuses and (answer.is_whole or isinstance(verdict, Unknown)):
                    return self._drop(answer, text)
        return self._decisions(verdict, text, clock)

    def _verdict(
        self, hypotheses: Sequence[Hypothesis], rows: frozenset[int], clock: Clock
    ) -> Verdict:
        """Return what was meant; of several rows that say it, those that may act at this hour."""
        verdict = self._decider.decide(hypotheses, rows)
        meant = {command.row for meaning in options_of(verdict) for command in meaning}
        if self._timed_rows.isdisjoint(meant):
            return verdict
        inactive = {number for number in self._timed_rows if not self._may_act(number, clock)}
        if inactive.isdisjoint(meant):
            return verdict
        active = self._decider.decide(hypotheses, rows - inactive)
        said = {
            self._normalised(meaning) for meaning in (*options_of(verdict), *options_of(active))
        }
        return active if isinstance(active, Meant) and len(said) == 1 else verdict

    def _may_act(self, number: int, clock: Clock) -> bool:
        row = self._table.rows[number]
        return clock.local.within(row.between, row.days)

    def _normalised(self, meaning: Meaning) -> tuple[str, ...]:
        """Return the sentences of a meaning, normalised."""
        words = normaliser(self._table.language)
        return tuple(words.normalise(command.sentence) for command in meaning)

    def _decide_on_answer(
        self, question: Question, text: str, hypotheses: Sequence[Hypothesis], clock: Clock
    ) -> tuple[Decision, ...]:
        """Decide on what was said while `question` is open."""
        row = self._table.rows[question.options[0][0].row].name
        answers = self._answers_among(hypotheses)
        refusals = [(answer, heard) for answer, heard in answers if answer.refuses]
        if any(answer.is_whole for answer, _ in refusals):
            return self._drop(refusals[0][0], text, row)
        if not refusals and any(self._consents(answer, question, clock) for answer, _ in answers):
            self._question = None
            reason = Reason(text="confirmed")
            return tuple(
                self._decide_one(command, text, reason, clock, consented=True)
                for command in question.options[0]
            )
        meant = self._meant_instead(hypotheses, question, clock)
        if not meant and refusals:
            rests = [replace(h, text=a.rest, lexical="") for a, h in refusals if a.rest]
            # "Never mind the hall" does not choose the hall.
            is_no = all(answer.consent is Consent.NO for answer, _ in refusals)
            meant = self._meant_instead(rests, question if is_no else None, clock)
        if meant:
            self._question = None
            return self._decisions(meant, text, clock)
        if refusals:
            return self._drop(refusals[0][0], text, row)
        why = f"this does not answer '{question.text}'"
        return (Refuse(text=text, row=row, reason=Reason(text=why)),)

    def _answers_among(self, hypotheses: Sequence[Hypothesis]) -> list[tuple[Answer, Hypothesis]]:
        """Return the answers among the credible hypotheses; one refusal is enough."""
        answers = ((self._confirmations.answer(h.text), h) for h in credible(hypotheses))
        return [(answer, heard) for answer, heard in answers if answer]

    def _consents(self, answer: Answer, question: Question, clock: Clock) -> bool:
        """Whether it is a yes to the question, perhaps with the command repeated."""
        if answer.refuses or len(question.options) > 1:
            return False
        if answer.is_whole:
            return True
        again = self._verdict((Hypothesis(text=answer.rest),), self._all_rows, clock)
        return is_word_for_word(again) and question.is_about(*options_of(again))

    def _meant_instead(
        self, hypotheses: Sequence[Hypothesis], question: Question | None, clock: Clock
    ) -> Meant | None:
        """Return the command said instead of yes or no, or the option of `question` chosen.

        With a word of refusal, only a command that is said word for word.
        """
        verdict = self._verdict(hypotheses, self._all_rows, clock)
        if is_word_for_word(verdict):
            return verdict
        if any(answer.refuses for answer, _ in self._answers_among(hypotheses)):
            return None
        for heard in credible(hypotheses):
            if question and (chosen := self._confirmations.chosen(heard.text, question)):
                return Meant(meaning=chosen, why="chosen")
        return verdict if isinstance(verdict, Meant) else None

    def _drop(self, refusal: Answer, text: str, row: str = "") -> tuple[Decision, ...]:
        """Drop the question, end the wake grace, and refuse."""
        self.drop_question()
        self._wake_grace = WakeGrace()
        said = "to leave it" if refusal.consent is Consent.CANCEL else "no"
        return (Refuse(text=text, row=row, reason=Reason(text=f"the answer was {said}")),)

    def _decisions(self, verdict: Verdict, text: str, clock: Clock) -> tuple[Decision, ...]:
        reason = self._decider.reason(verdict)
        match verdict:
            case Meant():
                return tuple(
                    self._decide_one(command, text, reason, clock) for command in verdict.meaning
                )
            case Unclear() if self._policy.ask:
                return (self._ask(verdict, text, reason, clock),)
            case Unclear():
                reason = replace(reason, text=f"{verdict.why}, and asking is off")
        return (Refuse(text=text, reason=reason),)

    def _ask(self, verdict: Unclear, text: str, reason: Reason, clock: Clock) -> Decision:
        """Ask which option was meant, or whether the only one was, unless none may be done."""
        best = verdict.options[0][0]
        row = self._table.rows[best.row].name
        score = 1 - best.distance
        late = clock.age_s > self._table.rows[best.row].expires_s
        obstacles = [self._obstacle(option[0], clock) for option in verdict.options]
        if all(obstacles):
            reason = replace(reason, text=obstacles[0])
            return Refuse(text=text, row=row, score=score, reason=reason, too_late=late)
        until_s = clock.now_s + self._policy.answer_within_s
        self._question = self._confirmations.question(verdict.options, until_s)
        slots = self._question.differing_slots
        if slots:
            reason = replace(reason, text=f"{reason.text}; they differ in {slots}")
        return Ask(row=row, text=text, score=score, question=self._question.text, reason=reason)

    def _decide_one(
        self,
        command: Candidate,
        text: str,
        reason: Reason,
        clock: Clock,
        *,
        consented: bool = False,
    ) -> Decision:
        """Fire `command`, ask for consent, or refuse it with the reason."""
        row = self._table.rows[command.row]
        score = 1 - command.distance
        why_not = self._obstacle(command, clock)
        sent = messages(row, command.slots)
        if not why_not and not sent:
            why_not = "a slot that its topic or payload needs was not spoken"
        if not why_not and row.confirm and not consented and self._question:
            why_not = "another question is still open"
        if why_not:
            reason = replace(reason, text=why_not)
            late = clock.age_s > row.expires_s
            return Refuse(text=text, row=row.name, score=score, reason=reason, too_late=late)
        if row.confirm and not consented:
            question = self._filled_sentence(row.confirm, command)
            until_s = clock.now_s + self._policy.answer_within_s
            self._question = Question(
                text=question, options=((command,),), words=(question,), until_s=until_s
            )
            reason = replace(reason, text=f"{reason.text}; {CONSENT_NEEDED}")
            return Ask(row=row.name, text=text, score=score, question=question, reason=reason)
        self._history.record(row, command.slots, clock.now_s)
        self._wake_grace = WakeGrace(clock.said_s + self._policy.wake_grace_s)
        return Fire(
            row=row.name,
            text=text,
            score=score,
            messages=sent,
            reason=reason,
            slots=command.slots,
            expect=expectation(row, command.slots),
            response=self._filled_sentence(row.response, command),
            said_s=clock.said_s,
        )

    def _filled_sentence(self, template: str, command: Candidate) -> str:
        slots = {**self._table.rows[command.row].defaults, **command.slots}
        return sentence(template, slots, self._table.language)

    def _obstacle(self, command: Candidate, clock: Clock) -> str:
        row = self._table.rows[command.row]
        return obstacle(row, command.slots, clock, self._history, self._policy, muted=self.muted)
