"""Whatever fails while one sentence is served ends that sentence, and not the daemon."""

import threading
from collections.abc import Callable
from itertools import cycle

import pytest

from tests.broker import wait_until
from tests.service.stage import ROOT, Stage

PLACES: dict[str, Callable[[Stage], tuple[object, str]]] = {
    "asking whether audio may be sent": lambda stage: (stage.daemon._state, "may_send"),
    "telling that somebody speaks": lambda stage: (
        stage.daemon._adapter.arbitration,
        "speech_began",
    ),
    "telling that nobody speaks": lambda stage: (stage.daemon._adapter.arbitration, "speech_ended"),
    "recognising": lambda stage: (stage.recognizer, "recognize"),
    "deciding": lambda stage: (stage.daemon._executor._interpreter, "decide"),
    "agreeing with other rooms": lambda stage: (stage.daemon._adapter.arbitration, "arbitrate"),
    "publishing": lambda stage: (stage.daemon._adapter, "carry_out"),
    "reporting": lambda stage: (stage.daemon._executor, "_report"),
    "telling": lambda stage: (stage.daemon._adapter, "publish_event"),
    "replying": lambda stage: (stage.daemon._executor._reply, "to"),
    "showing what goes on": lambda stage: (stage.daemon._adapter, "publish_activity"),
    "counting": lambda stage: (stage.daemon._state, "note"),
    "telling the state": lambda stage: (stage.daemon._adapter, "publish_state"),
    "looking after the host": lambda stage: (stage.daemon._host_watch, "note"),
}
"""Every place that one sentence passes, and the method that is there."""
UNTOLD = {"asking whether audio may be sent", "looking after the host"}
"""Before and after what is told of a sentence."""
ERRORS = (ZeroDivisionError, RecursionError, MemoryError, OSError, KeyError, ValueError)


def break_once(
    stage: Stage, place: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """Let the loop's next call at `place` fail: before it does anything, or when it has."""
    owner, name = PLACES[place](stage)
    whole = getattr(owner, name)

    def broken(*args: object, **options: object) -> object:
        if threading.current_thread().name != "loop":
            return whole(*args, **options)
        monkeypatch.setattr(owner, name, whole)
        if late:
            whole(*args, **options)
        raise error(f"on purpose: {place}")

    monkeypatch.setattr(owner, name, broken)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_fault_anywhere_ends_one_sentence_alone(
    late: bool,
    make_stage: Callable[..., Stage],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = make_stage("turn on the light", "turn off the light")

    def commands(payload: str) -> int:
        return sum(message.payload == payload for message in stage.seen.on("home/light"))

    def serve_after_a_fault(place: str, error: type[Exception]) -> None:
        asked, told = stage.microphone.asked, len(stage.told)
        on, off = commands("ON"), commands("OFF")
        break_once(stage, place, error, monkeypatch, late=late)
        stage.recognizer.asked = 0
        stage.microphone.speak()
        wait_until(lambda: any(r.exc_info and place in str(r.exc_info[1]) for r in caplog.records),
                   "traceback")  # fmt: skip
        if place not in UNTOLD:
            wait_until(lambda: len(stage.told) > told, "event")
        stage.recognizer.asked = 1
        stage.microphone.speak()
        wait_until(lambda: commands("OFF") == off + 1, "next sentence carried out")
        wait_until(lambda: stage.microphone.asked == asked + 2, "end of it")
        assert commands("ON") <= on + 1

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        wait_until(lambda: stage.microphone.asked == 1, "somebody who listens")
        for place, error in zip(PLACES, cycle(ERRORS), strict=False):
            serve_after_a_fault(place, error)

    stage.play(direct)
    faults = [event for event in stage.told if event.get("code") == "Fault"]
    assert len(faults) == len(PLACES) - len(UNTOLD)


def test_a_fault_while_a_typed_sentence_is_decided_ends_that_sentence_alone(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    interpreter = stage.daemon._executor._interpreter
    decide = interpreter.decide

    def broken(*_args: object, **_options: object) -> object:
        monkeypatch.setattr(interpreter, "decide", decide)
        raise ZeroDivisionError

    def direct() -> None:
        stage.seen.wait_for(f"{ROOT}/availability", lambda said: said == "online")
        monkeypatch.setattr(interpreter, "decide", broken)
        stage.seen.send(f"{ROOT}/say/set", "turn on the light")
        stage.seen.send(f"{ROOT}/say/set", "turn off the light")
        stage.seen.wait_for("home/light", lambda payload: payload == "OFF")
        assert [event.get("code") for event in stage.events(2)] == ["Fault", None]

    stage.play(direct)
    assert not [message for message in stage.seen.on("home/light") if message.payload == "ON"]
