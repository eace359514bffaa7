"""What it costs to hear each word of a vocabulary in each stretch of one utterance.

A word of the table that was heard as itself is hardly bent into another one, and no number into
another; no article becomes a number, and no part of a longer number anything else. Knows nothing
of sentences.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.understanding.sound_costs import Costs
from voice2mqtt.understanding.sound_heard import HeardSounds, HeardWord
from voice2mqtt.understanding.sounds import FAR, SLACK, Vocabulary, windows

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


class Laid:
    """A vocabulary laid against an utterance.

    A word takes a stretch of the utterance that is up to `SLACK` phonemes longer or shorter than
    it; so its costs are those of [band, start], of the stretches from the shortest to the longest.
    """

    def __init__(self, vocabulary: Vocabulary, heard: HeardSounds) -> None:
        self._last = len(heard.phonemes)
        self._losses = vocabulary.losses
        bands = np.arange(-SLACK, SLACK + 1)
        stretches = vocabulary.lengths[:, None] + bands
        self._stretches = np.maximum(stretches, 0)
        """How many phonemes [word, band] takes."""
        self._longest = int(stretches.max(initial=0))
        laid = vocabulary.lay(heard.phonemes).transpose(1, 0, 2)
        laid = np.where(stretches[:, :, None] > 0, laid, FAR)
        self._penalise(laid, vocabulary, heard)
        self._starting = np.full((*stretches.shape, self._last + 1), FAR, np.float32)
        """The costs of [word, band, start]."""
        np.minimum(laid, FAR, out=self._starting[:, :, :-1])
        places = np.ix_(*map(np.arange, stretches.shape))
        self._ending = self._earlier(self._starting)[(*places, self._longest - self._stretches)]
        """The costs of [word, band, end]."""
        # Words of one length stand side by side.
        first = np.flatnonzero(np.diff(vocabulary.lengths, prepend=-1))
        self._of_length = np.minimum.reduceat(self._starting, first, axis=0)
        """The costs of [length, band, start], of the cheapest word of that length."""
        self._stretches_of_length = self._stretches[first]

    def ends(self, word: int, start: int) -> Iterator[tuple[int, float]]:
        """Yield where `word` may end that starts at `start`, and its cost; missed it ends there."""
        yield start, float(self._losses[word])
        ends = (start + self._stretches[word]).tolist()
        for end, cost in zip(ends, self._starting[word, :, start].tolist(), strict=True):
            if cost < FAR:
                yield end, cost

    def reached(self, here: Costs, owners: NDArray[np.intp], words: NDArray[np.intp]) -> Costs:
        """Return what it costs at least to be at each position after each of `words`.

        `here` is what it costs before, of [owner, position]; `owners` tells whose each word is.
        """
        before = self._earlier(here)[owners[:, None], self._longest - self._stretches[words]]
        there = (before + self._ending[words]).min(axis=1)
        return np.asarray(np.minimum(there, here[owners] + self._losses[words][:, None]))

    def to_pay(self, words: int | slice, after: Costs) -> Costs:
        """Return what is to be paid at least from each position on, when one of `words` comes next.

        `after` is what there is to be paid after it. Of several words, for [word, position].
        """
        later = self._later(after)[self._stretches[words]]
        to_pay = (self._starting[words] + later).min(axis=-2)
        return np.asarray(np.minimum(to_pay, after + self._losses[words, None]))

    def least(self, start: int, left: Costs) -> float:
        """Return what is to be paid at least from `start` on, when any one word comes next.

        `left` is what there is to be paid from each later position on.
        """
        later = self._later(left)[self._stretches_of_length, start]
        return float((self._of_length[:, :, start] + later).min(initial=FAR))

    def _later(self, costs: Costs) -> Costs:
        """Return `costs` of [position], as those of [by how much later, position]."""
        padded = np.full(self._last + 1 + self._longest, FAR, np.float32)
        padded[: self._last + 1] = costs
        return windows(padded, self._last + 1)

    def _earlier(self, costs: Costs) -> Costs:
        """Return `costs` of [..., position], as [..., longest - how much earlier, position]."""
        padded = np.full((*costs.shape[:-1], self._longest + self._last + 1), FAR, np.float32)
        padded[..., self._longest :] = costs
        return windows(padded, self._last + 1)

    def _penalise(self, laid: Costs, vocabulary: Vocabulary, heard: HeardSounds) -> None:
        """Add to the costs of [word, band, start] what is not of the sounds alone."""
        known = [word for word in heard.words if word.key in vocabulary.numbers]
        bent = [(word, _BENT) for word in known if word.end - word.start >= _PROTECTED]
        numbers = [
            (word, float(FAR)) for word in heard.words if word.key[0].isdigit() or word.is_article
        ]
        numbers += [(word, _RENUMBERED) for word in known if not word.key[0].isdigit()]
        parts = [(word, float(FAR)) for word in heard.words if word.in_number]
        unlike = laid > _ALIKE * vocabulary.lengths[:, None, None]
        splits = np.full(self._last + self._longest + 1, _SPLIT, np.float32)
        splits[[*(word.start for word in heard.words), self._last]] = 0.0
        laid += windows(splits, self._last)[self._stretches]
        if bent:
            laid += unlike * self._penalties(bent, vocabulary)
        if numbers and len(vocabulary.digits):
            laid[vocabulary.digits] += self._penalties(numbers, vocabulary)[vocabulary.digits]
        if parts:
            laid += self._penalties(parts, vocabulary)

    def _penalties(self, heard: Sequence[tuple[HeardWord, float]], vocabulary: Vocabulary) -> Costs:
        """Return what [word, band, start] costs for half or more of each other word `heard`."""
        starts = np.arange(self._last)
        ends = starts + np.arange(self._longest + 1)[:, None]
        of_stretch = np.zeros(ends.shape, np.float32)
        own: dict[int, Costs] = {}
        for word, penalty in heard:
            shared = np.minimum(ends, word.end) - np.maximum(starts, word.start)
            half = max(1, word.end - word.start) / 2
            costs = (shared >= half) * np.float32(penalty)
            of_stretch += costs
            number = vocabulary.numbers.get(word.key)
            if number is not None:
                own[number] = own[number] + costs if number in own else costs
        penalties = of_stretch[self._stretches]
        for number, costs in own.items():
            penalties[number] -= costs[self._stretches[number]]
        return np.asarray(penalties)
