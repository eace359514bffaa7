"""The composition root: makes the parts from settings and connects them. Nothing is decided here.

The threads of the daemon, the file that starts each, its job, and the one place where it hands
over to another thread:

    main         service/daemon             handles daemon events   `Inbox.take`
    loop         service/daemon             serves utterances       `CommandExecutor`, its lock
    capture      audio/microphone           finds utterances        `Microphone._next`
    SDK's own    speech/turn                recognise               the callbacks in that file
    sdk-release  speech/turn                frees SDK objects       nowhere
    sdk-release  speech/keyword             frees SDK objects       nowhere
    host-watch   service/recognition/host_watch  probes the host    `Inbox.put`
    mqtt-link    mqtt/broker/link           serves the connection   the callbacks of `MqttAdapter`
    mqtt-outbox  mqtt/broker/outbox         watches deadlines       `on_done`, `call_at`
    voice        feedback/voice             plays and speaks        `CommandExecutor`, its lock
    table        service/daemon             reads the table again   `CommandExecutor`, its lock
    check        service/table_check        lints the table         nowhere, it logs
    history      history/writer             writes the history      `Feed.put`
    former-node  service/former_node        forgets an old name     nowhere, it ends
    watchdog     service/systemd/watchdog   notifies systemd        reads the heartbeats
    console      console/server             serves the page         `Feed.put`, `Inbox.put`
    console-work console/server             what takes long there   `Inbox.put`
    console-slow console/server             runs doctor, recogniser nowhere, it answers

Whatever the supervisor has to act on comes through the inbox: signals, controls, typed sentences,
changes of microphone, wakefulness, host and table, the end of the loop. The microphone, the voice,
the adapter, usage and unfinished commands may be called from any thread.
"""

from collections.abc import Callable, Mapping
from functools import partial

from voice2mqtt.audio.factory import STDIN, open_microphone
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.core.audio import Wakefulness
from voice2mqtt.core.event import Event
from voice2mqtt.core.ports import Recognizer, UtteranceSource
from voice2mqtt.feedback.voice import SpeakerVoice
from voice2mqtt.history.database import NAME as HISTORY_FILE
from voice2mqtt.history.writer import HistoryWriter
from voice2mqtt.memory import exempt_from_collection
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.command_executor import CommandExecutor
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.service.former_node import FormerNode
from voice2mqtt.service.history_keeper import HistoryKeeper
from voice2mqtt.service.inbox import Inbox, MicrophoneChanged, WakefulnessChanged
from voice2mqtt.service.interpreters import interpreter, language_of
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.recognition.host_watch import HostWatch
from voice2mqtt.service.recognition.speech_services import (
    host_watch,
    recognizer,
    set_phrases,
    usage_meters,
)
from voice2mqtt.service.recognition.transcriber import Transcriber
from voice2mqtt.service.recognition.usage import TotalUsage
from voice2mqtt.service.store import Store, state_folder
from voice2mqtt.service.systemd import journal
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import LIMITS_S, Watchdog
from voice2mqtt.service.table_check import TableCheck
from voice2mqtt.service.table_watch import TableWatch
from voice2mqtt.service.unfinished import Unfinished
from voice2mqtt.service.wake import wake_settings
from voice2mqtt.service.watching.dry_run import DryRun
from voice2mqtt.service.watching.live_report import LiveReport
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.speech.address import service_name
from voice2mqtt.speech.azure import AzureRecognizer
from voice2mqtt.speech.failover import FailoverRecognizer
from voice2mqtt.speech.microphone import SdkMicrophone


def limits_s(settings: Settings) -> Mapping[str, float]:
    """Return how long each part may go without a heartbeat; the loop for a whole utterance."""
    speech = settings.speech
    # The time-out counts twice when a failed recognition is tried again.
    asked_s = speech.timeout_s + len(speech.fallbacks) * speech.fall_back_after_s
    turn_s = settings.microphone.gate.max_utterance_s + 2 * asked_s + speech.retry_s
    granted = {**LIMITS_S, "loop": max(LIMITS_S["loop"], turn_s)}
    if settings.microphone.capture == "sdk" or settings.microphone.device == STDIN:
        # The SDK has no heartbeat, and a pipe may be silent for as long as it likes.
        del granted["capture"]
    return granted


def daemon(
    settings: Settings,
    report: Callable[[Event], None] = journal.report,
    on_audio: Callable[[bytes], None] = lambda _block: None,
    watch: Callable[[Event], None] = lambda _event: None,
) -> Daemon:
    """Return the daemon that `settings` describe, ready to run.

    `report` is given every event, `on_audio` every block that the microphone gives, and `watch`
    small events about the utterance at hand (`watching/live_report.py`), and `kept` when the
    history has it.

    Raises:
        UserFacingError: settings, table or a WAV file that is the microphone cannot be used.
    """
    parts = Composition(settings, report, watch)
    azure = recognizer(settings, parts.table, parts.usage.meters)
    microphone, speech = _microphone_and_speech(parts, azure, on_audio)

    def on_table(table: CommandTable) -> None:
        set_phrases(azure, settings, table)
        exempt_from_collection()

    watched = host_watch(settings.speech, parts.inbox)
    made = parts.daemon(microphone, speech, watched, on_table)
    exempt_from_collection()
    return made


