import threading

import pytest

from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.core.audio import PartialMatch, Utterance


def _ignore(utterance: LiveUtterance, prospect: PartialMatch) -> None:
    del utterance, prospect


def test_a_reader_that_came_first_gets_the_audio_as_it_comes() -> None:
    utterance = LiveUtterance(0, _ignore)
    frames = utterance.frames()
    utterance.append(b"ab")
    assert next(frames) == b"ab"
    timer = threading.Timer(0.05, utterance.append, [b"cd"])
    timer.start()
    assert next(frames) == b"cd"
    timer = threading.Timer(0.05, utterance.end)
    timer.start()
    assert next(frames, None) is None


def test_it_can_be_read_again() -> None:
    utterance: Utterance = LiveUtterance(7, _ignore)
    assert isinstance(utterance, LiveUtterance)
    utterance.append(b"ab")
    utterance.append(b"cd")
    utterance.end()
    assert list(utterance.frames()) == list(utterance.frames()) == [b"ab", b"cd"]
    assert utterance.start_sample == 7


def test_loudness_is_that_of_the_speech() -> None:
    utterance = LiveUtterance(0, _ignore)
    assert utterance.loudness_db == -100
    utterance.speech(captured_at_s=1.0, power=0.01)
    utterance.speech(captured_at_s=2.0, power=0.01)
    assert utterance.loudness_db == pytest.approx(-20)
    assert utterance.speech_began_at_s == 1.0
    assert utterance.speech_ended_at_s == 2.0


def test_what_is_expected_reaches_the_endpointer() -> None:
    heard: list[tuple[LiveUtterance, PartialMatch]] = []
    utterance = LiveUtterance(0, lambda *told: heard.append(told))
    utterance.expect(PartialMatch.COMPLETE)
    assert heard == [(utterance, PartialMatch.COMPLETE)]
