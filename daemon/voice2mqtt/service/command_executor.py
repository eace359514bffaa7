"""Carries out what was decided, and tells everybody: broker, journal, speaker.

The loop and the supervisor both come here; one lock keeps a sentence that was typed from being
decided in the middle of one that was spoken. Knows nothing of how anything was heard.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from voice2mqtt.core.arbitration import HeldBack
from voice2mqtt.core.audio import PartialMatch, Utterance
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.event import Event, wordless
from voice2mqtt.core.outcome import Canceled, Heard, Outcome
from voice2mqtt.core.ports import Recognizer, Voice
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.service import process_utterance as hearing
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.patience import Patience
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.replies import Replies
from voice2mqtt.service.unfinished import Unfinished

log = logging.getLogger(__name__)

_FAULT = Canceled(
    reason="Error", code="Fault", details="a fault of voice2mqtt; the log has its traceback"
)


class CommandExecutor:
    """What the daemon acts on."""

    def __init__(
        self,
        *,
        node: str,
        interpreter: Interpreter,
        room: MqttAdapter,
        voice: Voice,
        state: NodeState,
        unfinished: Unfinished,
        report: Callable[[Event], None],
        log_text: bool = True,
    ) -> None:
        """Introduce the parts to each other.

        Args:
            node: this machine's name in events.
            interpreter: what decides; replaced by `adopt`.
            room: where messages go.
            voice: what the speaker hears.
            state: what is told of this node.
            unfinished: keeps the commands that have a message to come.
            report: given every event.
            log_text: whether what was said is published.
        """
        self._node = node
        self._interpreter = interpreter
        self._room = room
        self._reply = Replies(voice)
        self._log_text = log_text
        self._waiting = False
        self._question_over: threading.Timer | None = None
        self._state = state
        self._unfinished = unfinished
        interpreter.muted = state.muted
        self._report = report
        self._deciding = threading.RLock()
        room.set_rows(interpreter.row_names)

    def hear(
        self, utterance: Utterance, recognizer: Recognizer, another_waits: Callable[[], bool]
    ) -> Outcome:
        """Have `utterance` recognised, decide, carry it out; return what the host made of it.

        It gives way when it comes too late, or keeps waiting what was said next. Never raises.
        """
        outcome: Outcome = _FAULT
        with self._outliving_faults():
            outcome = self._recognized(utterance, recognizer, another_waits)
            with self._deciding:
                self._settle(hearing.decide(outcome, self._interpreter, utterance))
        return outcome

    def say(self, text: str, said_s: float) -> None:
        """Handle `text` as if it had been heard, and had ended at `said_s` (monotonic).

        Never raises.
        """
        with self._outliving_faults(), self._deciding:
            heard = Heard(text=text)
            self._settle(hearing.decide(heard, self._interpreter, typed_s=said_s))

    def mute(self, *, on: bool) -> None:
        """Understand everything and do nothing, or act again."""
        with self._deciding:
            self._interpreter.muted = self._state.muted = on

    def open_once(self) -> None:
        """Take the next command without its wake phrase."""
        with self._deciding:
            self._interpreter.accept_without_wake_phrase(time.monotonic())

    def adopt(self, interpreter: Interpreter) -> None:
        """Decide by another table from the next sentence on."""
        with self._deciding:
            interpreter.resume_from(self._interpreter)
            self._interpreter = interpreter
        self._room.set_rows(interpreter.row_names)

    def tell(self, event: Event) -> None:
        """Tell journal and broker of `event`."""
        self._report(event)
        self._room.publish_event(event if self._log_text else wordless(event))

    def _recognized(
        self, utterance: Utterance, recognizer: Recognizer, another_waits: Callable[[], bool]
    ) -> Outcome:
        patience = Patience(utterance, self._interpreter.commands_expire_s, another_waits)
        if why := patience():
            # It waited for another, and no word of it could do anything any more.
            return Canceled(reason="Error", code="TooLate", details=f"not recognised: {why}")
        self._stop_waiting()
        self._room.publish_activity("hearing")
        self._room.speech_began(utterance.loudness_db, utterance.speech_began_at_s)

        def closed(utterance: Utterance) -> None:
            patience.utterance_is_over()
            self._gate_closed(utterance)

        watched = _Watched(utterance, closed)
        return hearing.recognize(watched, recognizer, self._interpreter, patience)

    @contextmanager
    def _outliving_faults(self) -> Iterator[None]:
        """Let a fault of ours end the sentence during which it shows, and nothing else."""
        try:
            yield
        except Exception:  # whatever it is, the next sentence is served
            log.exception("a fault of voice2mqtt; what was said is dropped")
            self._drop()

    def _drop(self) -> None:
        """Tell of a fault, each way for itself: telling may be what is at fault."""
        heard = ProcessedUtterance(outcome=_FAULT)
        (event,) = heard.events(self._node)
        # A question that nobody has heard is not to be answered.
        steps: tuple[Callable[[], None], ...] = (
            self._interpreter.drop_question,
            self._room.abstain,
            lambda: self._report(event),
            lambda: self._room.publish_event(event),
            lambda: self._reply.to(heard),
            lambda: self._room.publish_activity("idle"),
            lambda: self._state.note(heard),
            lambda: self._room.publish_state(self._state.document()),
        )
        for step in steps:
            try:
                step()
            except Exception:  # the next step may do better
                log.exception("a fault while telling of a fault")

    def _gate_closed(self, utterance: Utterance) -> None:
        self._room.publish_activity("recognising")
        self._room.speech_ended(utterance.loudness_db)

    def _settle(self, heard: ProcessedUtterance) -> None:
        """Act on what was heard, unless another node does; tell everybody."""
        self._stop_waiting()
        events = heard.events(self._node)
        acting = [d for d in heard.decisions if isinstance(d, Fire | Ask)]
        if_alone = False
        if heard.utterance and acting:
            best = acting[0]
            verdict = self._room.elect(row=best.row, text=best.text, score=best.score)
            if isinstance(verdict, HeldBack):
                reason = verdict.reason
                self._interpreter.drop_question()
                self.tell(self._room.notice("held_back", reason=reason, row=best.row))
                if verdict.unsure:
                    self._reply.not_done(reason)
                self._room.publish_activity("idle")
                return
            if_alone = verdict.if_alone
        elif heard.utterance:
            self._room.abstain()
        for decision in acting:
            if isinstance(decision, Fire):
                self._carry_out(decision, heard.id, if_alone=if_alone)
        for event in events:
            self.tell(event)
        for decision in acting:
            if isinstance(decision, Ask):
                self._interpreter.start_answer_time(decision.question, math.inf)
        self._reply.to(heard, self._asked)
        self._rest()
        self._state.note(heard)
        self._room.publish_state(self._state.document())

    def tell_unfinished(self) -> None:
        """Tell of commands that an earlier run left half done."""
        for event_id, row, reason in self._unfinished.take_left():
            self.tell(self._room.notice("not_done", reason=reason, event_id=event_id, row=row))

    def _carry_out(self, fire: Fire, event_id: str, *, if_alone: bool) -> None:
        end = self._unfinished.begin(fire, event_id)

        def done(reason: str) -> None:
            end()
            self._done(reason)

        self._room.carry_out(fire, event_id, done, if_alone=if_alone)

    def _done(self, reason: str) -> None:
        if reason:
            self._reply.not_done(reason)

    def _asked(self, question: str) -> None:
        """Wait for the answer from now on: the speaker has heard `question`."""
        with self._deciding:
            self._interpreter.start_answer_time(question, time.monotonic())
            if self._waiting:
                self._wait()

    def _rest(self) -> None:
        """Say that an answer is waited for, as long as one is, or that nothing goes on."""
        self._waiting = self._interpreter.answer_deadline_s > time.monotonic()
        self._room.publish_activity("asking" if self._waiting else "idle")
        if self._waiting:
            self._wait()

    def _wait(self) -> None:
        """Say that nothing goes on when nobody has answered, once it is known until when."""
        wait_s = self._interpreter.answer_deadline_s - time.monotonic()
        if wait_s < math.inf:
            self._question_over = threading.Timer(wait_s, self._nobody_answered)
            self._question_over.daemon = True
            self._question_over.start()

    def _stop_waiting(self) -> None:
        with self._deciding:
            self._waiting = False
            if self._question_over:
                self._question_over.cancel()

    def _nobody_answered(self) -> None:
        self._room.publish_activity("idle")


class _Watched:
    """An utterance that tells when its gate has closed: once, however often it is read."""

    def __init__(self, utterance: Utterance, on_closed: Callable[[Utterance], None]) -> None:
        self._utterance = utterance
        self._on_closed = on_closed
        self._told = False

    @property
    def start_sample(self) -> int:
        return self._utterance.start_sample

    @property
    def speech_began_at_s(self) -> float:
        return self._utterance.speech_began_at_s

    @property
    def speech_ended_at_s(self) -> float:
        return self._utterance.speech_ended_at_s

    @property
    def loudness_db(self) -> float:
        return self._utterance.loudness_db

    @property
    def cut(self) -> str:
        return self._utterance.cut

    def frames(self) -> Iterator[bytes]:
        yield from self._utterance.frames()
        if not self._told:
            self._told = True
            self._on_closed(self._utterance)

    def expect(self, prospect: PartialMatch) -> None:
        self._utterance.expect(prospect)