class Composition:
    """The parts of one daemon; those that hear and recognise are made by others."""

    def __init__(
        self,
        settings: Settings,
        report: Callable[[Event], None],
        watch: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """Make what they need; see `daemon` in this file.

        Raises:
            SettingsError: the table cannot be used.
        """
        self.settings = settings
        self.inbox = Inbox()
        self._notifier = Notifier.from_environment()
        self.watchdog = Watchdog(self._notifier, limits_s(settings))
        self._store = Store(state_folder(settings))
        self.usage = TotalUsage(usage_meters(self._store, settings.speech))
        self.state = NodeState(self.usage, self._store)
        self.table = load_table(settings.commands, language_of(settings))
        self._report, self._watch = report, watch

    def daemon(
        self,
        microphone: UtteranceSource,
        speech: Recognizer,
        watched: HostWatch,
        on_table: Callable[[CommandTable], None] = lambda _table: None,
    ) -> Daemon:
        """Make the others and connect them all; `on_table` is given each new table in force.

        Raises:
            UserFacingError: the settings or the table cannot be used.
        """
        settings, table = self.settings, self.table
        adapter = MqttAdapter(settings, self.watchdog.heartbeat("network"))
        voice = SpeakerVoice(settings.feedback, language_of(settings), microphone.suppress_for)
        history = HistoryWriter(
            state_folder(settings) / HISTORY_FILE,
            keep_days=settings.history.keep_days,
            keep_audio_days=settings.history.keep_audio_days,
            on_kept=lambda: self._watch({"event": "kept"}),
        )
        first = interpreter(settings, table)
        executor = self._executor(first, adapter, voice, microphone, history)
        table_check = TableCheck()
        table_check.adopt(table, first.automaton)
        transcriber = Transcriber(settings, self.usage)
        make = partial(interpreter, settings)
        dry_run = DryRun(settings.node, make, table, transcriber.outcomes)

        def adopt(table: CommandTable) -> None:
            made = make(table)
            executor.adopt(made)
            table_check.adopt(table, made.automaton)
            dry_run.adopt(table)
            on_table(table)

        return Daemon(
            microphone=microphone,
            recognizer=speech,
            voice=voice,
            executor=executor,
            adapter=adapter,
            state=self.state,
            inbox=self.inbox,
            host_watch=watched,
            table_watch=TableWatch(settings.commands, language_of(settings), adopt),
            table_check=table_check,
            host_name=", ".join(map(service_name, settings.speech.services)),
            history=history,
            former_node=FormerNode(settings, self._store),
            notifier=self._notifier,
            watchdog=self.watchdog,
            dry_run=dry_run,
        )

    def _executor(
        self,
        first: Interpreter,
        adapter: MqttAdapter,
        voice: SpeakerVoice,
        microphone: UtteranceSource,
        history: HistoryWriter,
    ) -> CommandExecutor:
        settings, log_text = self.settings, self.settings.privacy.log_text
        keeper = HistoryKeeper(
            writer=history,
            language=settings.speech.first_language,
            with_words=log_text,
            with_audio=settings.history.keep_audio_days > 0,
        )
        return CommandExecutor(
            node=settings.node,
            interpreter=first,
            adapter=adapter,
            voice=voice,
            state=self.state,
            unfinished=Unfinished(self._store, log_text=log_text),
            report=self._report,
            keep=keeper.keep,
            log_text=log_text,
            keep_awake=microphone.keep_awake,
            live=LiveReport(self._watch, log_text=log_text),
        )


def _microphone_and_speech(
    parts: Composition,
    azure: AzureRecognizer | FailoverRecognizer,
    on_audio: Callable[[bytes], None],
) -> tuple[UtteranceSource, Recognizer]:
    settings, inbox = parts.settings, parts.inbox
    heartbeat = parts.watchdog.heartbeat("capture")
    if settings.microphone.capture == "sdk" and isinstance(azure, AzureRecognizer):
        sdk_microphone = _sdk_microphone(
            settings.microphone.device, azure, inbox, parts.state.may_send
        )
        return sdk_microphone, sdk_microphone

    def on_state(state: MicrophoneState) -> None:
        inbox.put(MicrophoneChanged(state))

    def on_wake(change: Wakefulness, word: str) -> None:
        inbox.put(WakefulnessChanged(change, word))

    wake = wake_settings(settings.listening, on_wake)
    return open_microphone(settings.microphone, on_state, on_audio, heartbeat, wake), azure


def _sdk_microphone(
    device: str, azure: AzureRecognizer, inbox: Inbox, may_send: Callable[[], bool]
) -> SdkMicrophone:
    def on_state(fault: str) -> None:
        condition = Condition.FAILED if fault else Condition.OK
        sentence = fault or f"microphone {device} is open, through the Speech SDK"
        inbox.put(MicrophoneChanged(MicrophoneState(condition, device, sentence)))

    return SdkMicrophone(azure, device, on_state, may_send)
