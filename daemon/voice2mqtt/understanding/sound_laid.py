"""What it costs to hear each word of a vocabulary in each stretch of one utterance.

A word of the table that was heard as itself is hardly bent into another one, and no number into
another. Knows nothing of sentences.
"""

from collections.abc import Iterator, Sequence

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
        self._vocabulary = vocabulary
        self._band = vocabulary.lay(heard.phonemes)
        self._last = len(heard.phonemes)
        borders = {word.start for word in heard.words} | {self._last}
        inside = [end for end in range(self._last) if end not in borders]
        self._split = np.zeros(self._last + 1, np.float32)
        self._split[inside] = _SPLIT
        self._square = np.zeros((self._last + 1, self._last + 1), np.float32)
        bends = [
            word
            for word in heard.words
            if word.key in vocabulary.numbers and word.end - word.start >= _PROTECTED
        ]
        digits = [word for word in heard.words if word.key[0].isdigit()]
        self._own_bends, self._bent = self._penalties(bends, _BENT)
        self._own_digits, self._renumbered = self._penalties(digits, float(FAR))
        self._of_word: dict[int, Costs] = {}
        self._of_words: dict[bytes, Costs] = {}

    def costs(self, words: NDArray[np.intp]) -> Costs:
        """Return the costs of [word, start, end] of `words`; to miss one ends where it starts."""
        key = words.tobytes()
        if key not in self._of_words:
            new = [word for word in words.tolist() if word not in self._of_word]
            if new:
                self._of_word |= zip(new, self._laid(np.array(new)), strict=True)
            costs = np.empty((len(words), *self._square.shape), np.float32)
            for place, word in enumerate(words.tolist()):
                costs[place] = self._of_word[word]
            self._of_words[key] = costs
        return self._of_words[key]

    def _laid(self, words: NDArray[np.intp]) -> Costs:
        lengths = self._vocabulary.lengths[words]
        costs = np.full((len(words), *self._square.shape), FAR, np.float32)
        for length in np.unique(lengths).tolist():
            alike = (lengths == length).nonzero()[0]
            for ends, laid in self._diagonals(costs, length):
                ends[alike] = laid[words[alike]]
        unlike = costs > _ALIKE * lengths[:, None, None]
        costs += self._split
        costs += unlike * self._bent
        for place, known in enumerate(words.tolist()):
            key = self._vocabulary.keys[known]
            if key in self._own_bends:
                costs[place] -= unlike[place] * self._own_bends[key]
            if key[0].isdigit():
                costs[place] += self._renumbered - self._own_digits.get(key, np.float32(0))
        np.minimum(costs, FAR, out=costs)
        places = np.arange(self._last + 1)
        costs[:, places, places] = self._vocabulary.losses[words, None]
        return costs

    def cheapest(self) -> Costs:
        """Return what it costs at least to hear any one word from [start] to [end]."""
        cheapest = np.full((1, *self._square.shape), FAR, np.float32)
        # Words of one length stand side by side.
        lengths, first, counts = np.unique(
            self._vocabulary.lengths, return_index=True, return_counts=True
        )
        for length, low, count in zip(lengths.tolist(), first, counts, strict=True):
            for ends, laid in self._diagonals(cheapest, length):
                np.minimum(ends, laid[low : low + count].min(axis=0), out=ends)
        return np.asarray(cheapest[0] + self._split)

    def _diagonals(self, square: Costs, length: int) -> Iterator[tuple[Costs, Costs]]:
        """Yield the parts of `square`, [word, start, end], in which words so long may end.

        Each is a view of [word, start], and comes with the costs of all words there.
        """
        flat = square.reshape(len(square), -1)
        for band, laid in enumerate(self._band):
            longer = length - SLACK + band
            if 0 < longer <= self._last:
                starts = self._last + 1 - longer
                step = self._last + 2
                yield flat[:, longer : longer + starts * step : step], laid[:, :starts]

    def _penalties(
        self, words: Sequence[HeardWord], penalty: float
    ) -> tuple[dict[str, Costs], Costs]:
        """Return what [start, end] costs for the heard words in it, by their keys and in all."""
        own: dict[str, Costs] = {}
        for word in words:
            costs = np.where(self._covering(word), np.float32(penalty), np.float32(0))
            own[word.key] = own[word.key] + costs if word.key in own else costs
        return own, np.asarray(sum(own.values(), np.zeros_like(self._square)), np.float32)

    def _covering(self, word: HeardWord) -> NDArray[np.bool_]:
        """Return for [start, end] whether half of `word` or more lies between them."""
        places = np.arange(self._last + 1)
        shared = np.minimum(places[None, :], word.end) - np.maximum(places[:, None], word.start)
        return np.asarray((2 * shared >= word.end - word.start) & (word.end > word.start))
