"""The wake word that the settings name, in front of the microphone."""

from collections.abc import Callable
from pathlib import Path

from voice2mqtt.audio.wake_gate import WakeSettings
from voice2mqtt.audio.wake_word import MicroWakeWordDetector
from voice2mqtt.core.audio import Wakefulness, WakeWordDetector
from voice2mqtt.settings.model import ListeningSettings
from voice2mqtt.settings.wake_words import KEYWORD_SUFFIX


def wake_word_detector(words: tuple[str, ...]) -> WakeWordDetector:
    """Return what listens for `words`, as `listening.wake_word` names them.

    Raises:
        SettingsError: a library is not installed, or a model's file is missing or none.
    """
    if words[0].endswith(KEYWORD_SUFFIX):
        # The SDK comes with it, which `check` has no other need of.
        from voice2mqtt.speech.keyword import SdkKeywordDetector

        return SdkKeywordDetector(Path(words[0]))
    return MicroWakeWordDetector(words)


def wake_settings(
    listening: ListeningSettings, on_change: Callable[[Wakefulness, str], None]
) -> WakeSettings | None:
    """Return the wake word of `listening`; None if there is none. Raises as above."""
    if not listening.wake_word:
        return None
    return WakeSettings(
        detector=wake_word_detector(listening.wake_word),
        on_change=on_change,
        wait_s=listening.answer_within_s,
    )
