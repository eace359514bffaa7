"""Which phoneme, and which word, was heard as which.

`align` is the backtrace of a weighted Levenshtein distance; `alignment_view` shows it by words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.matching.phonetic.phonemes import PhonemeInventory
from voice2mqtt.nlu.text.normaliser import Normaliser


@dataclass(frozen=True, slots=True)
class Pair:
    """Indices of a phoneme said and the one heard for it; None for an insertion or a deletion."""

    said: int | None
    heard: int | None
    cost: float


def align(said: Sequence[int], heard: Sequence[int], inventory: PhonemeInventory) -> list[Pair]:
    """Return the cheapest alignment of two phoneme sequences, in their order."""
    deleted: list[float] = inventory.deletion_costs[list(said)].tolist()
    inserted: list[float] = inventory.deletion_costs[list(heard)].tolist()
    substituted: list[list[float]] = inventory.substitution_costs[np.ix_(said, heard)].tolist()
    costs = [list(accumulate(inserted, initial=0.0))]
    for deletion, substitutions in zip(deleted, substituted, strict=True):
        above = costs[-1]
        row = [above[0] + deletion]
        for j, cost in enumerate(substitutions):
            row.append(min(above[j] + cost, above[j + 1] + deletion, row[j] + inserted[j]))
        costs.append(row)
    path: list[Pair] = []
    i, j = len(said), len(heard)
    while i or j:
        total = costs[i][j]
        if i and j and total == costs[i - 1][j - 1] + substituted[i - 1][j - 1]:
            i, j = i - 1, j - 1
            path.append(Pair(i, j, substituted[i][j]))
        elif i and total == costs[i - 1][j] + deleted[i - 1]:
            i -= 1
            path.append(Pair(i, None, deleted[i]))
        else:
            j -= 1
            path.append(Pair(None, j, inserted[j]))
    return path[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Words of the sentence and the words heard for them; either side may be empty."""

    said: str
    heard: str
    said_sounds: str
    heard_sounds: str
    cost: float
    """Sum over the phonemes; 0 is the same sound."""


def alignment_view(
    heard: str, said: str, normaliser: Normaliser, pronouncer: Pronouncer
) -> tuple[Match, ...]:
    """Return the smallest groups of words whose phonemes align, from left to right."""
    inventory = PhonemeInventory(pronouncer)
    one = _PronouncedText.of(said, normaliser, pronouncer)
    other = _PronouncedText.of(heard, normaliser, pronouncer)
    ids = [
        np.concatenate([*inventory.phonemes_of(text.words), []]).astype(int)
        for text in (one, other)
    ]
    matches: list[Match] = []
    cost, begin, end = 0.0, (0, 0), (0, 0)
    for pair in align(ids[0].tolist(), ids[1].tolist(), inventory):
        cost += pair.cost
        end = end[0] + (pair.said is not None), end[1] + (pair.heard is not None)
        if end[0] in one.boundaries and end[1] in other.boundaries:
            matches.append(
                Match(
                    said=one.text(begin[0], end[0]),
                    heard=other.text(begin[1], end[1]),
                    said_sounds=one.sounds(begin[0], end[0]),
                    heard_sounds=other.sounds(begin[1], end[1]),
                    cost=cost,
                )
            )
            cost, begin = 0.0, end
    return tuple(matches)


@dataclass(frozen=True)
class _PronouncedText:
    words: Sequence[str]
    phonemes: Sequence[str]
    boundaries: Sequence[int]
    """The number of phonemes before each word, and in all"""

    @classmethod
    def of(cls, text: str, normaliser: Normaliser, pronouncer: Pronouncer) -> "_PronouncedText":
        words = [token.surface for token in normaliser.tokens(text)]
        spoken = pronouncer.pronounce(words)
        boundaries = [0]
        for phonemes in spoken:
            boundaries.append(boundaries[-1] + len(phonemes))
        return cls(words, [symbol for phonemes in spoken for symbol in phonemes], boundaries)

    def text(self, begin: int, end: int) -> str:
        ends = zip(self.words, self.boundaries[1:], strict=True)
        return " ".join(word for word, boundary in ends if begin < boundary <= end)

    def sounds(self, begin: int, end: int) -> str:
        return " ".join(self.phonemes[begin:end])
