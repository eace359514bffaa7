"""What it costs to hear each word of a vocabulary in each stretch of one utterance.

A word of the table that was heard as itself is hardly bent into another one, and no number into
another. Knows nothing of sentences.
"""

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.understanding.sound_costs import Costs
from voice2mqtt.understanding.sound_heard import HeardSounds, HeardWord
from voice2mqtt.understanding.sounds import FAR, SLACK, Vocabulary

_SPLIT = 0.2
"""What it costs that a word of the table ends in the middle of a word that was heard."""
_ALIKE = 0.1
"""Cost a phoneme up to which a word of the table may well have been heard as another one."""
_BENT = 1.0
"""What it costs beyond that."""
_PROTECTED = 3
"""Phonemes from which on a word of the table is not easily bent."""


class Laid:
    """A vocabulary laid against an utterance."""

    def __init__(self, vocabulary: Vocabulary, heard: HeardSounds) -> None:
        self.losses = vocabulary.losses
        """What it costs to miss each word."""
        self._vocabulary = vocabulary
        self._band = vocabulary.lay(heard.phonemes)
        self._last = len(heard.phonemes)
        borders = {word.start for word in heard.words} | {self._last}
        inside = [end for end in range(self._last) if end not in borders]
        self._split = np.zeros(self._last + 1, np.float32)
        self._split[inside] = _SPLIT
        self._heard = heard
        self._covers = {word: self._covering(word) for word in heard.words}
        self._bends = {
            word
            for word in heard.words
            if word.key in vocabulary.numbers and word.end - word.start >= _PROTECTED
        }
        self._digits = {word for word in heard.words if word.key[0].isdigit()}
        self._known: dict[bytes, Costs] = {}

    def costs(self, words: NDArray[np.intp]) -> Costs:
        """Return the costs of [word, start, end] of `words`."""
        key = words.tobytes()
        if key not in self._known:
            self._known[key] = self._laid(words)
        return self._known[key]

    def _laid(self, words: NDArray[np.intp]) -> Costs:
        size = self._last + 1
        lengths = self._vocabulary.lengths[words][:, None, None]
        starts = np.arange(self._last)[None, :, None]
        ends = starts + lengths - SLACK + np.arange(2 * SLACK + 1)[None, None, :]
        word, start, band = np.nonzero((starts < ends) & (ends <= self._last))
        costs = np.full((len(words), size, size), FAR, np.float32)
        costs[word, start, ends[word, start, band]] = self._band[words[word], start, band]
        unlike = costs > _ALIKE * lengths
        costs += self._split
        keys = [self._vocabulary.keys[word] for word in words.tolist()]
        for other in self._bends:
            others = np.array([key != other.key for key in keys], np.bool_)[:, None, None]
            costs += np.where(unlike & self._covers[other] & others, np.float32(_BENT), 0)
        for other in self._digits:
            others = np.array([key[0].isdigit() and key != other.key for key in keys], np.bool_)
            costs += np.where(self._covers[other] & others[:, None, None], FAR, 0)
        return np.minimum(costs, FAR)

    def cheapest(self) -> Costs:
        """Return what it costs at least to hear any one word from [start] to [end]."""
        cheapest = np.full((self._last + 1, self._last + 1), FAR, np.float32)
        starts = np.arange(self._last)
        for length in np.unique(self._vocabulary.lengths):
            of_length = self._band[self._vocabulary.lengths == length].min(axis=0)
            for b in range(of_length.shape[1]):
                ends = starts + int(length) - SLACK + b
                inside = (starts < ends) & (ends <= self._last)
                cell = starts[inside], ends[inside]
                cheapest[cell] = np.minimum(cheapest[cell], of_length[inside, b])
        return cheapest + self._split

    def _covering(self, word: HeardWord) -> NDArray[np.bool_]:
        """Return for [start, end] whether half of `word` or more lies between them."""
        places = np.arange(self._last + 1)
        shared = np.minimum(places[None, :], word.end) - np.maximum(places[:, None], word.start)
        return np.asarray((2 * shared >= word.end - word.start) & (word.end > word.start))
