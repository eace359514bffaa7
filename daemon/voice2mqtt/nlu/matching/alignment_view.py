"""What was heard laid against a sentence of the table, word by word and sound by sound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.matching.phonetic.alignment import align
from voice2mqtt.nlu.matching.phonetic.phonemes import PhonemeInventory
from voice2mqtt.nlu.text.normaliser import Normaliser


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Words of the sentence and the words heard for them; either may be empty."""

    said: str
    heard: str
    said_sounds: str
    heard_sounds: str
    cost: float
    """Sum over its phonemes; 0 is the same sound."""


def alignment_view(
    heard: str, said: str, normaliser: Normaliser, pronouncer: Pronouncer
) -> tuple[Match, ...]:
    """Return the fewest words at a time whose sounds belong together, from left to right."""
    sounds = PhonemeInventory(pronouncer)
    table = _Side.of(said, normaliser, pronouncer)
    voice = _Side.of(heard, normaliser, pronouncer)
    numbers = [np.concatenate([*sounds.of(side.words), []]).astype(int) for side in (table, voice)]
    matches: list[Match] = []
    cost, begin, end = 0.0, (0, 0), (0, 0)
    for pair in align(numbers[0].tolist(), numbers[1].tolist(), sounds):
        cost += pair.cost
        end = end[0] + (pair.said is not None), end[1] + (pair.heard is not None)
        if end[0] in table.borders and end[1] in voice.borders:
            matches.append(
                Match(
                    said=table.text(begin[0], end[0]),
                    heard=voice.text(begin[1], end[1]),
                    said_sounds=table.sounds(begin[0], end[0]),
                    heard_sounds=voice.sounds(begin[1], end[1]),
                    cost=cost,
                )
            )
            cost, begin = 0.0, end
    return tuple(matches)


@dataclass(frozen=True)
class _Side:
    words: Sequence[str]
    phonemes: Sequence[str]
    borders: Sequence[int]
    """How many phonemes there are before each word, and in all."""

    @classmethod
    def of(cls, text: str, normaliser: Normaliser, pronouncer: Pronouncer) -> "_Side":
        words = [token.surface for token in normaliser.tokens(text)]
        spoken = pronouncer.pronounce(words)
        borders = [0]
        for phonemes in spoken:
            borders.append(borders[-1] + len(phonemes))
        return cls(words, [symbol for phonemes in spoken for symbol in phonemes], borders)

    def text(self, begin: int, end: int) -> str:
        ends = zip(self.words, self.borders[1:], strict=True)
        return " ".join(word for word, border in ends if begin < border <= end)

    def sounds(self, begin: int, end: int) -> str:
        return " ".join(self.phonemes[begin:end])
