"""Words as numbered phonemes, and where in an utterance each word of a vocabulary could be.

All words of a vocabulary are laid against all stretches of the utterance at once, so that the
work does not grow with the number of rows. Knows nothing of sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.matching.phonetic.costs import Costs, cost_matrix, loss
from voice2mqtt.nlu.text.letters import spelled

Numbers = NDArray[np.intp]
Phonemes = Numbers

SLACK = 4
"""How many phonemes longer or shorter than the word its stretch may be."""
FAR = np.float32(1e6)
"""The cost of what cannot be."""


class PhonemeInventory:
    """Phonemes by number and the costs between them; learns symbols as they turn up."""

    def __init__(self, pronouncer: Pronouncer) -> None:
        self._pronouncer = pronouncer
        self._numbers: dict[str, int] = {}
        self.substitution: Costs = np.zeros((0, 0), np.float32)
        self.loss: Costs = np.zeros(0, np.float32)

    def of(self, words: Sequence[str]) -> list[Phonemes]:
        """Return the phonemes of each of `words`; the letters of one that cannot be pronounced.

        Without sounds it could be left out for nothing, and be found anywhere.
        """
        pronounced = self._pronouncer.pronounce(words)
        spoken = [
            phonemes or spelled(word) for word, phonemes in zip(words, pronounced, strict=True)
        ]
        self._learn(symbol for phonemes in spoken for symbol in phonemes)
        return [
            np.array([self._numbers[symbol] for symbol in phonemes], dtype=np.intp)
            for phonemes in spoken
        ]

    def _learn(self, symbols: Iterable[str]) -> None:
        known = len(self._numbers)
        for symbol in symbols:
            self._numbers.setdefault(symbol, len(self._numbers))
        if len(self._numbers) > known:
            self.substitution = cost_matrix(list(self._numbers), self.substitution)
            self.loss = np.array([loss(symbol) for symbol in self._numbers], np.float32)


class PhoneticLexicon:
    """The words of a grammar, each with its sounds."""

    def __init__(self, words: Mapping[str, str], sounds: PhonemeInventory) -> None:
        """`words` are keys, each with the spelling to pronounce."""
        self._sounds = sounds
        spoken = dict(zip(words, sounds.of(list(words.values())), strict=True))
        # Words of one length stand side by side.
        self.keys = tuple(sorted(words, key=lambda key: -len(spoken[key])))
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.lengths = np.array([len(spoken[key]) for key in self.keys], dtype=np.intp)
        self.stretches = np.maximum(np.arange(-SLACK, SLACK + 1)[:, None] + self.lengths, 0)
        """How many phonemes [band, word] takes: up to `SLACK` more or less than the word has."""
        self.is_number = np.array([key[:1].isdigit() for key in self.keys])
        self.phonemes = [tuple(spoken[key].tolist()) for key in self.keys]
        self.losses = np.array([sounds.loss[spoken[key]].sum() for key in self.keys], np.float32)
        self._beginnings = tuple(_beginnings(self.phonemes))

    def lay(self, heard: Phonemes) -> Costs:
        """Lay every word against every stretch of `heard`: the cost of [band, word, start].

        The usual edit distance, for all beginnings of words and all starts at once, in a band:
        cell `b` of a row holds the stretch that is `b - SLACK` phonemes longer than a beginning.
        """
        starts, band, longest = len(heard), 2 * SLACK + 1, len(self._beginnings)
        # Beyond the end of the utterance nothing can be said; one more column stands for that.
        losses = np.append(self._sounds.loss[heard], np.full(longest + band, FAR))
        insertion = windows(losses.astype(np.float32), starts)
        row = np.full((band, 1, starts), FAR, np.float32)
        row[SLACK] = 0.0
        for b in range(SLACK + 1, band):
            row[b] = row[b - 1] + insertion[b - SLACK - 1]
        # Nor can anything be said before a stretch begins.
        unlike = np.full((len(self._sounds.loss), SLACK + starts + longest + band), FAR)
        unlike[:, SLACK : SLACK + starts] = self._sounds.substitution[:, heard]
        laid = np.repeat(row, len(self.keys), axis=1)
        for place, said in enumerate(self._beginnings):
            # Not by indexing: that keeps an order in memory in which all that follows is slow.
            row = row.take(said.before, axis=1)
            missed = row[1:] + self._sounds.loss[said.phonemes, None]
            shortest = max(0, SLACK - place)
            row[:shortest] = FAR
            stretch = unlike[said.phonemes, place : place + starts + band - 1]
            row[shortest:] += windows(stretch, starts).transpose(1, 0, 2)[shortest:]
            np.minimum(row[:-1], missed, out=row[:-1])
            for b in range(shortest + 1, band):
                np.minimum(row[b], row[b - 1] + insertion[place + b - SLACK], out=row[b])
            laid[:, said.words] = row.take(said.whole, axis=1)
        return laid


@dataclass(frozen=True, slots=True)
class _Beginnings:
    """The beginnings of words that are of one length; many words share one."""

    before: Numbers
    """Which of those one shorter each goes on from ..."""
    phonemes: Phonemes
    """... and by what."""
    words: Numbers
    """The words that are no longer ..."""
    whole: Numbers
    """... and which of the beginnings each is."""


def _beginnings(words: Sequence[tuple[int, ...]]) -> Iterator[_Beginnings]:
    """Yield those of `words`, from the shortest on."""
    shorter: dict[tuple[int, ...], int] = {(): 0}
    for length in range(1, max(map(len, words), default=0) + 1):
        longer = dict.fromkeys(word[:length] for word in words if len(word) >= length)
        numbers = {beginning: number for number, beginning in enumerate(longer)}
        ended = [number for number, word in enumerate(words) if len(word) == length]
        yield _Beginnings(
            before=np.array([shorter[beginning[:-1]] for beginning in numbers], np.intp),
            phonemes=np.array([beginning[-1] for beginning in numbers], np.intp),
            words=np.array(ended, np.intp),
            whole=np.array([numbers[words[number]] for number in ended], np.intp),
        )
        shorter = numbers


def first_of_each(numbers: Numbers) -> Numbers:
    """Return the place of the first of each run of equal numbers."""
    is_first = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=is_first[1:])
    return is_first.nonzero()[0]


def windows(costs: Costs, width: int) -> Costs:
    """Return views of `costs`, each `width` long and one place on: [..., from, place].

    What numpy's `sliding_window_view` does, which takes longer than all that is done with it here.
    """
    *outer, length = costs.shape
    shape, strides = (*outer, length - width + 1, width), (*costs.strides, costs.itemsize)
    return np.ndarray(shape, costs.dtype, costs, strides=strides)
