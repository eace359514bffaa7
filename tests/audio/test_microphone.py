import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.audio.fakes import FRAME_SAMPLES, LoudIsSpeech, silence, speech
from voice2mqtt import clock
from voice2mqtt.audio.microphone import MOST_WAITING, Microphone
from voice2mqtt.audio.sources.source import Source
from voice2mqtt.audio.utterance import NO_BEGINNING, NO_END
from voice2mqtt.errors import InputError
from voice2mqtt.settings.model import EndpointerSettings

SETTINGS = EndpointerSettings(pre_roll_ms=96, hangover_ms=320)


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


def _microphone(source: Source) -> Microphone:
    return Microphone(source, LoudIsSpeech(), SETTINGS)


def test_utterances_wait_for_a_busy_recognizer_complete_and_in_order() -> None:
    audio = b"".join(silence(12) + speech(10, start=at * 1000) for at in range(10)) + silence(12)
    source = Playback(audio)
    microphone = _microphone(source)
    utterances = microphone.utterances()
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
    (utterance,) = _microphone(Playback(silence(5) + speech(10))).utterances()
    assert len(b"".join(utterance.frames())) == 20 * 1024


def test_a_file_without_speech_gives_no_utterance() -> None:
    assert list(_microphone(Playback(silence(100))).utterances()) == []


def test_a_gap_cuts_off_the_utterance_and_what_is_left_of_it() -> None:
    rest_and_next = speech(10, start=7000) + silence(12) + speech(10) + silence(12)
    microphone = _microphone(Playback(speech(10), b"", rest_and_next))
    first, second, third = microphone.utterances()
    assert len(b"".join(first.frames())) == 10 * 1024
    assert second.start_sample == 10 * FRAME_SAMPLES
    list(second.frames())
    assert (first.cut, second.cut, third.cut) == (NO_END, NO_BEGINNING, "")


class Live:
    """A live source, and the clock by which it is heard."""

    live = True

    def __init__(self, *steps: bytes | tuple[str, float]) -> None:
        """Deliver audio in time; ("lose", s) some of it, or make it wait unread ("wait", s)."""
        self._steps = steps
        self.now_s = 5000.0

    def blocks(self) -> Iterator[bytes]:
        """Yield each block when it has been spoken, or at once if that was earlier."""
        due_s = self.now_s
        for step in self._steps:
            if isinstance(step, bytes):
                for at in range(0, len(step), 640):
                    due_s += 0.02
                    self.now_s = max(self.now_s, due_s)
                    yield step[at : at + 640]
            else:
                what, seconds = step
                self.now_s += seconds
                due_s += seconds if what == "lose" else 0

    def close(self) -> None:
        """Do nothing: it ends by itself."""


@contextmanager
def _clock_of(source: Live) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now_s", lambda: source.now_s)
        yield


def _cuts(*steps: bytes | tuple[str, float]) -> list[str]:
    source = Live(*steps)
    cuts = []
    with _clock_of(source):
        for utterance in _microphone(source).utterances():
            list(utterance.frames())
            cuts.append(utterance.cut)
    return cuts


def test_who_speaks_when_a_microphone_is_opened_is_not_heard_from_the_beginning() -> None:
    assert _cuts(speech(10) + silence(12) + speech(10) + silence(12)) == [NO_BEGINNING, ""]
    assert _cuts(silence(12) + speech(10) + silence(12)) == [""]


@pytest.mark.parametrize("lost_s", [0.5, 5.0, 8 * 3600.0])
def test_audio_that_does_not_come_cuts_off_the_sentence(lost_s: float) -> None:
    said = (silence(100), speech(20), ("lose", lost_s), speech(40), silence(12), speech(10))
    cuts = _cuts(*said, silence(12))
    assert cuts == [NO_END, NO_BEGINNING, ""]


def test_audio_that_waited_too_long_is_not_heard() -> None:
    said = (silence(100), speech(20), ("wait", 6.0), speech(40), silence(40), speech(10))
    cuts = _cuts(*said, silence(100), speech(10), silence(12))
    assert cuts == [NO_END, ""]


def test_audio_that_waited_a_moment_is_heard_and_known_to_be_old() -> None:
    source = Live(silence(100), speech(20), ("wait", 1.5), speech(20), silence(12))
    with _clock_of(source):
        (utterance,) = _microphone(source).utterances()
    assert len(list(utterance.frames())) >= 40
    assert not utterance.cut
    assert source.now_s - utterance.speech_ended_at_s > 0.7


def test_closing_cuts_off_what_is_being_said() -> None:
    source = Playback(silence(12) + speech(10), live=True)
    microphone = _microphone(source)
    utterances = microphone.utterances()
    first = next(utterances)
    assert source.finished.wait(10)
    microphone.close()
    assert b"".join(first.frames()).endswith(speech(10))
    assert first.cut == NO_END
    assert list(utterances) == []


def test_the_fault_of_a_source_reaches_the_reader() -> None:
    microphone = _microphone(Playback(speech(10), failure=InputError("a.wav: gone")))
    utterances = microphone.utterances()
    next(utterances)
    with pytest.raises(InputError, match="gone"):
        next(utterances)


def test_live_audio_that_nobody_recognizes_is_bounded() -> None:
    audio = (speech(4) + silence(12)) * (MOST_WAITING + 5)
    source = Playback(audio, live=True)
    microphone = _microphone(source)
    utterances = microphone.utterances()
    next(utterances)
    assert source.finished.wait(30)
    microphone.close()
    assert len(list(utterances)) == MOST_WAITING


def test_a_file_waits_for_its_reader() -> None:
    audio = (speech(4) + silence(12)) * (MOST_WAITING + 5)
    assert len(list(_microphone(Playback(audio)).utterances())) == MOST_WAITING + 5
