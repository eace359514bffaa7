"""The composition root: makes the parts from settings and connects them. Nothing is decided here.

The threads of the daemon, the file that starts each, its job, and the one place where it hands
over to another thread:

    main         service/daemon             handles daemon events   `Inbox.take`
    loop         service/daemon             serves utterances       `CommandExecutor`, its lock
    capture      audio/microphone           finds utterances        `Microphone._next`
    SDK's own    speech/turn                recognise               the callbacks in that file
    sdk-release  speech/turn                frees SDK objects       nowhere
    host-watch   service/host_watch         probes the host         `Inbox.put`
    mqtt-link    mqtt/broker/link           serves the connection   the callbacks of `MqttAdapter`
    mqtt-outbox  mqtt/broker/outbox         watches deadlines       `on_done` of each message
    timers       mqtt/provisional           watch deadlines         `on_done` of each command
    timers       mqtt/confirmation_watcher  watch deadlines         `on_done` of each command
    timer        service/command_executor   ends a question         `MqttAdapter.publish_activity`
    voice        feedback/voice             plays and speaks        `CommandExecutor`, its lock
    table        service/daemon             reads the table again   `CommandExecutor`, its lock
    check        service/table_check        lints the table         nowhere, it logs
    history      history/writer             writes the history      nowhere, it has a database
    watchdog     service/systemd/watchdog   notifies systemd        reads the heartbeats
    console      console/server             serves the page         `Feed.put`, `Inbox.put`
    console-work console/server             what takes long there   `Inbox.put`

Whatever the supervisor has to act on comes through the inbox: signals, controls, typed sentences,
changes of microphone, host and table, the end of the loop. The microphone, the voice, the adapter,
usage and unfinished commands may be called from any thread.
"""

import gc
from collections.abc import Callable, Mapping
from functools import partial

from voice2mqtt.audio.factory import STDIN, open_microphone
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.core.event import Event
from voice2mqtt.core.heartbeat import Heartbeat
from voice2mqtt.core.ports import Recognizer, UtteranceSource
from voice2mqtt.feedback.voice import SpeakerVoice
from voice2mqtt.history.database import NAME as HISTORY_FILE
from voice2mqtt.history.writer import HistoryWriter
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import Policy
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.phrase_list import phrases
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.report import Lint
from voice2mqtt.nlu.lint.report import lint as check_table
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.service.command_executor import CommandExecutor
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.service.history_keeper import HistoryKeeper
from voice2mqtt.service.host_watch import HostWatch
from voice2mqtt.service.inbox import HostChanged, Inbox, MicrophoneChanged
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.store import Store, state_folder
from voice2mqtt.service.systemd import journal
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import LIMITS_S, Watchdog
from voice2mqtt.service.table_check import TableCheck
from voice2mqtt.service.table_watch import TableWatch
from voice2mqtt.service.unfinished import Unfinished
from voice2mqtt.service.usage import UsageMeter
from voice2mqtt.service.watching.live_report import LiveReport
from voice2mqtt.service.watching.rehearsal import Rehearsal
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.speech.azure import PHRASE_LIMIT, AzureRecognizer
from voice2mqtt.speech.microphone import SdkMicrophone
from voice2mqtt.speech.probe import host_fault, host_url


def language_of(settings: Settings) -> str:
    """Return the language of a table that names none."""
    return settings.speech.language.split("-", maxsplit=1)[0]


def spoken_language(settings: Settings, table: CommandTable) -> str:
    """Return the language in which a table's words sound, with its region where it is known."""
    spoken = settings.speech.language
    return spoken if spoken.split("-")[0] == table.language.split("-")[0] else table.language


def interpreter(settings: Settings, table: CommandTable) -> Interpreter:
    """Return the interpreter of `table`.

    Raises:
        SettingsError: the table cannot be compiled.
    """
    listening = settings.listening
    policy = Policy(
        wake_phrases=listening.wake_phrase,
        wake_grace_s=listening.wake_grace_s,
        strictness=listening.strictness,
        margin=listening.margin,
        ask=listening.ask,
        answer_within_s=listening.answer_within_s,
        repeat_within_s=listening.repeat_within_s,
    )
    automaton = compile_table(table)
    return Interpreter(table, policy, _phonetic_matcher(settings, table, automaton), automaton)


