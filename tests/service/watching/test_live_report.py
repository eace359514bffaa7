"""What is shown of an utterance while it is processed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes import SpokenUtterance
from voice2mqtt import clock
from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Heard
from voice2mqtt.service.process_utterance import ProcessedUtterance
from voice2mqtt.service.watching.live_report import LiveReport


def test_each_stage_is_counted_from_the_end_of_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Event] = []
    live = LiveReport(shown.append)
    utterance = SpokenUtterance()
    ended_s = utterance.speech_ended_at_s

    def at(after_s: float, step: Callable[[], Any]) -> None:
        monkeypatch.setattr(clock, "now_s", lambda: ended_s + after_s)
        step()

    at(0.13, live.gate_closed)
    at(0.4, live.recognised)
    processed = ProcessedUtterance(outcome=Heard(text="x"), latency_ms=410.0, utterance=utterance)
    live.decided(processed, utterance)
    assert shown == [
        {
            "event": "stages", "id": processed.id, "endpoint_ms": 130.0, "recognise_ms": 270.0,
            "decide_ms": 10.0, "loudness_db": -30.0,
        }
    ]  # fmt: skip


def test_a_delivery_is_shown_with_its_time_or_its_reason() -> None:
    shown: list[dict[str, Any]] = []
    live = LiveReport(shown.append)
    live.delivery("1", "light")("")
    live.delivery("2", "light")("too late")
    assert [(each["id"], each["done"], each["reason"]) for each in shown] == [
        ("1", True, ""), ("2", False, "too late"),
    ]  # fmt: skip
    assert shown[0]["after_ms"] >= 0


def test_no_word_is_shown_that_may_not_be_kept() -> None:
    shown: list[Event] = []
    live = LiveReport(shown.append, log_text=False)
    live.activity("hearing")
    live.interim("open the door")
    live.event({"event": "unmatched", "id": "1", "text": "open the door", "reason": "no 'door'"})
    live.delivery("1", "light")("home/door: too late")
    assert "door" not in str(shown)
    assert len(shown) == 3
