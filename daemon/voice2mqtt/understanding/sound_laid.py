"""What it costs to hear each word of a vocabulary in each stretch of one utterance.

A word of the table that was heard as itself is hardly bent into another one, and no number into
another; no article becomes a number, and no part of a longer number anything else. Knows nothing
of sentences.
"""

from collections.abc import Sequence

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
_RENUMBERED = 0.4
"""What it costs that a word of the table was a number: "to" may be two, but is so seldom."""
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
        known = [word for word in heard.words if word.key in vocabulary.numbers]
        bends = [word for word in known if word.end - word.start >= _PROTECTED]
        digits = [word for word in heard.words if word.key[0].isdigit() or word.is_article]
        # Words of one length stand side by side.
        first = np.flatnonzero(np.diff(vocabulary.lengths, prepend=-1))
        self._of_length = np.minimum.reduceat(self._band, first, axis=1)
        """The costs of [band, length, start], of the cheapest word of that length."""
        longer = np.arange(len(self._band))[:, None] + vocabulary.lengths[first] - SLACK
        self._longer = np.where(longer > 0, longer, self._last + 1)
        """How many phonemes after its start such a word ends; too many where it cannot."""
        self._after = np.full(self._last + 2, FAR, np.float32)
        self._own_bends, self._bent = self._penalties(bends, _BENT)
        self._own_digits, self._renumbered = self._penalties(digits, float(FAR))
        homophones = [word for word in known if not word.key[0].isdigit()]
        _, self._homophones = self._penalties(homophones, _RENUMBERED)
        parts = [word for word in heard.words if word.in_number]
        self._own_parts, self._parted = self._penalties(parts, float(FAR))

    def costs(self, word: int) -> Costs:
        """Return the costs of [start, end] of `word`; to miss it ends where it starts."""
        length, width = len(self._vocabulary.phonemes[word]), self._last + 1
        costs = np.full(width * (width + 1), FAR, np.float32)
        # Rows that are one longer than the square's have each end at [start, end - start].
        by_length = costs.reshape(width, width + 1)
        shortest, longest = max(1, length - SLACK), min(self._last, length + SLACK)
        if shortest <= longest:
            band = slice(shortest - length + SLACK, longest - length + SLACK + 1)
            by_length[:-1, shortest : longest + 1] = self._band[band, word].T
        square = costs[: width * width].reshape(width, width)
        unlike = square > _ALIKE * length
        square += self._split
        key = self._vocabulary.keys[word]
        square += unlike * (self._bent - self._own_bends.get(key, np.float32(0)))
        if key[0].isdigit():
            square += self._renumbered - self._own_digits.get(key, np.float32(0))
            square += self._homophones
        if self._own_parts:
            square += self._parted - self._own_parts.get(key, np.float32(0))
        np.minimum(square, FAR, out=square)
        by_length[:, 0] = self._vocabulary.losses[word]
        return square

    def least(self, start: int, left: Costs) -> float:
        """Return what is to be paid at least from `start` on, when any one word comes next.

        `left` is what there is to be paid from each later position on.
        """
        np.add(left, self._split, out=self._after[:-1])
        ends = np.minimum(start + self._longer, self._last + 1)
        return float((self._of_length[:, :, start] + self._after[ends]).min(initial=FAR))

    def ahead(self, left: Costs) -> Costs:
        """Return what is to be paid at least from [start] on, when [word] comes next."""
        ahead = self._vocabulary.losses[:, None] + left
        after = left + self._split
        first = np.arange(self._last) + self._vocabulary.lengths[:, None] - SLACK
        for band, laid in enumerate(self._band):
            ends = np.minimum(np.maximum(first + band, 0), self._last)
            np.minimum(ahead[:, :-1], laid + after[ends], out=ahead[:, :-1])
        return np.asarray(ahead)

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
