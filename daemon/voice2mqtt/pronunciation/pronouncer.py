"""Chooses the pronouncer of a language, and warns once where only letters are left."""

import logging
import subprocess
from collections.abc import Sequence
from functools import lru_cache

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.pronunciation.espeak import Espeak, has_voice
from voice2mqtt.pronunciation.letters import Letters

log = logging.getLogger(__name__)

# To espeak-ng "en" is British, which drops the r that distinguishes many words.
_VOICES = {"en": "en-us"}


def pronouncer(language: str) -> Pronouncer:
    """Return the pronouncer of `language` (`en-US`, `de`): letters if there is no voice for it."""
    tag = language.lower().replace("_", "-")
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        name = "-".join(parts[:length])
        voice = _VOICES.get(name, name)
        if has_voice(voice):
            return _WithFallback(Espeak(voice), language)
    _warn(language, "espeak-ng is not installed or does not speak it")
    return Letters()


class _WithFallback:
    """Pronounces by espeak-ng, and by letters whenever that fails."""

    def __init__(self, pronouncer: Pronouncer, language: str) -> None:
        self._pronouncer = pronouncer
        self._language = language
        self._has_worked = False

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the phonemes of each of `words`; never raises."""
        try:
            sounds = self._pronouncer.pronounce(words)
        except (OSError, subprocess.SubprocessError) as error:
            _warn(self._language, f"espeak-ng failed: {error}")
            if not self._has_worked:
                # The table's words are pronounced first. If they got letters, all others must, too:
                # phonemes cannot be compared with letters.
                self._pronouncer = Letters()
            return Letters().pronounce(words)
        self._has_worked = True
        return sounds


@lru_cache(maxsize=64)
def _warn(language: str, why: str) -> None:
    """Log the warning once in a process, whatever the number of pronouncers."""
    log.warning("nearest sound in %s goes by letters: %s", language, why)
