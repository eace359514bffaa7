import logging

import pytest

from voice2mqtt.pronunciation.pronouncer import pronouncer


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
        spelled = pronouncer("xx-XX")
        assert spelled.pronounce(["Gute", "É2'"]) == [("g", "u", "t", "e"), ("é", "2")]
    assert [record.getMessage() for record in caplog.records] == [
        "nearest sound goes by letters: espeak-ng is not installed or does not speak xx-XX"
    ]


def test_without_espeak_words_are_spelled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert pronouncer("en-US").pronounce(["on"]) == [("o", "n")]
    assert len(caplog.records) == 1
