"""One utterance from its first frame to the decision. The daemon and `listen` share it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from voice2mqtt import clock
from voice2mqtt.core.audio import PartialMatch, Utterance
from voice2mqtt.core.decision import Decision
from voice2mqtt.core.event import Event, event_of
from voice2mqtt.core.outcome import CUT, Canceled, Heard, NoMatch, Outcome
from voice2mqtt.core.ports import GiveUp, Recognizer, never
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedUtterance:
    """The outcome of an utterance, and what was decided about it."""

    outcome: Outcome
    decisions: tuple[Decision, ...] = ()
    latency_ms: float | None = None
    """From the end of speech to the decision."""
    utterance: Utterance | None = None
    """None if the sentence was typed."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    at: str = field(default_factory=clock.timestamp)

    def events(self, node: str) -> list[Event]:
        """Return one event for each decision, or one for an outcome with nothing to decide."""
        heard = self.outcome if isinstance(self.outcome, Heard) else None
        happenings = self.decisions or (
            (self.outcome,) if isinstance(self.outcome, NoMatch | Canceled) else ()
        )
        return [
            event_of(
                happening,
                event_id=self.id,
                at=self.at,
                node=node,
                heard=heard,
                latency_ms=self.latency_ms,
            )
            for happening in happenings
        ]


def recognize(
    utterance: Utterance,
    recognizer: Recognizer,
    partial_match: Callable[[str], PartialMatch],
    give_up: GiveUp = never,
    on_interim: Callable[[str], None] = lambda _text: None,
) -> Outcome:
    """Have `utterance` recognised while it is spoken.

    What the words so far are of the table, `partial_match`, tells the endpointer how long to wait
    for the end. What is only a part of what was said is not recognised, or given up. `on_interim`
    is given each interim hypothesis, on a foreign thread.
    """
    if utterance.cut:
        for _ in utterance.frames():
            pass  # Wait for its end: a reply now would interrupt the person who still speaks.
    else:

        def interim(text: str) -> None:
            utterance.expect(partial_match(text))
            on_interim(text)

        outcome = recognizer.recognize(utterance, interim, lambda: utterance.cut or give_up())
    return Canceled(reason=CUT, details=utterance.cut) if utterance.cut else outcome


def decide(
    outcome: Outcome,
    interpreter: Interpreter,
    utterance: Utterance | None = None,
    typed_s: float | None = None,
) -> ProcessedUtterance:
    """Decide about `outcome`: of `utterance`, or of a sentence typed at `typed_s`."""
    now_s = clock.now_s()
    said_s = utterance.speech_ended_at_s if utterance else typed_s or now_s
    return ProcessedUtterance(
        outcome=outcome,
        decisions=interpreter.decide(
            outcome, now_s, local_time(), said_s, spoken=utterance is not None
        ),
        latency_ms=(now_s - said_s) * 1000 if utterance else None,
        utterance=utterance,
    )


def local_time() -> LocalTime:
    """Return the local time of day and the weekday."""
    now = time.localtime()
    return LocalTime(minute=now.tm_hour * 60 + now.tm_min, weekday=now.tm_wday)
