"""The gate behind the endpointer, in a microphone whose wake word is a number of blocks fed."""

from collections.abc import Sequence

import pytest

from tests.audio.fakes import FRAME_SAMPLES, LoudIsSpeech, silence, speech
from tests.audio.test_microphone import Playback
from voice2mqtt import clock
from voice2mqtt.audio.microphone import Microphone
from voice2mqtt.audio.wake_gate import WORD_S, WakeSettings
from voice2mqtt.core.audio import RATE_HZ, Wakefulness
from voice2mqtt.settings.model import EndpointerSettings

SETTINGS = EndpointerSettings(pre_roll_ms=96, hangover_ms=320)
WAIT_S = 2.0
LONG = 100
"""More frames of silence than are waited for."""
WOKEN, WAITING, ASLEEP = Wakefulness.WOKEN, Wakefulness.WAITING, Wakefulness.ASLEEP


class WordAtFrames:
    """Hears "house" at the end of each of these frames; a gap does not start it afresh."""

    def __init__(self, frames: Sequence[int]) -> None:
        self.resets = 0
        self.closed = False
        self._at = [frame * FRAME_SAMPLES * 2 for frame in frames]
        self._fed = 0

    def feed(self, pcm: bytes) -> str:
        before, self._fed = self._fed, self._fed + len(pcm)
        return "house" if any(before < at <= self._fed for at in self._at) else ""

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed = True


class Room:
    """What a microphone with a wake word at `frames` makes of some audio."""

    def __init__(
        self, *pieces: bytes, frames: Sequence[int], awake_for_s: float | None = None
    ) -> None:
        self.changes: list[Wakefulness] = []
        self.detector = WordAtFrames(frames)
        wake = WakeSettings(
            detector=self.detector,
            on_change=lambda change, word: self.changes.append(change) if word else None,
            wait_s=WAIT_S,
        )
        microphone = Microphone(Playback(*pieces), LoudIsSpeech(), SETTINGS, wake=wake)
        if awake_for_s is not None:
            microphone.keep_awake(clock.now_s() + awake_for_s)
        self.heard = [
            (utterance.start_sample, b"".join(utterance.frames()), utterance.cut)
            for utterance in microphone.utterances()
        ]


def test_without_the_wake_word_nothing_is_let_through() -> None:
    room = Room(silence(10) + speech(40) + silence(20) + speech(40) + silence(20), frames=())
    assert (room.heard, room.changes) == ([], [])
    assert room.detector.closed


def test_a_command_in_the_same_breath_is_let_through_with_its_wake_word() -> None:
    audio = silence(10) + speech(40) + silence(20)
    room = Room(audio, frames=[25])
    ((start, pcm, _),) = room.heard
    assert start == 10 * FRAME_SAMPLES
    assert pcm == audio[start * 2 : start * 2 + len(pcm)]
    assert len(pcm) // 2 + start >= 50 * FRAME_SAMPLES
    assert room.changes == [WOKEN]


def test_what_was_said_long_before_the_wake_word_is_left_out() -> None:
    audio = silence(10) + speech(200) + silence(20)
    room = Room(audio, frames=[120])
    ((start, pcm, _),) = room.heard
    assert start == pytest.approx(120 * FRAME_SAMPLES - WORD_S * RATE_HZ, abs=320)
    assert pcm == audio[start * 2 : start * 2 + len(pcm)]


def test_after_the_wake_word_alone_the_next_utterance_counts_and_only_that() -> None:
    command = speech(20, start=7)
    audio = silence(10) + speech(20) + silence(30) + command + silence(20) + speech(20)
    room = Room(audio, frames=[32])
    ((start, pcm, _),) = room.heard
    assert 40 * FRAME_SAMPLES < start <= 60 * FRAME_SAMPLES
    assert command in pcm
    assert room.changes == [WOKEN, WAITING]


def test_a_command_is_not_waited_for_for_ever() -> None:
    room = Room(silence(10) + speech(20) + silence(LONG) + speech(20) + silence(20), frames=[32])
    assert room.heard == []
    assert room.changes == [WOKEN, WAITING, ASLEEP]


def test_a_wake_word_where_nobody_speaks_is_a_noise() -> None:
    room = Room(silence(40) + speech(20) + silence(20), frames=[20])
    assert (room.heard, room.changes) == ([], [])


def test_kept_awake_every_utterance_is_let_through_until_then() -> None:
    audio = silence(10) + speech(20) + silence(20) + speech(20) + silence(20)
    assert len(Room(audio, frames=[], awake_for_s=60).heard) == 2
    assert Room(audio, frames=[], awake_for_s=-1).heard == []


def test_a_gap_ends_the_wait_and_starts_the_detector_afresh() -> None:
    audio = silence(10) + speech(20) + silence(20)
    room = Room(audio, b"", silence(10) + speech(20) + silence(20), frames=[32])
    assert room.heard == []
    assert room.changes == [WOKEN, WAITING, ASLEEP]
    assert room.detector.resets


def test_an_utterance_whose_wake_word_was_heard_lacks_no_beginning() -> None:
    room = Room(b"", speech(40) + silence(20), frames=[20])
    ((_, _, cut),) = room.heard
    assert cut == ""
