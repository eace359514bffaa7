"""What the daemon hears is kept: with what plots and reviews need, and no more than may be kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import SpokenUtterance
from tests.service.stage import Stage
from voice2mqtt.core.outcome import SILENCE, Canceled, NoMatch
from voice2mqtt.history.database import NAME
from voice2mqtt.history.entry import HistoryEntry, Refusal
from voice2mqtt.history.reader import HistoryReader
from voice2mqtt.service.history_keeper import sound_of
from voice2mqtt.settings.model import HistorySettings, ListeningSettings

HEARD = ("Turn on the light.", "turn of the lied and more", "open the door")
LOUD = b"\x00\x20\x00\xe0" * 8000


def kept(folder: Path) -> list[HistoryEntry]:
    return HistoryReader(folder / NAME).entries()[::-1]


def speak(stage: Stage, times: int) -> None:
    """Say so much, with a second of audio each, and wait until it is handled."""

    def direct() -> None:
        for _ in range(times):
            stage.microphone.put(SpokenUtterance(audio=LOUD))
        stage.events(times)

    stage.play(direct)


def test_each_outcome_has_its_reason_and_its_numbers(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    outcomes = (NoMatch(reason="NotRecognized"), NoMatch(reason=SILENCE), Canceled(reason="Error"))
    speak(make_stage(*HEARD, *outcomes), 6)
    entries = kept(tmp_path)
    assert [entry.refusal for entry in entries] == [
        Refusal.NONE, Refusal.NOT_IN_TABLE, Refusal.CONSENT,
        Refusal.NO_WORDS, Refusal.SILENCE, Refusal.CANCELED,
    ]  # fmt: skip
    command, refused, *_ = entries
    assert (command.text, command.row, command.sound) == ("Turn on the light.", "light", "")
    assert command.latency_ms is not None
    assert command.level_dbfs == -30.0
    assert command.audio_s == 1.0
    assert command.noise_dbfs == pytest.approx(-12.0, abs=0.1)
    assert refused.sound == sound_of("Turn of the lied, and more!", "en-US")
    assert refused.event["hypotheses"] == [
        {"text": refused.text, "confidence": None, "lexical": "", "outside": False}
    ]
    assert HistoryReader(tmp_path / NAME).recording(refused.id) == b""


def test_recordings_are_kept_of_what_was_refused_alone(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    speak(make_stage(*HEARD, history=HistorySettings(keep_audio_days=1)), 3)
    reader = HistoryReader(tmp_path / NAME)
    recordings = [reader.recording(entry.id) for entry in kept(tmp_path)]
    assert [len(wav) for wav in recordings] == [0, len(LOUD) + 44, 0]


def test_without_words_only_numbers_are_kept(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    audio = HistorySettings(keep_audio_days=1)
    speak(make_stage(*HEARD, log_text=False, history=audio), 3)
    entries = kept(tmp_path)
    assert [entry.refusal for entry in entries][:2] == [Refusal.NONE, Refusal.NOT_IN_TABLE]
    assert all(entry.latency_ms is not None for entry in entries)
    content = b"".join(file.read_bytes() for file in tmp_path.glob("history.db*"))
    for word in (b"lied", b"Turn", b"door?", b"RIFF", sound_of("lied", "en-US").encode()):
        assert word not in content


def test_talk_without_the_wake_phrase_is_nothing_to_review(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    wake = ListeningSettings(wake_phrase=("computer",))
    speak(make_stage("turn on the light", "computer, turn it", listening=wake), 2)
    assert [entry.refusal for entry in kept(tmp_path)] == [
        Refusal.NO_WAKE_PHRASE, Refusal.NOT_IN_TABLE,
    ]  # fmt: skip


def test_what_sounds_alike_has_the_same_sound() -> None:
    assert sound_of("Turn on!", "en-US") == sound_of("turn on", "en") != ""
    assert sound_of("their", "en-US") == sound_of("there", "en-US")
    assert sound_of("kitten", "en-US") != sound_of("kitchen", "en-US")
