import threading
from collections.abc import Iterator

import pytest

from tests.ear.fakes import FRAME_SAMPLES, LoudIsSpeech, silence, speech
from voice2mqtt.core.ports import Ear
from voice2mqtt.ear.microphone import MOST_WAITING, Microphone
from voice2mqtt.errors import InputError
from voice2mqtt.settings.model import Gate as GateSettings

SETTINGS = GateSettings(pre_roll_ms=96, hangover_ms=320)


class Playback:
    """A source that plays given audio, with `b""` for a gap."""

    def __init__(
        self, *pieces: bytes, live: bool = False, failure: Exception | None = None
    ) -> None:
        self.live = live
        self.finished = threading.Event()
        self._pieces = pieces
        self._failure = failure
        self._closed = threading.Event()

    def blocks(self) -> Iterator[bytes]:
        """Yield the pieces, then wait for `close` if live."""
        for piece in self._pieces:
            for at in range(0, len(piece), 640):
                yield piece[at : at + 640]
            if not piece:
                yield b""
        if self._failure:
            raise self._failure
        self.finished.set()
        if self.live:
            self._closed.wait()

    def close(self) -> None:
        """End a live source."""
        self._closed.set()


def _ear(source: Playback) -> Microphone:
    return Microphone(source, LoudIsSpeech(), SETTINGS)


def test_utterances_wait_for_a_busy_recognizer_complete_and_in_order() -> None:
    audio = b"".join(silence(12) + speech(10, start=at * 1000) for at in range(10)) + silence(12)
    source = Playback(audio)
    ear: Ear = _ear(source)
    utterances = ear.utterances()
    first = next(utterances)
    # The recognizer is busy with the first while all the others are spoken.
    assert source.finished.wait(10)
    heard = [(u.start_sample, b"".join(u.frames())) for u in (first, *utterances)]
    assert len(heard) == 10
    for start, pcm in heard:
        assert pcm == audio[start * 2 : start * 2 + len(pcm)]
        assert len(pcm) >= 10 * 1024
    ends = [start + len(pcm) // 2 for start, pcm in heard]
    assert all(end <= start for end, (start, _) in zip(ends, heard[1:], strict=False))


def test_silence_follows_a_file_that_ends_in_speech() -> None:
    (utterance,) = _ear(Playback(silence(5) + speech(10))).utterances()
    assert len(b"".join(utterance.frames())) == 20 * 1024


def test_a_file_without_speech_gives_no_utterance() -> None:
    assert list(_ear(Playback(silence(100))).utterances()) == []


def test_a_gap_ends_the_utterance() -> None:
    ear = _ear(Playback(speech(10), b"", speech(10, start=7000)))
    first, second = ear.utterances()
    assert len(b"".join(first.frames())) == 10 * 1024
    assert second.start_sample == 10 * FRAME_SAMPLES


def test_closing_yields_what_was_captured_and_ends() -> None:
    source = Playback(speech(10), live=True)
    ear = _ear(source)
    utterances = ear.utterances()
    first = next(utterances)
    assert source.finished.wait(10)
    ear.close()
    assert len(b"".join(first.frames())) == 10 * 1024
    assert list(utterances) == []


def test_the_fault_of_a_source_reaches_the_reader() -> None:
    ear = _ear(Playback(speech(10), failure=InputError("a.wav: gone")))
    utterances = ear.utterances()
    next(utterances)
    with pytest.raises(InputError, match="gone"):
        next(utterances)


def test_live_audio_that_nobody_recognizes_is_bounded() -> None:
    audio = (speech(4) + silence(12)) * (MOST_WAITING + 5)
    source = Playback(audio, live=True)
    ear = _ear(source)
    utterances = ear.utterances()
    next(utterances)
    assert source.finished.wait(30)
    ear.close()
    assert len(list(utterances)) == MOST_WAITING


def test_a_file_waits_for_its_reader() -> None:
    audio = (speech(4) + silence(12)) * (MOST_WAITING + 5)
    assert len(list(_ear(Playback(audio)).utterances())) == MOST_WAITING + 5
