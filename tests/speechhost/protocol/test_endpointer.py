import numpy as np

from voice2mqtt.speechhost.protocol.endpointer import (
    Began,
    Ended,
    GoesOn,
    Paused,
    PhraseEndpointer,
    PhraseEvent,
    Resumed,
    StayedSilent,
)

FRAME_SAMPLES = 160  # 10 ms, so that the tables below read in round numbers


class WrittenActivity:
    """Each frame's first sample says how likely it holds voice, in percent."""

    frame_bytes = 2 * FRAME_SAMPLES

    def probability(self, frame: bytes) -> float:
        return float(np.frombuffer(frame, "<i2")[0]) / 100

    def reset(self) -> None:
        pass


def audio(duration_ms: int, probability: float) -> bytes:
    frame = np.zeros(FRAME_SAMPLES, "<i2")
    frame[0] = round(100 * probability)
    return frame.tobytes() * (duration_ms // 10)


def voice(duration_ms: int) -> bytes:
    return audio(duration_ms, 0.9)


def silence(duration_ms: int) -> bytes:
    return audio(duration_ms, 0.02)


def endpointer() -> PhraseEndpointer:
    return PhraseEndpointer(
        WrittenActivity(), initial_silence_ms=2000, end_silence_ms=500, longest_phrase_ms=5000
    )


def kinds(events: list[PhraseEvent]) -> list[type[PhraseEvent]]:
    return [type(event) for event in events]


def test_a_phrase_begins_pauses_and_ends() -> None:
    began, paused, ended = endpointer().hear(silence(400) + voice(600) + silence(600))
    assert began == Began(onset=400 * 16)
    assert isinstance(paused, Paused)
    assert isinstance(ended, Ended)
    assert (ended.onset, ended.end, ended.cut) == (400 * 16, 1500 * 16, False)
    assert ended.pcm == silence(400) + voice(600) + silence(500)
    assert ended.pcm.startswith(paused.pcm)
    assert len(paused.pcm) == (400 + 600 + 100) * 32


def test_it_does_not_matter_how_the_audio_is_cut() -> None:
    pcm = silence(400) + voice(600) + silence(600)
    whole, pieces = endpointer(), endpointer()
    events = [event for at in range(0, len(pcm), 777) for event in pieces.hear(pcm[at : at + 777])]
    assert events == whole.hear(pcm)


def test_a_click_is_not_speech() -> None:
    assert endpointer().hear(silence(300) + voice(20) + silence(300) + voice(20)) == []


def test_a_faint_ending_belongs_to_the_phrase() -> None:
    events = endpointer().hear(voice(600) + audio(300, 0.4) + silence(400))
    assert kinds(events) == [Began, Paused]
    (paused,) = (event for event in events if isinstance(event, Paused))
    assert len(paused.pcm) == (600 + 300 + 100) * 32


def test_a_pause_in_the_middle_is_taken_back() -> None:
    events = endpointer().hear(voice(300) + silence(200) + voice(300) + silence(200))
    assert kinds(events) == [Began, Paused, Resumed, Paused]


def test_long_speech_has_interim_events_and_is_cut_at_last() -> None:
    events = endpointer().hear(voice(5200))
    assert kinds(events) == [Began, GoesOn, GoesOn, GoesOn, GoesOn, Ended, Began]
    (ended,) = (event for event in events if isinstance(event, Ended))
    assert ended.cut
    assert ended.end == 5000 * 16


def test_silence_is_told_again_and_again() -> None:
    events = endpointer().hear(silence(4100))
    assert events == [StayedSilent(end=2000 * 16), StayedSilent(end=4000 * 16)]


def test_phrases_do_not_share_audio() -> None:
    ear = endpointer()
    first = [e for e in ear.hear(voice(300) + silence(500)) if isinstance(e, Ended)]
    second = [e for e in ear.hear(silence(100) + voice(300) + silence(500)) if isinstance(e, Ended)]
    assert [ended.end for ended in first + second] == [800 * 16, 1700 * 16]
    assert second[0].pcm == silence(100) + voice(300) + silence(500)


def test_the_end_of_the_audio_ends_the_phrase_with_all_that_is_there() -> None:
    ear = endpointer()
    ear.hear(silence(100) + voice(300) + b"\7\0")
    (ended,) = ear.finish()
    assert isinstance(ended, Ended)
    assert ended.pcm == silence(100) + voice(300) + audio(10, 0.07)


def test_too_little_voice_to_begin_with_counts_when_the_audio_ends() -> None:
    ear = endpointer()
    assert ear.hear(silence(100) + audio(200, 0.4)) == []
    assert kinds(ear.finish()) == [Began, Ended]


def test_audio_without_voice_stayed_silent() -> None:
    ear = endpointer()
    ear.hear(silence(300))
    assert ear.finish() == [StayedSilent(end=300 * 16)]


def test_minutes_of_silence_and_of_noise_take_no_memory() -> None:
    ear = endpointer()
    for _ in range(20):
        ear.hear(silence(10_000))
    assert len(ear._pcm) < 2 * 32_000
    for _ in range(20):
        ear.hear(voice(10_000))
    assert len(ear._pcm) < 8 * 32_000
