"""What was heard, as one run of phonemes that remembers where its words began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice2mqtt.understanding.normalise import Normaliser
from voice2mqtt.understanding.readings import Readings
from voice2mqtt.understanding.sounds import Phonemes, Sounds, Vocabulary


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as it was heard, from phoneme `start` to `end`."""

    key: str
    surface: str
    start: int
    end: int
    lost: float
    """What it costs to leave the word out of account."""


@dataclass(frozen=True)
class HeardSounds:
    """An utterance."""

    phonemes: Phonemes
    words: tuple[HeardWord, ...]
    numbers: dict[int, list[tuple[int, int | float]]]
    """Start to (end, number) of each number that was heard as such."""
    readings: Readings

    @classmethod
    def of(
        cls, text: str, normaliser: Normaliser, vocabulary: Vocabulary, sounds: Sounds
    ) -> HeardSounds:
        """Pronounce `text`; a word of `vocabulary` sounds as it does there."""
        readings = normaliser.readings(text)
        spoken = [
            phonemes if known is None else np.array(vocabulary.phonemes[known], dtype=np.intp)
            for token, phonemes in zip(
                readings.tokens,
                sounds.of([token.surface for token in readings.tokens]),
                strict=True,
            )
            for known in [vocabulary.numbers.get(token.key)]
        ]
        borders = np.cumsum([0, *(len(phonemes) for phonemes in spoken)]).tolist()
        words = tuple(
            HeardWord(token.key, token.surface, start, end, float(sounds.loss[phonemes].sum()))
            for token, phonemes, start, end in zip(
                readings.tokens, spoken, borders, borders[1:], strict=False
            )
        )
        numbers: dict[int, list[tuple[int, int | float]]] = {}
        for at, (word, ways) in enumerate(zip(words, readings.starts, strict=False)):
            for way in ways:
                # "Ten to eight" is a time, and no 10 with an 8 behind it.
                if way.number is None or readings.is_torn(at, way.end):
                    continue
                if way.end < len(borders):
                    numbers.setdefault(word.start, []).append((borders[way.end], way.number))
        return cls(
            phonemes=np.concatenate(spoken),
            words=words,
            numbers=numbers,
            readings=readings,
        )
