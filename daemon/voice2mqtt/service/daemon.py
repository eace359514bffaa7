"""The running daemon: what is started and stopped, and in which order.

The main thread supervises: it handles the events of the inbox, so that a signal never waits for
a recognition. The thread `loop` serves one utterance after another. `composition.py` lists all
threads.
"""

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from voice2mqtt import clock
from voice2mqtt.audio.signal.condition import MicrophoneState
from voice2mqtt.core.audio import Utterance, Wakefulness
from voice2mqtt.core.event import Event
from voice2mqtt.core.ports import Recognizer, UtteranceSource
from voice2mqtt.errors import SettingsError
from voice2mqtt.feedback.voice import SpeakerVoice
from voice2mqtt.history.writer import HistoryWriter
from voice2mqtt.memory import IdleTrim, trim_malloc
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.control import Control, Listen, Mute, Reload, Say
from voice2mqtt.service.command_executor import CommandExecutor
from voice2mqtt.service.former_node import FormerNode
from voice2mqtt.service.inbox import (
    ControlRequested,
    DaemonEvent,
    HostChanged,
    Inbox,
    LoopEnded,
    MicrophoneChanged,
    Stop,
    TableRead,
    Typed,
    WakefulnessChanged,
)
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.recognition.host_watch import HostWatch
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import Watchdog
from voice2mqtt.service.table_check import TableCheck
from voice2mqtt.service.table_watch import TableWatch
from voice2mqtt.service.watching.dry_run import DryRun
from voice2mqtt.settings.yaml.faults import FaultsError

TICK_S = 1.0
"""How often the supervisor polls what sends no events; set by hand."""
FIRST_TICK_S = 0.1
"""The same before READY, which must not be delayed by a tick."""
FINISH_WITHIN_S = 1.2
"""How long an utterance already heard may take to be recognised after a stop was asked for."""
DRAIN_S = 0.5
"""How long messages may still be delivered after that; set by hand."""

log = logging.getLogger(__name__)


