"""The daemon between fakes of its own ports and a real broker."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.broker import Broker, Subscriber, wait_until
from tests.fakes import ScriptedMicrophone, ScriptedRecognizer, SpokenUtterance
from tests.service.manager import Manager
from voice2mqtt import clock
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.core.audio import PartialMatch, Utterance, Wakefulness
from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Canceled, NoMatch, Origin, Outcome
from voice2mqtt.core.ports import GiveUp, never
from voice2mqtt.feedback.voice import SpeakerVoice
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.control import Control, Mute
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service import composition as build
from voice2mqtt.service import interpreters
from voice2mqtt.service.command_executor import CommandExecutor
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.service.former_node import FormerNode
from voice2mqtt.service.inbox import (
    SENTENCES,
    HostChanged,
    Inbox,
    MicrophoneChanged,
    WakefulnessChanged,
)
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.service.recognition.host_watch import HostWatch
from voice2mqtt.service.recognition.usage import TotalUsage, UsageMeter
from voice2mqtt.service.store import Store
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import Watchdog
from voice2mqtt.service.table_check import TableCheck
from voice2mqtt.service.table_watch import TableWatch
from voice2mqtt.service.unfinished import Unfinished
from voice2mqtt.service.watching.live_report import LiveReport
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import (
    FeedbackSettings,
    HistorySettings,
    ListeningSettings,
    MqttSettings,
    PrivacySettings,
    Settings,
)
from voice2mqtt.settings.speech_settings import SpeechSettings

TABLE = """
lists:
  switch: [{in: "on", out: "ON"}, {in: "off", out: "OFF"}]
commands:
  - {name: light, say: turn {switch} the light, topic: home/light, payload: "{switch}"}
  - {name: door, say: open the door, topic: home/door, payload: OPEN, confirm: Really?}
  - name: night
    say: good night
    publish:
      - {topic: home/light, payload: "OFF"}
      - {topic: home/heating, payload: {mode: night}, after_s: 0.2}
