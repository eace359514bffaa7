"""The daemon as a whole: its state, its stop, and what ends it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.manager import Manager
from tests.service.stage import ROOT, Stage
from voice2mqtt.core.outcome import Canceled, Origin
from voice2mqtt.mqtt.control import Control, Mute
from voice2mqtt.service.inbox import SENTENCES
from voice2mqtt.service.recognition.usage import UsageMeter
from voice2mqtt.service.store import Store
from voice2mqtt.service.systemd.notify import Notifier
from voice2mqtt.service.systemd.watchdog import Watchdog


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