def settled(made: Interpreter) -> Interpreter:
    """Return `made`, with all objects of now exempt from garbage collection.

    Otherwise a collection would walk through a large table and delay a decision.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    return made


def lint(settings: Settings, table: CommandTable) -> Lint:
    """Return the findings of the linter, sounds included; the table must compile."""
    automaton = compile_table(table)
    matcher = ExactMatcher(automaton, normaliser(table.language))
    return check_table(table, matcher, _phonetic_matcher(settings, table, automaton))


def _phonetic_matcher(
    settings: Settings, table: CommandTable, automaton: Automaton
) -> PhoneticMatcher:
    speaker = pronouncer(spoken_language(settings, table))
    return PhoneticMatcher(automaton, normaliser(table.language), speaker)


def recognizer(
    settings: Settings,
    table: CommandTable,
    on_sent: Callable[[float], None] = lambda _seconds: None,
) -> AzureRecognizer:
    """Return the recogniser, through the Azure SDK, with the phrases of `table` for the host."""
    made = AzureRecognizer(
        settings.speech,
        max_utterance_s=settings.microphone.gate.max_utterance_s,
        endpointed=settings.microphone.capture != "sdk",
        on_sent=on_sent,
    )
    _set_phrases(made, settings, table)
    return made


def _set_phrases(made: AzureRecognizer, settings: Settings, table: CommandTable) -> None:
    if settings.speech.phrase_list:
        made.prepare(phrases(table, PHRASE_LIMIT, settings.listening.wake_phrase))


def limits_s(settings: Settings) -> Mapping[str, float]:
    """Return how long each part may go without a heartbeat; the loop for a whole utterance."""
    speech = settings.speech
    # The time-out counts twice when a failed recognition is tried again.
    turn_s = settings.microphone.gate.max_utterance_s + 2 * speech.timeout_s + speech.retry_s
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
    small events about the utterance at hand (`watching/live_report.py`).

    Raises:
        UserFacingError: settings, table or a WAV file that is the microphone cannot be used.
    """
    language = language_of(settings)
    inbox = Inbox()
    notifier = Notifier.from_environment()
    watchdog = Watchdog(notifier, limits_s(settings))
    adapter = MqttAdapter(settings, watchdog.heartbeat("network"))
    store = Store(state_folder(settings))
    usage = UsageMeter(store, settings.speech.daily_limit_s)
    state = NodeState(lambda: usage.today_s, store)
    table = load_table(settings.commands, language)
    azure = recognizer(settings, table, usage.add)
    microphone, speech = _microphone_and_speech(
        settings, azure, inbox, on_audio, watchdog.heartbeat("capture"), _may_send(usage, state)
    )
    voice = SpeakerVoice(settings.feedback, language, microphone.suppress_for)
    first = settled(interpreter(settings, table))
    history = history_writer(settings)
    executor = _executor(settings, first, adapter, voice, state, store, report, watch, history)
    table_check = TableCheck()
    table_check.adopt(table, first.automaton)
    rehearsal = Rehearsal(settings.node, partial(interpreter, settings), table)

    def adopt(table: CommandTable) -> None:
        made = settled(interpreter(settings, table))
        executor.adopt(made)
        table_check.adopt(table, made.automaton)
        _set_phrases(azure, settings, table)
        rehearsal.adopt(table)

    return Daemon(
        microphone=microphone,
        recognizer=speech,
        voice=voice,
        usage=usage,
        executor=executor,
        adapter=adapter,
        state=state,
        inbox=inbox,
        host_watch=_host_watch(settings, inbox),
        table_watch=TableWatch(settings.commands, language, adopt),
        table_check=table_check,
        host_name=host_url(settings.speech),
        history=history,
        notifier=notifier,
        watchdog=watchdog,
        rehearsal=rehearsal,
    )


def _may_send(usage: UsageMeter, state: NodeState) -> Callable[[], bool]:
    return lambda: not usage.exhausted and not state.muted


def _host_watch(settings: Settings, inbox: Inbox) -> HostWatch:
    return HostWatch(
        lambda: host_fault(settings.speech), lambda fault: inbox.put(HostChanged(fault))
    )


def _executor(
    settings: Settings,
    interpreter: Interpreter,
    adapter: MqttAdapter,
    voice: SpeakerVoice,
    state: NodeState,
    store: Store,
    report: Callable[[Event], None],
    watch: Callable[[Event], None],
    history: HistoryWriter,
) -> CommandExecutor:
    return CommandExecutor(
        node=settings.node,
        interpreter=interpreter,
        adapter=adapter,
        voice=voice,
        state=state,
        unfinished=Unfinished(store, log_text=settings.privacy.log_text),
        report=report,
        keep=history_keeper(settings, history).keep,
        log_text=settings.privacy.log_text,
        live=LiveReport(watch, log_text=settings.privacy.log_text),
    )


def history_writer(settings: Settings) -> HistoryWriter:
    """Return what keeps the history, not started yet."""
    return HistoryWriter(
        state_folder(settings) / HISTORY_FILE,
        keep_days=settings.history.keep_days,
        keep_audio_days=settings.history.keep_audio_days,
    )


def history_keeper(settings: Settings, writer: HistoryWriter) -> HistoryKeeper:
    """Return what gives `writer` that which may be kept."""
    return HistoryKeeper(
        writer=writer,
        language=settings.speech.language,
        with_words=settings.privacy.log_text,
        with_audio=settings.history.keep_audio_days > 0,
    )


def _microphone_and_speech(
    settings: Settings,
    azure: AzureRecognizer,
    inbox: Inbox,
    on_audio: Callable[[bytes], None],
    heartbeat: Heartbeat,
    may_send: Callable[[], bool],
) -> tuple[UtteranceSource, Recognizer]:
    if settings.microphone.capture == "sdk":
        sdk_microphone = _sdk_microphone(settings.microphone.device, azure, inbox, may_send)
        return sdk_microphone, sdk_microphone

    def on_state(state: MicrophoneState) -> None:
        inbox.put(MicrophoneChanged(state))

    return open_microphone(settings.microphone, on_state, on_audio, heartbeat), azure


def _sdk_microphone(
    device: str, azure: AzureRecognizer, inbox: Inbox, may_send: Callable[[], bool]
) -> SdkMicrophone:
    def on_state(fault: str) -> None:
        condition = Condition.FAILED if fault else Condition.OK
        sentence = fault or f"microphone {device} is open, through the Speech SDK"
        inbox.put(MicrophoneChanged(MicrophoneState(condition, device, sentence)))

    return SdkMicrophone(azure, device, on_state, may_send)