"""
TABLE = TABLE.replace("turn {switch} the light,", '"turn {switch} the light",')
ROOT = "voice2mqtt/voice"
QUIET = FeedbackSettings(tones=False, speak=False)


@dataclass
class Stage:
    """A daemon on the main thread, and a test that directs it from another one."""

    daemon: Daemon
    microphone: ScriptedMicrophone
    recognizer: ScriptedRecognizer
    seen: Subscriber
    table: Path
    told: list[Event] = field(default_factory=list)

    def play(self, direct: Callable[[], None]) -> None:
        """Run the daemon while `direct` runs; then stop it, and pass on what went wrong."""
        failures: list[BaseException] = []

        def act() -> None:
            try:
                direct()
            except BaseException as failure:  # noqa: BLE001 - raised again below
                failures.append(failure)
            self.daemon.stop("the test is over")

        director = threading.Thread(target=act, name="director")
        director.start()
        self.daemon.run()
        director.join()
        if failures:
            raise failures[0]

    def mute(self, *, on: bool) -> None:
        """Ask for it, and wait until the daemon says that it is so."""
        asked_s = clock.now_s()
        self.seen.send(f"{ROOT}/mute/set", "ON" if on else "OFF")
        wait_until(
            lambda: any(
                json.loads(state.payload)["muted"] is on
                for state in self.seen.on(f"{ROOT}/state")
                if state.at_s > asked_s
            ),
            "state with it",
        )

    def events(self, count: int) -> list[Event]:
        return [json.loads(m.payload) for m in self.seen.wait_for_count(f"{ROOT}/event", count)]


@pytest.fixture
def make_stage(tmp_path: Path, broker: Broker) -> Iterator[Callable[..., Stage]]:
    with broker.subscriber() as seen:

        def make(
            *outcomes: Outcome | str,
            limit_s: float = 0.0,
            log_text: bool = True,
            feedback: FeedbackSettings = QUIET,
            listening: ListeningSettings = ListeningSettings(),  # noqa: B008 - it is frozen
            history: HistorySettings = HistorySettings(),  # noqa: B008 - it is frozen
        ) -> Stage:
            table = tmp_path / "commands.yaml"
            table.write_text(TABLE)
            return _stage(Settings(
                mqtt=MqttSettings(broker=broker.url), feedback=feedback, commands=table,
                listening=listening,
                speech=SpeechSettings(daily_limit_s=limit_s), state_dir=tmp_path,
                privacy=PrivacySettings(log_text=log_text), history=history,
            ), ScriptedRecognizer(*outcomes), seen)  # fmt: skip

        yield make


def _stage(settings: Settings, recognizer: ScriptedRecognizer, seen: Subscriber) -> Stage:
    inbox, microphone = Inbox(), ScriptedMicrophone()
    told: list[Event] = []
    adapter = MqttAdapter(settings)
    voice = SpeakerVoice(settings.feedback, "en", microphone.suppress_for)
    store = Store(settings.state_dir or Path())
    usage = UsageMeter(store, settings.speech.daily_limit_s)
    recognizer.on_sent = usage.add
    state = NodeState(lambda: usage.today_s, store)
    interpreter = interpreters.interpreter(settings, load_table(settings.commands))
    check = TableCheck()

    def adopt(table: CommandTable) -> None:
        made = interpreters.interpreter(settings, table)
        executor.adopt(made)
        check.adopt(table, made.automaton)

    history = build.history_writer(settings, lambda: None)
    executor = CommandExecutor(
        node=settings.node,
        interpreter=interpreter,
        adapter=adapter,
        voice=voice,
        state=state,
        unfinished=Unfinished(store, log_text=settings.privacy.log_text),
        report=told.append,
        keep=build.history_keeper(settings, history).keep,
        log_text=settings.privacy.log_text,
        keep_awake=microphone.keep_awake,
    )
    inbox.put(MicrophoneChanged(MicrophoneState(Condition.OK, "scripted", "scripted is open")))
    daemon = Daemon(
        microphone=microphone,
        recognizer=recognizer,
        voice=voice,
        usage=TotalUsage([usage]),
        executor=executor,
        adapter=adapter,
        state=state,
        inbox=inbox,
        host_watch=HostWatch(
            lambda _well: recognizer.fault, lambda fault: inbox.put(HostChanged(fault))
        ),
        table_watch=TableWatch(settings.commands, "en", adopt),
        table_check=check,
        host_name="scripted",
        history=history,
        former_node=FormerNode(settings, store),
        notifier=Notifier(""),
        watchdog=Watchdog(Notifier("")),
    )
    return Stage(daemon, microphone, recognizer, seen, settings.commands, told)


def test_what_is_heard_is_published_and_told(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("Turn on the light.", "what a lovely day", NoMatch(reason="NotRecognized"))

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for _ in range(3):
            stage.microphone.speak()
        events = stage.events(3)
        assert [e["event"] for e in events] == ["command", "unmatched", "no_match"]
        assert len({e["id"] for e in events}) == 3
        assert stage.seen.on("home/light")[0].payload == "ON"
        assert "NotRecognized" in str(events[2]["reason"])

    stage.play(direct)
    assert [e["event"] for e in stage.told] == ["command", "unmatched", "no_match"]
    activities = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    assert activities[-3:] == ["hearing", "recognising", "idle"]


def test_the_first_words_are_shown_while_the_utterance_goes_on(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage("turn on the light")
    recognize = stage.recognizer.recognize

    def with_interim(
        utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        on_interim("turn on")
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "recognising")
        assert not spoken[0].read
        on_interim("turn on the")
        return recognize(utterance, on_interim, give_up)

    spoken: list[SpokenUtterance] = []
    monkeypatch.setattr(stage.recognizer, "recognize", with_interim)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        utterance = SpokenUtterance()
        spoken.append(utterance)
        stage.microphone.put(utterance)
        stage.events(1)

    stage.play(direct)
    shown = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    assert shown[-4:] == ["hearing", "recognising", "recognising", "idle"]


def test_the_wake_word_is_shown_at_once(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("Turn on the light.")
    looking_on: list[Event] = []
    stage.daemon._executor._live = LiveReport(looking_on.append)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for change in (Wakefulness.WOKEN, Wakefulness.WAITING, Wakefulness.ASLEEP):
            stage.daemon._inbox.put(WakefulnessChanged(change, "alexa"))
        (event,) = stage.events(1)
        assert (event["event"], event["reason"]) == ("woken", "alexa")
        stage.mute(on=True)
        stage.daemon._inbox.put(WakefulnessChanged(Wakefulness.WOKEN, "alexa"))
        stage.mute(on=False)
        stage.microphone.speak()
        assert [event["event"] for event in stage.events(2)] == ["woken", "command"]

    stage.play(direct)
    activities = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    assert activities[-5:] == ["woken", "idle", "hearing", "recognising", "idle"]
    watched = [event["activity"] for event in looking_on if event["event"] == "activity"]
    assert watched == activities[-5:]


def test_what_is_said_to_a_muted_node_leaves_nobody_awake(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.daemon._inbox.put(WakefulnessChanged(Wakefulness.WOKEN, "alexa"))
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "woken")
        stage.mute(on=True)
        stage.microphone.speak()
        wait_until(
            lambda: stage.seen.on(f"{ROOT}/activity")[-1].payload == "idle", "nobody to be awake"
        )

    stage.play(direct)


def test_the_microphone_stays_awake_for_an_answer_and_for_listen(
    make_stage: Callable[..., Stage],
) -> None:
    listening = ListeningSettings(wake_word=("alexa",), answer_within_s=5)
    stage = make_stage("open the door", "no", listening=listening)
    kept = stage.microphone.kept_awake_until_s

    def direct() -> None:
        stage.microphone.speak()
        wait_until(lambda: bool(kept) and kept[-1] > clock.now_s(), "an answer to be waited for")
        assert kept[-1] < clock.now_s() + 5.1
        stage.microphone.speak()
        wait_until(lambda: kept[-1] < clock.now_s(), "the wake word to be needed")
        stage.seen.send(f"{ROOT}/listen/set", "PRESS")
        wait_until(lambda: kept[-1] > clock.now_s(), "the next utterance to be waited for")

    stage.play(direct)


def test_a_loop_that_hangs_starves_the_watchdog_and_silence_does_not(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage = make_stage("good night")
    with (
        closing(Manager(tmp_path / "notify")) as manager,
        closing(Notifier(manager.address)) as notifier,
    ):
        limits_s = {"loop": 0.5, "supervisor": 10.0}
        stage.daemon._watchdog = Watchdog(notifier, limits_s, {"WATCHDOG_USEC": "400000"})
        stage.recognizer.answering.clear()

        def direct() -> None:
            assert [manager.hear() for _ in range(4)] == [{"WATCHDOG": "1"}] * 4
            stage.microphone.speak()
            assert manager.starves(1.0)
            stage.recognizer.answering.set()
            assert manager.hear() == {"WATCHDOG": "1"}

        stage.play(direct)


def test_a_cancellation_is_told_with_its_details(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(Canceled(reason="Error", code="ConnectionFailure", details="refused"))

    def direct() -> None:
        stage.microphone.speak()
        (event,) = stage.events(1)
        assert event["event"] == "canceled"
        assert event["code"] == "ConnectionFailure"
        assert "refused" in str(event["reason"])

    stage.play(direct)


def test_the_state_follows_recognitions_and_probes(make_stage: Callable[..., Stage]) -> None:
    refused = Canceled(
        reason="Error", code="x", explanation="it wants a key", origin=Origin.CONNECTION
    )
    stage = make_stage(refused, "turn on the light", refused)

    def wait_for_host(reason: str) -> None:
        def is_so(payload: str) -> bool:
            state = json.loads(payload)
            return state["host"] is not bool(reason) and state["host_reason"] == reason

        stage.seen.wait_for(f"{ROOT}/state", is_so)

    def direct() -> None:
        wait_for_host("")
        stage.microphone.speak()
        wait_for_host("it wants a key")
        stage.seen.messages.clear()
        stage.microphone.speak()
        wait_for_host("")
        stage.recognizer.fault = "no answer"
        stage.microphone.speak()
        wait_for_host("no answer")

    stage.play(direct)


def test_the_table_tells_the_endpointer_how_the_sentence_stands(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage("turn on the light", "turn on the")

    def direct() -> None:
        first, second = stage.microphone.speak(), stage.microphone.speak()
        stage.events(2)
        assert first.partial_matches == [PartialMatch.COMPLETE]
        assert second.partial_matches == [PartialMatch.UNFINISHED]

    stage.play(direct)


def test_muted_nothing_is_sent_and_nothing_done(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("turn on the light", "turn off the light")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.mute(on=True)
        stage.microphone.speak()
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        assert stage.events(1)[0]["reason"] == "muted"
        stage.mute(on=False)
        stage.microphone.speak()
        assert stage.events(2)[1]["event"] == "command"

    stage.play(direct)
    assert stage.recognizer.asked == 1
    assert [m.payload for m in stage.seen.on("home/light")] == ["ON"]


def test_mute_and_stop_do_not_wait_for_typed_sentences(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    said: list[str] = []
    may_go_on = threading.Semaphore(0)

    def slowly(text: str, _said_s: float) -> None:
        said.append(text)
        assert may_go_on.acquire(timeout=10)

    arrived = threading.Event()
    put_control = stage.daemon._inbox.put_control

    def noted(control: Control, now_s: float) -> str:
        fault = put_control(control, now_s)
        if isinstance(control, Mute):
            arrived.set()
        return fault

    monkeypatch.setattr(stage.daemon._executor, "process_text", slowly)
    monkeypatch.setattr(stage.daemon._inbox, "put_control", noted)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for number in range(SENTENCES + 2):
            stage.seen.send(f"{ROOT}/say/set", f"sentence {number}")
        # One is being handled; of those behind it, only so many wait.
        assert "sentences wait already" in str(stage.events(1)[0]["reason"])
        stage.seen.send(f"{ROOT}/mute/set", "ON")
        assert arrived.wait(10)
        may_go_on.release()
        stage.seen.wait_for(f"{ROOT}/state", lambda state: bool(json.loads(state)["muted"]))
        threading.Timer(0.2, may_go_on.release).start()

    stage.play(direct)
    assert said == ["sentence 0", "sentence 1"]


def test_what_another_room_may_have_done_is_held_back_and_told(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage("turn on the light")
    # It does not answer: its line is slow.
    stage.seen.send("voice2mqtt/attic/availability", "online", retain=True)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        wait_until(lambda: bool(stage.daemon._adapter.others), "the attic to be known")
        stage.microphone.speak()
        (event,) = stage.events(1)
        assert event["event"] == "held_back"
        assert "in touch with attic" in str(event["reason"])

    stage.play(direct)
    assert not stage.seen.on("home/light")


def test_a_typed_sentence_that_waited_too_long_is_not_carried_out(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    put_control = stage.daemon._inbox.put_control
    ages_s = iter((11.0, 0.0))

    def put_late(control: Control, now_s: float) -> str:
        return put_control(control, now_s - next(ages_s))

    monkeypatch.setattr(stage.daemon._inbox, "put_control", put_late)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        stage.seen.send(f"{ROOT}/say/set", "turn off the light")
        late, in_time = stage.events(2)
        assert (late["event"], late["row"]) == ("unmatched", "light")
        assert "late" in str(late["reason"])
        assert in_time["event"] == "command"
        stage.seen.wait_for("home/light")

    stage.play(direct)
    assert [m.payload for m in stage.seen.on("home/light")] == ["OFF"]


def test_a_typed_sentence_is_handled_as_if_heard(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "open the door")
        assert stage.events(1)[0]["question"] == "Really?"
        stage.seen.send(f"{ROOT}/say/set", "yes")
        assert stage.seen.wait_for("home/door").payload == "OPEN"

    stage.play(direct)


def test_an_open_question_is_shown_until_it_is_answered(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("open the door", NoMatch(reason="NotRecognized"), "what a day", "no")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        for count in range(1, 5):
            stage.microphone.speak()
            stage.events(count)

    stage.play(direct)
    shown = [m.payload for m in stage.seen.on(f"{ROOT}/activity") if not m.retained]
    rests = [said for said in shown if said in {"asking", "idle"}]
    assert rests[-4:] == ["asking", "asking", "asking", "idle"]


def test_half_a_sentence_is_told_and_answers_no_question(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("open the door", "yes")

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        stage.microphone.speak(cut="its end was not heard")
        told = stage.events(2)[1]
        assert (told["event"], told["reason"]) == ("canceled", "Cut: its end was not heard")
        assert stage.seen.on("home/door") == []
        stage.microphone.speak()
        assert stage.seen.wait_for("home/door").payload == "OPEN"

    stage.play(direct)
    assert stage.recognizer.asked == 2


def _slow_voice() -> FeedbackSettings:
    """Return a voice that has to think for longer than an answer is waited for."""
    script = "sleep 0.8; exec espeak-ng -v en --stdout -- hm"
    # ALSA's own `null` takes everything at once and makes no sound.
    return FeedbackSettings(tones=False, device="null", speech_command=("sh", "-c", script))


@pytest.mark.parametrize("said", ["open the door", "house"])
def test_the_time_for_an_answer_begins_when_the_question_has_sounded(
    make_stage: Callable[..., Stage], said: str
) -> None:
    # Both are asked: for consent, and for the command after the wake phrase alone.
    answer = "yes" if said == "open the door" else "open the door"
    listening = ListeningSettings(answer_within_s=0.4, wake_phrase=("house",), wake_grace_s=0.0)
    stage = make_stage("house " + said.replace("house", ""), "hm", answer, said,
                       feedback=_slow_voice(), listening=listening)  # fmt: skip

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        assert stage.events(1)[0]["event"] == "ask"
        # The microphone is suppressed when the sound begins, and again when it is over.
        wait_until(lambda: len(stage.microphone.suppressed_s) == 2, "end of the question")
        stage.microphone.speak()
        assert stage.events(2)[1]["event"] == "unmatched"
        stage.microphone.speak()
        answered = stage.events(3)[2]
        assert (answered["row"], answered["event"] != "unmatched") == ("door", True)

    stage.play(direct)


def test_a_question_that_has_sounded_is_not_open_for_ever(make_stage: Callable[..., Stage]) -> None:
    listening = ListeningSettings(answer_within_s=0.2)
    stage = make_stage("open the door", "yes", feedback=_slow_voice(), listening=listening)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "asking")
        assert not stage.microphone.suppressed_s
        wait_until(
            lambda: stage.seen.on(f"{ROOT}/activity")[-1].payload == "idle", "end of the wait"
        )
        assert len(stage.microphone.suppressed_s) == 2
        stage.microphone.speak()
        assert stage.events(2)[1]["event"] == "unmatched"

    stage.play(direct)


def test_an_utterance_that_is_tried_again_ended_once(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage("turn on the light")
    stage.recognizer.attempts = 3
    ended: list[float] = []
    monkeypatch.setattr(stage.daemon._adapter, "speech_ended", ended.append)

    def direct() -> None:
        stage.microphone.speak()
        stage.events(1)

    stage.play(direct)
    assert len(ended) == 1


def test_the_days_limit_stops_the_sending_and_says_so(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    UsageMeter(Store(tmp_path), 0.01).add(1.0)
    stage = make_stage("turn on the light", limit_s=0.01)

    def speak() -> None:
        stage.microphone.speak()
        stage.microphone.speak()
        assert stage.events(1)[0]["event"] == "limit_reached"
        told = stage.seen.wait_for(
            f"{ROOT}/state", lambda s: bool(json.loads(s)["daily_limit_reached"])
        )
        assert not json.loads(told.payload)["listening"]

    stage.play(speak)
    assert stage.recognizer.asked == 0


def test_a_bad_new_table_never_replaces_a_good_one(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text("commands: [")
        stage.seen.send(f"{ROOT}/reload/set", "")
        refused = stage.events(1)[0]
        assert refused["event"] == "reload_refused"
        assert "commands.yaml:1:" in str(refused["reason"])
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        assert stage.events(2)[1]["event"] == "command"

    stage.play(direct)


def test_a_changed_table_is_taken_by_itself_and_on_sighup(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text(TABLE.replace("good night", "sleep well"))
        assert stage.events(1)[0]["event"] == "reloaded"
        stage.seen.send(f"{ROOT}/say/set", "sleep well")
        assert stage.events(2)[1]["row"] == "night"
        os.kill(os.getpid(), signal.SIGHUP)
        assert stage.events(3)[2]["event"] == "reloaded"

    stage.play(direct)


def test_a_table_that_would_take_for_ever_is_refused_and_the_old_one_stays(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    endless = "x " + "[(a|b)] " * 20 + "a" + " (a|b)" * 20

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text(f'{TABLE}\n  - {{say: "{endless}", topic: t, payload: "1"}}\n')
        refused = stage.events(1)[0]
        assert refused["event"] == "reload_refused"
        assert "too many ways" in str(refused["reason"])
        assert "commands.yaml:" in str(refused["reason"])
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        assert stage.events(2)[1]["event"] == "command"

    stage.play(direct)


def test_what_is_asked_while_a_table_is_read_does_not_wait(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    may_read, reload = threading.Event(), TableWatch.reload

    def read_slowly(watch: TableWatch) -> int:
        assert may_read.wait(30)
        return reload(watch)

    monkeypatch.setattr(TableWatch, "reload", read_slowly)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/reload/set", "")
        stage.mute(on=True)
        may_read.set()
        assert stage.events(1)[0]["event"] == "reloaded"

    stage.play(direct)


def test_warnings_about_a_new_table_are_logged(
    make_stage: Callable[..., Stage], caplog: pytest.LogCaptureFixture
) -> None:
    stage = make_stage()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.table.write_text(f"rules: {{loose: please}}\n{TABLE}")
        assert stage.events(1)[0]["event"] == "reloaded"
        wait_until(lambda: "the rule loose is never used" in caplog.text, "the warning")

    stage.play(direct)


def test_a_stop_loses_nothing_that_was_heard(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("turn on the light")
    stage.recognizer.answering.clear()

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "recognising")
        threading.Timer(0.3, stage.recognizer.answering.set).start()

    stage.play(direct)
    assert stage.seen.wait_for("home/light").payload == "ON"


def test_a_stop_ends_within_two_seconds_though_the_host_never_answers(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage("turn on the light")
    stage.recognizer.answering.clear()
    stopping_s: list[float] = []

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.microphone.speak()
        stage.seen.wait_for(f"{ROOT}/activity", lambda said: said == "recognising")
        stopping_s.append(time.monotonic())

    stage.play(direct)
    assert stage.recognizer.closed.is_set()
    # Twice what is promised: the machine may be busy, but it must not hang.
    assert time.monotonic() - stopping_s[0] < 4.0


def test_an_ear_that_fails_ends_the_daemon_with_its_reason(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()

    def broken() -> Iterator[None]:
        yield from ()
        raise OSError("the pipe broke")

    monkeypatch.setattr(stage.microphone, "utterances", broken)
    with pytest.raises(OSError, match="the pipe broke"):
        stage.daemon.run()


def test_a_typed_command_passes_though_no_word_may_be_told(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(log_text=False)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        (event,) = stage.events(1)
        assert (event["text"], event["latency_ms"]) == ("", None)

    stage.play(direct)


def test_the_seconds_sent_are_told_after_each_sentence(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("turn on the light", "turn off the light")

    def direct() -> None:
        stage.microphone.speak()
        stage.seen.wait_for(f"{ROOT}/state", lambda s: json.loads(s)["metered_s_today"] == 2.5)
        stage.microphone.speak()
        stage.seen.wait_for(f"{ROOT}/state", lambda s: json.loads(s)["metered_s_today"] == 5.0)

    stage.play(direct)


def test_a_fault_of_the_supervisor_ends_the_daemon_and_its_threads(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(stage.daemon._executor, "process_text", broken)

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "offline")

    with pytest.raises(ZeroDivisionError):
        stage.play(direct)
    assert not {"mqtt-outbox", "loop", "watchdog"} & {t.name for t in threading.enumerate()}
