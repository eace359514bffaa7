"""Continuous recognition by the real SDK: its five events, its stop, a loss, and nothing left."""

import threading
import time
from pathlib import Path

import pytest

from tests.broker import wait_until
from tests.speech.scripted import Line, answering, phrase_of, scripted, silent
from tests.speech.test_azure import Spoken, ignore, recognizer
from tests.speechhost.fakes import silence, tone
from voice2mqtt.core.outcome import Canceled, Heard, Outcome
from voice2mqtt.speech import turn

SPOKEN = (silence(200), tone(900), silence(300))
WITHIN_S = 60.0
LEFT = 3
"""Threads that the SDK keeps for a while after a session."""


def two_sentences(line: Line) -> None:
    """Recognise two sentences in one session, with an interim hypothesis of each."""
    for words, until_s in (("Turn on.", 0.7), ("Turn off.", 1.4)):
        line.hear(until_s)
        line.tell("speech.hypothesis", {"Text": words.lower(), "Offset": 0, "Duration": 1})
        began = {"Offset": round(until_s * 1e7) - 7_000_000}
        line.tell("speech.phrase", phrase_of(words, 7_000_000) | began)
    line.hear()
    line.tell("turn.end", {})
    line.wait()


def test_all_five_events_make_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    for name in ("begin", "interim", "part", "cancel", "end"):
        told = getattr(turn.TurnEvents, name)

        def note(events: object, event: object, name: str = name, told: object = told) -> None:
            seen.append(name)
            assert callable(told)
            told(events, event)

        monkeypatch.setattr(turn.TurnEvents, name, note)
    interims: list[str] = []
    with scripted(two_sentences) as host:
        mine = recognizer(host.url, mode="continuous")
        outcome = mine.recognize(Spoken(*SPOKEN), interims.append)
        wait_until(lambda: "end" in seen, "the end of the session")
        mine.close()
    assert isinstance(outcome, Heard)
    assert outcome.text == "Turn on. Turn off."
    assert interims == ["turn on.", "turn off."]
    assert seen == ["begin", "interim", "part", "interim", "part", "cancel", "end"]


def test_a_session_that_is_lost_starts_anew_and_loses_nothing() -> None:
    def lost_in_the_middle(line: Line) -> None:
        line.hear(0.7)
        line.tell("speech.phrase", phrase_of("Turn on.", 7_000_000))
        line.hear()
        line.cut()

    def go_on(line: Line) -> None:
        """Recognise the rest that the SDK sends after the loss, or else all of it."""
        while True:
            line.hear()
            line.answer("Turn on the light." if line.heard_ticks > 10_000_000 else "The light.")

    with scripted(lost_in_the_middle, go_on) as host:
        mine = recognizer(host.url, mode="continuous")
        outcome = mine.recognize(Spoken(*SPOKEN), ignore)
        mine.close()
    assert isinstance(outcome, Heard)
    assert outcome.text.replace(".", "").lower() == "turn on the light"


def test_stopping_ends_the_session() -> None:
    with scripted(silent) as host:
        mine = recognizer(host.url, mode="continuous")
        outcomes: list[Outcome] = []
        until = threading.Event()
        speaking = threading.Thread(
            target=lambda: outcomes.append(mine.recognize(Spoken(*SPOKEN, until=until), ignore))
        )
        speaking.start()
        wait_until(lambda: host.connections > 0, "the session")
        mine.close()
        until.set()
        began_s = time.monotonic()
        speaking.join(WITHIN_S)
        assert time.monotonic() - began_s < 2.0
    assert [type(outcome) for outcome in outcomes] == [Canceled]


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def test_no_thread_is_left_behind() -> None:
    def broken(line: Line) -> None:
        line.hear(0.5)
        line.close(1007)

    with scripted(answering("Turn on.")) as host:
        mine = recognizer(host.url, mode="continuous", retry_s=0)
        mine.recognize(Spoken(*SPOKEN), ignore)
        before = _threads()
        for script in (answering("Turn on."), broken) * 5:
            host.go_on_with(script)
            mine.recognize(Spoken(*SPOKEN), ignore)
        mine.close()
        wait_until(lambda: _threads() <= before + LEFT, "the SDK's threads to end", WITHIN_S)
