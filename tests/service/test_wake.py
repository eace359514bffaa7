from pathlib import Path

import pytest

from voice2mqtt.audio.wake_word import MicroWakeWordDetector
from voice2mqtt.errors import SettingsError
from voice2mqtt.service.wake import wake_settings
from voice2mqtt.settings.model import ListeningSettings


def test_without_a_wake_word_there_is_nothing_in_front_of_the_microphone() -> None:
    assert wake_settings(ListeningSettings(), lambda _change, _word: None) is None


def test_a_command_is_waited_for_as_long_as_an_answer() -> None:
    listening = ListeningSettings(wake_word=("alexa",), answer_within_s=3)
    wake = wake_settings(listening, lambda _change, _word: None)
    assert wake
    assert isinstance(wake.detector, MicroWakeWordDetector)
    assert wake.wait_s == 3


def test_a_table_is_given_to_the_speech_sdk(tmp_path: Path) -> None:
    listening = ListeningSettings(wake_word=(str(tmp_path / "computer.table"),))
    with pytest.raises(SettingsError, match="no keyword model that the Speech SDK takes"):
        wake_settings(listening, lambda _change, _word: None)
