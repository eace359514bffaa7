"""Chooses who says how words sound, and tells once what cannot be had."""

import logging
import subprocess
from collections.abc import Sequence
from functools import lru_cache

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.pronunciation.espeak import Espeak, has_voice
from voice2mqtt.pronunciation.letters import Letters

log = logging.getLogger(__name__)

# A bare "en" is British to espeak-ng, and drops the r that tells many words apart.
_VOICES = {"en": "en-us"}


def pronouncer(language: str) -> Pronouncer:
    """Return the pronouncer of `language` (`en-US`, `de`); letters when nothing speaks it."""
    tag = language.lower().replace("_", "-")
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        name = "-".join(parts[:length])
        voice = _VOICES.get(name, name)
        if has_voice(voice):
            return _OrLetters(Espeak(voice), language)
    _warn(language, "espeak-ng is not installed or does not speak it")
    return Letters()


class _OrLetters:
    """Speaks by espeak-ng, and by letters whenever that fails."""

    def __init__(self, speaker: Pronouncer, language: str) -> None:
        self._speaker = speaker
        self._language = language
        self._has_spoken = False

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes of each of `words`; never raises."""
        try:
            sounds = self._speaker.pronounce(words)
        except (OSError, subprocess.SubprocessError) as error:
            _warn(self._language, f"espeak-ng failed: {error}")
            if not self._has_spoken:
                # The table is pronounced first. Phonemes could not be held against its letters.
                self._speaker = Letters()
            return Letters().pronounce(words)
        self._has_spoken = True
        return sounds


@lru_cache(maxsize=64)
def _warn(language: str, why: str) -> None:
    """Tell it, once in a process: who needs sounds asks for a pronouncer of its own."""
    log.warning("nearest sound in %s goes by letters: %s", language, why)