class Daemon:
    """Everything that runs; `composition.py` makes one from settings."""

    def __init__(
        self,
        *,
        microphone: UtteranceSource,
        recognizer: Recognizer,
        voice: SpeakerVoice,
        executor: CommandExecutor,
        adapter: MqttAdapter,
        state: NodeState,
        inbox: Inbox,
        host_watch: HostWatch,
        table_watch: TableWatch,
        table_check: TableCheck,
        host_name: str,
        history: HistoryWriter,
        former_node: FormerNode,
        notifier: Notifier,
        watchdog: Watchdog,
        dry_run: DryRun,
    ) -> None:
        """Take the parts, already connected to each other."""
        self._microphone = microphone
        self._recognizer = recognizer
        self._voice = voice
        self._executor = executor
        self._adapter = adapter
        self._state = state
        self._inbox = inbox
        self._host_watch = host_watch
        self._table_watch = table_watch
        self._table_check = table_check
        self._host_name = host_name
        self._history = history
        self._former_node = former_node
        self._notifier = notifier
        self._watchdog = watchdog
        self._dry_run = dry_run
        self._loop = threading.Thread(target=self._run_loop, name="loop", daemon=True)
        self._failure: BaseException | None = None
        self._reloading = self._reload_again = False

    def run(self) -> None:
        """Start, serve until a signal or the end of the source, drain, stop.

        Raises:
            UserFacingError: the source of audio went bad for good.
        """
        with _signals(self._inbox):
            self._adapter.on_control(lambda c: self._inbox.put_control(c, clock.now_s()))
            self._executor.announce_unfinished()
            self._adapter.start()
            self._host_watch.start()
            self._history.start()
            self._former_node.start()
            self._watchdog.start()
            self._loop.start()
            why = "a fault of voice2mqtt"
            try:
                why = self._supervise()
            finally:
                self._stop(why)
        if self._failure:
            raise self._failure

    def stop(self, why: str) -> None:
        """Have `run` come to its end. Any thread may call it."""
        self._inbox.put(Stop(why))

    # For who watches, from any thread.

    @property
    def in_speech(self) -> bool:
        """Whether an utterance is under way at the microphone."""
        return self._microphone.in_speech

    def state_document(self) -> Event:
        """Return the state as it is published, with the broker's beside it."""
        return {**self._state.document(), "broker": self._adapter.up}

    def dry_run(self, sentence: str) -> Sequence[Event]:
        """Return the events of `sentence` as if it had been heard; nothing else happens."""
        return self._dry_run.events(sentence)

    def dry_run_recording(self, pcm: bytes) -> Sequence[Event]:
        """Return the events of what is said in `pcm`; the Speech host hears it, and that is all.

        Raises:
            UnavailableError: nothing more may be sent today.
        """
        return self._dry_run.events_of_recording(pcm)

    def say(self, sentence: str) -> str:
        """Handle `sentence` as if it had been heard; return why it is not taken, or ""."""
        return self._inbox.put_control(Say(sentence), clock.now_s())

    def mute(self, *, on: bool) -> None:
        """Stop carrying out commands, or begin again."""
        self._inbox.put_control(Mute(on=on), clock.now_s())

    def reload(self) -> None:
        """Read the command table again."""
        self._inbox.put_control(Reload(), clock.now_s())

    # The daemon's own threads.

    def _run_loop(self) -> None:
        failure: BaseException | None = None
        trim = IdleTrim()
        heartbeat = self._watchdog.heartbeat("loop")
        heartbeat.pause()
        try:
            for utterance in self._microphone.utterances():
                heartbeat.beat()
                self._serve(utterance)
                trim.note_work()
                if trim.is_due(clock.now_s(), busy=self.in_speech):
                    trim_malloc()
                heartbeat.pause()
        except BaseException as error:  # noqa: BLE001 - raised again by the supervisor
            failure = error
        self._inbox.put(LoopEnded(failure))

    def _serve(self, utterance: Utterance) -> None:
        try:
            if self._state.may_send():
                outcome = self._executor.process_utterance(
                    utterance, self._recognizer, self._microphone.another_waits
                )
                self._host_watch.note(outcome)
            else:
                # Its wake word may have been shown just before nothing could be sent any more.
                self._executor.show_wakefulness(Wakefulness.ASLEEP, "")
        except Exception:  # whatever it is, the next sentence is served
            log.exception("a fault of voice2mqtt; what was said is dropped")

    def _supervise(self) -> str:
        """Handle daemon events until one of them ends the daemon; return why."""
        heartbeat = self._watchdog.heartbeat("supervisor")
        ready = False
        while True:
            heartbeat.beat()
            event = self._inbox.take(TICK_S if ready else FIRST_TICK_S)
            match event:
                case Stop(why=why):
                    return why
                case LoopEnded(failure=failure):
                    self._failure = failure
                    return "the audio has ended"
                case _:
                    self._handle_event(event)
            if self._update_polled_state() or event is not None:
                self._adapter.publish_state(self._state.document())
            if not ready and self._tried:
                ready = True
                log.info("started: %s", self._state.sentence(), extra={"V2M_EVENT": "ready"})
                self._notifier.ready(self._state.sentence())
                self._table_check.start()
            self._notifier.status(self._state.sentence())

    def _update_polled_state(self) -> bool:
        """Update what sends no events: broker and daily limit; return whether one has changed."""
        state = self._state
        before = state.broker_up, state.limit_reached
        state.broker_up, state.limit_reached = self._adapter.up, state.usage.exhausted
        if state.limit_reached and not before[1]:
            self._executor.announce(self._adapter.new_event("limit_reached"))
        return before != (state.broker_up, state.limit_reached)

    def _handle_event(self, event: DaemonEvent | None) -> None:
        match event:
            case ControlRequested(control=control):
                self._handle_control(control)
            case Typed(text=text, at_s=at_s):
                self._executor.process_text(text, at_s)
            case MicrophoneChanged(state=state):
                self._microphone_changed(state)
            case WakefulnessChanged(change=change, word=word):
                self._executor.show_wakefulness(change, word)
            case HostChanged(fault=fault):
                self._host_changed(fault)
            case TableRead():
                self._table_read(event)
            case _:
                if self._table_watch.changed():
                    self._reload()

    @property
    def _tried(self) -> bool:
        """Whether microphone, Speech host and broker have each been tried."""
        state = self._state
        return state.microphone is not None and state.host_fault is not None and self._adapter.tried

    def _handle_control(self, control: Control) -> None:
        match control:
            case Mute(on=on):
                self._executor.set_muted(on=on)
                log.info("muted" if on else "listening again")
            case Reload():
                self._reload()
            case Listen():
                self._executor.open_once()

    def _microphone_changed(self, state: MicrophoneState) -> None:
        self._state.microphone = state
        if state.listening:
            log.info("%s", state.sentence, extra={"V2M_EVENT": "microphone_back"})
        else:
            log.warning("%s", state.sentence, extra={"V2M_EVENT": "microphone_lost"})

    def _host_changed(self, fault: str) -> None:
        self._state.host_fault = fault
        name = self._host_name
        if fault:
            told = {"V2M_EVENT": "host_lost", "V2M_REASON": fault}
            log.warning("the Speech host %s cannot be used: %s", name, fault, extra=told)
        else:
            log.info("the Speech host %s can be used", name, extra={"V2M_EVENT": "host_back"})

    def _reload(self) -> None:
        """Have the table read again, in a thread of its own; once more after one that runs."""
        self._reload_again = self._reloading
        if self._reloading:
            return
        self._reloading = True
        self._notifier.reloading()
        # A large table takes seconds; events and the watchdog must not wait for it.
        threading.Thread(target=self._read_table, name="table", daemon=True).start()

    def _read_table(self) -> None:
        try:
            self._inbox.put(TableRead(rows=self._table_watch.reload()))
        except BaseException as error:  # noqa: BLE001 - raised again by the supervisor
            self._inbox.put(TableRead(failure=error))

    def _table_read(self, read: TableRead) -> None:
        self._reloading = False
        match read.failure:
            case None:
                self._executor.announce(
                    self._adapter.new_event("reloaded", reason=f"{read.rows} rows")
                )
                self._table_check.start()
                said = f"table read again, {read.rows} rows"
            case SettingsError() as error:
                reason = error.report if isinstance(error, FaultsError) else str(error)
                self._executor.announce(self._adapter.new_event("reload_refused", reason=reason))
                said = "the new table is wrong, the old one stays"
            case failure:
                raise failure
        self._notifier.ready(f"{said}; {self._state.sentence()}")
        if self._reload_again:
            self._reload()

    def _stop(self, why: str) -> None:
        log.info("stopping: %s", why, extra={"V2M_EVENT": "stopping"})
        self._notifier.stopping(why)
        self._former_node.stop()
        self._host_watch.stop()
        self._microphone.close()
        self._loop.join(FINISH_WITHIN_S)
        self._recognizer.close()
        self._loop.join(FINISH_WITHIN_S)
        self._voice.close()
        self._adapter.close(DRAIN_S)
        self._history.close()
        self._watchdog.stop()
        self._notifier.close()


@contextmanager
def _signals(inbox: Inbox) -> Iterator[None]:
    """Turn signals into daemon events while the daemon runs."""
    event_of = {
        signal.SIGTERM: Stop("asked to by SIGTERM"),
        signal.SIGINT: Stop("asked to by Ctrl-C"),
        signal.SIGHUP: ControlRequested(Reload()),
    }
    before = {}
    for number, event in event_of.items():
        before[number] = signal.signal(number, lambda *_, event=event: inbox.put(event))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
