import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice2mqtt.pronunciation import espeak
from voice2mqtt.pronunciation.pronouncer import _warn, pronouncer

LETTERS = [("o", "n")]


@pytest.fixture(autouse=True)
def _nothing_told_yet() -> Iterator[None]:
    _warn.cache_clear()
    yield
    _warn.cache_clear()


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Put an espeak-ng of our own in the place of the real one, and of the one that runs."""
    monkeypatch.setattr(espeak._Running, "is_idle", False)
    program = folder / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return program


@pytest.mark.parametrize("language", ["en-US", "en", "de-AT", "fr_FR", "pt-BR", "nl"])
def test_languages_that_are_spoken(language: str, caplog: pytest.LogCaptureFixture) -> None:
    (sounds,) = pronouncer(language).pronounce(["radio"])
    assert len(sounds) >= 4
    assert sounds != tuple("radio")
    assert not caplog.records


def test_a_language_that_nobody_speaks_goes_by_letters_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            spelled = pronouncer("xx-XX")
        assert spelled.pronounce(["Gute", "É2'"]) == [("g", "u", "t", "e"), ("é", "2")]
        assert spelled.pronounce(["ปิด", "ปด", "☀"]) == [("ป", "\u0e34", "ด"), ("ป", "ด"), ("☀",)]
    assert [record.getMessage() for record in caplog.records] == [
        "nearest sound in xx-XX goes by letters: espeak-ng is not installed or does not speak it"
    ]


def test_without_espeak_words_are_spelled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert pronouncer("en-US").pronounce(["on"]) == LETTERS
    assert len(caplog.records) == 1


def test_an_espeak_that_fails_costs_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spoken = pronouncer("en-US")
    (light,) = spoken.pronounce(["light"])
    for script in ("exit 1", "kill -9 $$"):
        _install(tmp_path, monkeypatch, script)
        assert spoken.pronounce(["on"]) == LETTERS
        assert spoken.pronounce(["on"]) == LETTERS
    assert spoken.pronounce(["light"]) == [light], "what is known stays known"
    assert len(caplog.records) == 2, "each reason once"
    monkeypatch.undo()
    assert spoken.pronounce(["on"]) != LETTERS, "it may have failed for once only"


def test_an_espeak_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = pronouncer("en-US")
    spoken.pronounce(["light"])
    monkeypatch.setattr(espeak, "_CALL_TIMEOUT_S", 0.05)
    _install(tmp_path, monkeypatch, "exec sleep 60")
    assert spoken.pronounce(["on"]) == LETTERS


def test_an_espeak_that_cannot_be_started_costs_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = pronouncer("en-US")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert spoken.pronounce(["on"]) == LETTERS
    monkeypatch.undo()
    assert spoken.pronounce(["on"]) == LETTERS, "letters are not held against phonemes"


def test_no_text_is_too_odd_to_be_pronounced(caplog: pytest.LogCaptureFixture) -> None:
    assert len(pronouncer("en-US").pronounce(["\ud800", "\x00", "on"])) == 3
    assert not caplog.records
