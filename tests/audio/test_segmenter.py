import gc
import weakref
from dataclasses import replace

import pytest

from tests.audio.fakes import FRAME_SAMPLES, LoudIsSpeech, silence, speech
from voice2mqtt.audio.segmenter import Segmenter
from voice2mqtt.audio.utterance import NO_BEGINNING, NO_END, LiveUtterance
from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.settings.model import EndpointerSettings

SETTINGS = EndpointerSettings(pre_roll_ms=96, hangover_ms=320, complete_hangover_ms=96)


def _feed(segmenter: Segmenter, audio: bytes, block_bytes: int = 640, at_s: float = 0.0) -> None:
    for at in range(0, len(audio), block_bytes):
        segmenter.feed(audio[at : at + block_bytes], at_s + (at + block_bytes) / 32_000)


@pytest.fixture
def utterances() -> list[LiveUtterance]:
    return []


@pytest.fixture
def segmenter(utterances: list[LiveUtterance]) -> Segmenter:
    return Segmenter(LoudIsSpeech(), SETTINGS, utterances.append)


@pytest.mark.parametrize("block_bytes", [2, 640, 1024, 100_000])
def test_an_utterance_is_a_contiguous_piece_of_the_audio(
    segmenter: Segmenter, utterances: list[LiveUtterance], block_bytes: int
) -> None:
    audio = silence(20) + speech(30) + silence(20)
    _feed(segmenter, audio, block_bytes)
    (utterance,) = utterances
    heard = b"".join(utterance.frames())
    assert utterance.start_sample == 20 * FRAME_SAMPLES
    assert heard == audio[20 * 1024 : 60 * 1024]


def test_a_too_long_utterance_is_several_without_a_seam(utterances: list[LiveUtterance]) -> None:
    settings = replace(SETTINGS, max_utterance_s=2.0)
    audio = silence(10) + speech(300) + silence(20)
    _feed(Segmenter(LoudIsSpeech(), settings, utterances.append), audio)
    assert len(utterances) == 5
    heard = b"".join(b"".join(utterance.frames()) for utterance in utterances)
    start = utterances[0].start_sample * 2
    assert heard == audio[start : start + len(heard)]
    assert len(heard) >= 300 * 1024


def test_an_utterance_right_after_another_repeats_and_loses_nothing(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    audio = silence(5) + speech(10) + silence(10) + speech(10, start=9000) + silence(11)
    _feed(segmenter, audio)
    first, second = (b"".join(utterance.frames()) for utterance in utterances)
    start = utterances[0].start_sample * 2
    assert utterances[1].start_sample * 2 == start + len(first)
    assert first + second == audio[start : start + len(first + second)]


def test_word_of_a_whole_command_ends_it_at_once(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    _feed(segmenter, speech(10) + silence(4))
    utterances[0].expect(PartialMatch.COMPLETE)
    assert len(b"".join(utterances[0].frames())) == 14 * 1024


def test_word_of_an_earlier_utterance_does_not_end_the_next(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    _feed(segmenter, speech(10) + silence(10) + speech(10) + silence(4))
    utterances[0].expect(PartialMatch.COMPLETE)
    assert segmenter.is_open


def test_it_knows_when_speech_ended_and_how_loud_it_was(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    _feed(segmenter, silence(10) + speech(20) + silence(10), at_s=100.0)
    assert utterances[0].speech_ended_at_s == pytest.approx(100 + 30 * 0.032)
    assert -60 < utterances[0].loudness_db < 0


def test_an_interruption_ends_the_utterance_and_forgets_the_voice(
    utterances: list[LiveUtterance],
) -> None:
    voice_activity = LoudIsSpeech()
    segmenter = Segmenter(voice_activity, SETTINGS, utterances.append)
    _feed(segmenter, speech(10)[:-100])
    assert not utterances[0].cut
    segmenter.interrupt()
    assert len(b"".join(utterances[0].frames())) == 9 * 1024
    assert utterances[0].cut == NO_END
    assert voice_activity.resets == 1
    _feed(segmenter, speech(4, start=5000) + silence(10))
    assert utterances[1].start_sample == 10 * FRAME_SAMPLES - 50
    assert utterances[1].cut == NO_BEGINNING
    _feed(segmenter, speech(4) + silence(10))
    assert not utterances[2].cut


def test_what_has_ended_is_not_cut_by_a_later_interruption(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    _feed(segmenter, speech(10) + silence(10))
    segmenter.interrupt()
    assert not utterances[0].cut


def test_suppressed_it_opens_for_nothing(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    segmenter.suppress_for(for_s=1.0)
    _feed(segmenter, speech(20))
    assert utterances == []
    _feed(segmenter, speech(20))
    assert utterances[0].start_sample >= 16_000


def test_what_nobody_holds_is_freed_at_once(
    segmenter: Segmenter, utterances: list[LiveUtterance]
) -> None:
    _feed(segmenter, speech(10) + silence(11))
    gc.disable()
    try:
        gone = weakref.ref(utterances.pop())
        assert gone() is None
    finally:
        gc.enable()
