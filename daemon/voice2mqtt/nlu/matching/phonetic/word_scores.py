"""What it costs to hear each word of a vocabulary in each stretch of one utterance.

A word of the table that was heard as itself is hardly bent into another one, and no number into
another; no article becomes a number, and no part of a longer number anything else. Knows nothing
of sentences.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.nlu.matching.phonetic.costs import Costs
from voice2mqtt.nlu.matching.phonetic.observation import Observation, ObservedWord
from voice2mqtt.nlu.matching.phonetic.phonemes import (
    FAR,
    Numbers,
    PhoneticLexicon,
    first_of_each,
    windows,
)

_SPLIT = 0.2
"""What it costs that a word of the table ends in the middle of a word that was heard."""
_ALIKE = 0.1
"""Cost a phoneme up to which a word of the table may well have been heard as another one."""
_BENT = 1.0
"""What it costs beyond that."""
_RENUMBERED = 0.4
"""What it costs that a word of the table was a number: "to" may be two, but is so seldom."""
_PROTECTED = 3
"""Phonemes from which on a word of the table is not easily bent."""


class WordScores:
    """A vocabulary laid against an utterance.

    A word takes a stretch of the utterance that is a little longer or shorter than it; so its
    costs are those of the stretches from the shortest to the longest, its bands.
    """

    def __init__(self, vocabulary: PhoneticLexicon, heard: Observation) -> None:
        self._last = len(heard.phonemes)
        self._losses = vocabulary.losses
        self._stretches = vocabulary.stretches
        self._longest = int(self._stretches.max(initial=0))
        laid = vocabulary.lay(heard.phonemes)
        laid[self._stretches == 0] = FAR
        self._penalise(laid, vocabulary, heard)
        self._starting = np.full((*self._stretches.shape, self._last + 1), FAR, np.float32)
        """The costs of [band, word, start]."""
        np.minimum(laid, FAR, out=self._starting[..., :-1])
        places = np.ix_(*map(np.arange, self._stretches.shape))
        self._ending = self._earlier(self._starting)[(*places, self._longest - self._stretches)]
        """The costs of [band, word, end]."""
        self._ends: dict[tuple[int, int], list[tuple[int, float]]] = {}

    def ends(self, word: int, start: int) -> Sequence[tuple[int, float]]:
        """Return where `word` may end that starts at `start`, and its cost; missed, there."""
        if (word, start) not in self._ends:
            ends = (start + self._stretches[:, word]).tolist()
            costs = self._starting[:, word, start].tolist()
            found = [(end, cost) for end, cost in zip(ends, costs, strict=True) if cost < FAR]
            self._ends[word, start] = [(start, float(self._losses[word])), *found]
        return self._ends[word, start]

    def reached(self, here: Costs, owners: Numbers, words: Numbers) -> Costs:
        """Return what it costs at least to be at each position after each of `words`.

        `here` is what it costs before, of [owner, position]; `owners` tells whose each word is.
        """
        before = self._earlier(here)[owners, self._longest - self._stretches[:, words]]
        there = (before + self._ending.take(words, axis=1)).min(axis=0)
        return np.asarray(np.minimum(there, here[owners] + self._losses[words, None]))

    def to_pay(self, words: Numbers, after: Costs) -> Costs:
        """Return what is to be paid at least from each position on, when one of `words` comes next.

        `after` is what there is to be paid after each of them, of [word, position].
        """
        later = self._later(after)[np.arange(len(words)), self._stretches[:, words]]
        to_pay = (self._starting.take(words, axis=1) + later).min(axis=0)
        return np.asarray(np.minimum(to_pay, after + self._losses[words, None]))

    def to_pay_next(self, after: Costs) -> Costs:
        """Return the same of every word, of [position, word]; `after` is the same for all."""
        words = np.arange(len(self._losses))
        afters = np.broadcast_to(after, (len(words), len(after)))
        return np.ascontiguousarray(self.to_pay(words, afters).T)

    def cheapest(self) -> Costs:
        """Return what a stretch costs at least, by whatever word: [phonemes, start]."""
        first = first_of_each(self._stretches[-1])
        cheapest = np.full((self._longest + 1, self._last + 1), FAR, np.float32)
        of_length = np.minimum.reduceat(self._starting, first, axis=1)
        for stretches, costs in zip(self._stretches[:, first], of_length, strict=True):
            cheapest[stretches] = np.minimum(cheapest[stretches], costs)
        return cheapest

    def _later(self, costs: Costs) -> Costs:
        """Return `costs` of [..., position], as those of [..., by how much later, position]."""
        padded = np.full((*costs.shape[:-1], self._last + 1 + self._longest), FAR, np.float32)
        padded[..., : self._last + 1] = costs
        return windows(padded, self._last + 1)

    def _earlier(self, costs: Costs) -> Costs:
        """Return `costs` of [..., position], as [..., longest - how much earlier, position]."""
        padded = np.full((*costs.shape[:-1], self._longest + self._last + 1), FAR, np.float32)
        padded[..., self._longest :] = costs
        return windows(padded, self._last + 1)

    def _penalise(self, laid: Costs, vocabulary: PhoneticLexicon, heard: Observation) -> None:
        """Add to the costs of [band, word, start] what is not of the sounds alone."""
        unlike = laid > _ALIKE * vocabulary.lengths[:, None]
        splits = np.full(self._last + self._longest + 1, _SPLIT, np.float32)
        splits[[*(word.start for word in heard.words), self._last]] = 0.0
        laid += windows(splits, self._last)[self._stretches]
        bent, numbers, parts = np.zeros((3, len(heard.words)), np.float32)
        for at, word in enumerate(heard.words):
            is_number = word.key[0].isdigit()
            bent[at] = _BENT if word.is_known and word.end - word.start >= _PROTECTED else 0
            numbers[at] = FAR if is_number or word.is_article else word.is_known * _RENUMBERED
            parts[at] = FAR if word.in_number else 0
        of = np.array([vocabulary.numbers.get(word.key, -1) for word in heard.words])
        halves = self._halves(heard.words)
        if bent.any():
            laid += unlike * self._penalties(bent, of, halves)
        if numbers.any() and vocabulary.is_number.any():
            laid += vocabulary.is_number[:, None] * self._penalties(numbers, of, halves)
        if parts.any():
            laid += self._penalties(parts, of, halves)

    def _halves(self, heard: Sequence[ObservedWord]) -> NDArray[np.float64]:
        """Return 1 where half or more of a word is in a stretch: [word heard, phonemes, start]."""
        first = np.array([word.start for word in heard])[:, None, None]
        last = np.array([word.end for word in heard])[:, None, None]
        starts = np.arange(self._last)
        ends = starts + np.arange(self._longest + 1)[:, None]
        shared = np.minimum(ends, last) - np.maximum(starts, first)
        return np.asarray(shared >= np.maximum(1, last - first) / 2, np.float64)

    def _penalties(self, costs: Costs, of: Numbers, halves: NDArray[np.float64]) -> Costs:
        """Return what [band, word, start] costs for half or more of each other word heard.

        `of` tells which word of the vocabulary each one is, -1 for none.
        """
        each = costs[:, None, None] * halves
        of_all = each.sum(axis=0)
        penalties = of_all.astype(np.float32)[self._stretches]
        for number in {number for number in of[costs > 0].tolist() if number >= 0}:
            of_others = of_all - each[of == number].sum(axis=0)
            penalties[:, number] = of_others[self._stretches[:, number]]
        return np.asarray(penalties)
