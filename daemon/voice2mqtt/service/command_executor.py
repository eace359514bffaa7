"""Carries out what was decided, and reports it: to the broker, the journal and the speaker.

The loop calls it for spoken sentences and the supervisor for typed ones; one lock lets each be
decided and carried out as a whole. It knows nothing of audio.
"""

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from voice2mqtt import clock
from voice2mqtt.core.arbitration import HeldBack
from voice2mqtt.core.audio import PartialMatch, Utterance, Wakefulness
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.event import Event, wordless
from voice2mqtt.core.outcome import CUT, Canceled, Heard, Outcome
from voice2mqtt.core.ports import Recognizer, Voice
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.service.deadline import RecognitionDeadline
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.process_utterance import ProcessedUtterance, decide, recognize
from voice2mqtt.service.replies import Replies
from voice2mqtt.service.unfinished import Unfinished
from voice2mqtt.service.watching.live_report import LiveReport

log = logging.getLogger(__name__)

_FAULT = Canceled(
    reason="Error", code="Fault", details="a fault of voice2mqtt; the log has its traceback"
)


class CommandExecutor:
    """Processes sentences, spoken or typed, from recognition to the reply."""

    def __init__(
        self,
        *,
        node: str,
        interpreter: Interpreter,
        adapter: MqttAdapter,
        voice: Voice,
        state: NodeState,
        unfinished: Unfinished,
        report: Callable[[Event], None],
        keep: Callable[[ProcessedUtterance, Sequence[Event]], None] = lambda _processed, _events: (
            None
        ),
        log_text: bool = True,
        keep_awake: Callable[[float], None] = lambda _until_s: None,
        live: LiveReport | None = None,
    ) -> None:
        """Connect the parts.

        Args:
            node: this machine's name in events.
            interpreter: what decides; replaced by `adopt`.
            adapter: publishes the messages.
            voice: replies to the speaker.
            state: what is published of this node.
            unfinished: keeps the commands that have a message to come.
            report: given every event, for the journal.
            keep: given what was processed and the events that tell of it, for the history.
            log_text: whether events are published with what was said.
            keep_awake: called with the time until which no wake word is needed. Any thread.
            live: reports each utterance while it is processed.
        """
        self._node = node
        self._interpreter = interpreter
        self._adapter = adapter
        self._reply = Replies(voice)
        self._log_text = log_text
        self._keep_awake = keep_awake
        self._voice = voice
        self._live = live or LiveReport()
        self._awaits_answer = False
        self._state = state
        self._unfinished = unfinished
        interpreter.muted = state.muted
        self._report = report
        self._keep = keep
        self._deciding = threading.RLock()
        adapter.set_rows(interpreter.row_names)

    def process_utterance(
        self, utterance: Utterance, recognizer: Recognizer, another_waits: Callable[[], bool]
    ) -> Outcome:
        """Have `utterance` recognised, decide, carry it out; return the outcome.

        The recognition is given up when it would come too late, or holds up the next utterance.
        Never raises.
        """
        outcome: Outcome = _FAULT
        with self._surviving_faults(), self._unfinished.utterance():
            outcome = self._recognized(utterance, recognizer, another_waits)
            self._live.recognised()
            with self._deciding:
                processed = decide(outcome, self._interpreter, utterance)
                self._live.decided(processed, utterance)
                self._act_on(processed)
        return outcome

    def process_text(self, text: str, said_s: float) -> None:
        """Process `text` like an utterance that ended at `said_s`.

        Never raises.
        """
        with self._surviving_faults(), self._deciding:
            heard = Heard(text=text)
            self._act_on(decide(heard, self._interpreter, typed_s=said_s))

    def set_muted(self, *, on: bool) -> None:
        """Mute: decide on everything and carry nothing out; or act again."""
        with self._deciding:
            self._interpreter.muted = self._state.muted = on

    def open_once(self) -> None:
        """Take the next command without its wake phrase."""
        with self._deciding:
            self._interpreter.accept_without_wake_phrase(clock.now_s())
            self._keep_awake(self._interpreter.awake_until_s)

    def show_wakefulness(self, change: Wakefulness, word: str) -> None:
        """Show what became of the wake `word`: by activity, event and tone. Any thread."""
        if change is not Wakefulness.ASLEEP and (self._state.muted or self._state.limit_reached):
            return
        match change:
            case Wakefulness.WOKEN:
                self._show_activity("woken")
                self.announce(self._adapter.new_event("woken", reason=word))
            case Wakefulness.WAITING:
                # Not earlier: the recogniser would hear the tone over a command in the same breath.
                self._voice.tone("heard")
            case Wakefulness.ASLEEP:
                self._show_activity("idle")

    def adopt(self, interpreter: Interpreter) -> None:
        """Decide by another table from the next sentence on."""
        with self._deciding:
            interpreter.resume_from(self._interpreter)
            self._interpreter = interpreter
        self._adapter.set_rows(interpreter.row_names)

    def announce(self, event: Event) -> None:
        """Report `event` to journal and broker."""
        self._report(event)
        self._adapter.publish_event(event if self._log_text else wordless(event))
        self._live.event(event)

    def _recognized(
        self, utterance: Utterance, recognizer: Recognizer, another_waits: Callable[[], bool]
    ) -> Outcome:
        deadline = RecognitionDeadline(
            utterance, self._interpreter.commands_expire_s, another_waits
        )
        if why := deadline():
            # It waited for another utterance, and every command of the table would be too late.
            return Canceled(reason="Error", code="TooLate", details=f"not recognised: {why}")
        self._awaits_answer = False
        self._show_activity("hearing")
        self._adapter.arbitration.speech_began(utterance.loudness_db, utterance.speech_began_at_s)

        def ended(utterance: Utterance) -> None:
            deadline.utterance_is_over()
            self._utterance_ended(utterance)

        watched = _Watched(utterance, ended)
        return recognize(watched, recognizer, self._partial_match, deadline, self._interim(watched))

    def _partial_match(self, text: str) -> PartialMatch:
        # By the table of the moment: the recogniser keeps this function until the next sentence.
        return self._interpreter.partial_match(text)

    def _interim(self, utterance: "_Watched") -> Callable[[str], None]:
        """Return what shows the words that are being recognised while `utterance` goes on."""
        shown = False

        def interim(text: str) -> None:
            nonlocal shown
            if not shown and not utterance.has_ended:
                shown = True
                self._show_activity("recognising")
            self._live.interim(text)

        return interim

    @contextmanager
    def _surviving_faults(self) -> Iterator[None]:
        """Let an unexpected exception end the sentence at hand, and nothing else."""
        try:
            yield
        except Exception:  # whatever it is, the next sentence is served
            log.exception("a fault of voice2mqtt; what was said is dropped")
            self._report_fault()

    def _report_fault(self) -> None:
        """Report a fault in every way that still works: reporting may be what is at fault."""
        processed = ProcessedUtterance(outcome=_FAULT)
        (event,) = processed.events(self._node)
        # The speaker has not heard the question, and so cannot answer it.
        steps: tuple[Callable[[], None], ...] = (
            self._interpreter.drop_question,
            self._adapter.arbitration.abstain,
            lambda: self._report(event),
            lambda: self._adapter.publish_event(event),
            lambda: self._reply.to(processed),
            lambda: self._show_activity("idle"),
            lambda: self._state.note(processed),
            lambda: self._adapter.publish_state(self._state.document()),
        )
        for step in steps:
            try:
                step()
            except Exception:  # the next step may work
                log.exception("a fault while telling of a fault")

    def _utterance_ended(self, utterance: Utterance) -> None:
        self._live.gate_closed()
        self._show_activity("recognising")
        self._adapter.arbitration.speech_ended(utterance.loudness_db)

    def _act_on(self, processed: ProcessedUtterance) -> None:
        """Carry out what was decided, unless another node does; report it."""
        self._awaits_answer = False
        events = processed.events(self._node)
        acting = [d for d in processed.decisions if isinstance(d, Fire | Ask)]
        if_alone = False
        if processed.utterance and acting:
            best = acting[0]
            verdict = self._adapter.arbitration.arbitrate(
                row=best.row, text=best.text, score=best.score
            )
            if isinstance(verdict, HeldBack):
                reason = verdict.reason
                self._interpreter.drop_question()
                held_back = self._adapter.new_event("held_back", reason=reason, row=best.row)
                self.announce(held_back)
                self._keep(processed, [held_back])
                if verdict.unsure:
                    self._reply.not_done(reason)
                self._show_activity("idle")
                return
            if_alone = verdict.if_alone
        elif processed.utterance:
            self._adapter.arbitration.abstain()
        for decision in acting:
            if isinstance(decision, Fire):
                self._carry_out(decision, processed.id, if_alone=if_alone)
        for event in events:
            self.announce(event)
        self._keep(processed, events)
        for decision in acting:
            if isinstance(decision, Ask):
                self._interpreter.start_answer_time(decision.question, math.inf)
        self._reply.to(processed, self._start_answer_time)
        self._publish_activity()
        self._state.note(processed)
        self._adapter.publish_state(self._state.document())

    def announce_unfinished(self) -> None:
        """Report what an earlier run was killed in the midst of."""
        for left in self._unfinished.take_left():
            if not left.row:
                cut = Canceled(reason=CUT, details=left.reason)
                self._act_on(ProcessedUtterance(outcome=cut))
                continue
            event_id, row = left.event_id, left.row
            self.announce(
                self._adapter.new_event("not_done", reason=left.reason, event_id=event_id, row=row)
            )

    def _carry_out(self, fire: Fire, event_id: str, *, if_alone: bool) -> None:
        end = self._unfinished.begin_command(fire, event_id)
        show = self._live.delivery(event_id, fire.row)

        def done(reason: str) -> None:
            # On a thread of the adapter; both parts take calls from any thread.
            end()
            show(reason)
            if reason:
                self._reply.not_done(reason)

        self._adapter.carry_out(fire, event_id, done, if_alone=if_alone)

    def _start_answer_time(self, question: str) -> None:
        """Count the time for an answer from now: the speaker has heard `question`. Any thread."""
        with self._deciding:
            self._interpreter.start_answer_time(question, clock.now_s())
            self._keep_awake(self._interpreter.awake_until_s)
            if self._awaits_answer:
                self._await_end_of_answer_time()

    def _publish_activity(self) -> None:
        """Publish `asking` if an answer is waited for, else `idle`."""
        self._keep_awake(self._interpreter.awake_until_s)
        self._awaits_answer = self._interpreter.answer_deadline_s > clock.now_s()
        self._show_activity("asking" if self._awaits_answer else "idle")
        if self._awaits_answer:
            self._await_end_of_answer_time()

    def _await_end_of_answer_time(self) -> None:
        """Publish `idle` when the time for an answer is over, if it is known when that is."""
        deadline_s = self._interpreter.answer_deadline_s
        if deadline_s < math.inf:
            self._adapter.call_at(deadline_s, self._answer_time_over)

    def _answer_time_over(self) -> None:
        # On a thread of the adapter. Meanwhile something may have been said, or asked again.
        if self._awaits_answer and self._interpreter.answer_deadline_s <= clock.now_s():
            self._show_activity("idle")

    def _show_activity(self, activity: str) -> None:
        self._adapter.publish_activity(activity)
        self._live.activity(activity)


class _Watched:
    """An utterance that tells when it has ended: once, however often it is read."""

    def __init__(self, utterance: Utterance, on_end: Callable[[Utterance], None]) -> None:
        self._utterance = utterance
        self._on_end = on_end
        self.has_ended = False

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
        if not self.has_ended:
            self.has_ended = True
            self._on_end(self._utterance)

    def expect(self, prospect: PartialMatch) -> None:
        self._utterance.expect(prospect)
