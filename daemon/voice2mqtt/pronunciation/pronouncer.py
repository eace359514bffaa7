"""Chooses who says how words sound, and tells once what cannot be had."""

import logging

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
            return Espeak(voice)
    log.warning(
        "nearest sound goes by letters: espeak-ng is not installed or does not speak %s", language
    )
    return Letters()
