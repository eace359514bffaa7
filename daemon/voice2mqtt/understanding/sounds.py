"""Words as numbered phonemes, and where in an utterance each word of a vocabulary could be.

All words of a vocabulary are laid against all stretches of the utterance at once, so that the
work does not grow with the number of rows. Knows nothing of sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.understanding.sound_costs import Costs, cost_matrix, loss

Phonemes = NDArray[np.intp]

_SLACK = 4
"""How many phonemes longer or shorter than the word its stretch may be."""
_FAR = np.float32(1e6)


@dataclass(frozen=True, slots=True)
class Span:
    """A word might have been said from one position to `end`, at `cost`."""

    end: int
    cost: float


class Laid:
    """What it costs to hear each word of a vocabulary in each stretch of an utterance."""

    def __init__(self, costs: Costs, lengths: Phonemes, end: int) -> None:
        """Costs are of [word, start, end]; an end counts from word length - _SLACK."""
        self._costs = costs
        self._nearest: Costs = costs.min(axis=2)
        self._lengths = lengths
        self._end = end

    def spans(self, word: int, start: int, worst: float) -> list[Span]:
        """Return where `word` may end that begins at `start`.

        `worst` is the cost a phoneme of the word above which it was not heard there.
        """
        length = int(self._lengths[word])
        if self._nearest[word, start] > worst * length:
            return []
        return [
            Span(end, cost)
            for end, cost in enumerate(self._costs[word, start].tolist(), start + length - _SLACK)
            if cost <= worst * length and start < end <= self._end
        ]

    def heard_at(self, words: Phonemes, start: int, worst: float) -> list[int]:
        """Return those of `words` that may begin at `start`."""
        near = self._nearest[words, start] <= worst * self._lengths[words]
        return [int(word) for word in words[near]]

    def cheapest(self) -> Costs:
        """Return what it costs at least to hear any one word from [start] to [end]."""
        cheapest = np.full((self._end + 1, self._end + 1), _FAR, np.float32)
        starts = np.arange(self._end)
        for length in np.unique(self._lengths):
            of_length = self._costs[self._lengths == length, : self._end].min(axis=0)
            for b in range(of_length.shape[1]):
                ends = starts + int(length) - _SLACK + b
                inside = (starts < ends) & (ends <= self._end)
                cell = starts[inside], ends[inside]
                cheapest[cell] = np.minimum(cheapest[cell], of_length[inside, b])
        return cheapest


class Sounds:
    """Phonemes by number and the costs between them; learns symbols as they turn up."""

    def __init__(self, pronouncer: Pronouncer) -> None:
        self._pronouncer = pronouncer
        self._numbers: dict[str, int] = {}
        self.substitution: Costs = np.zeros((0, 0), np.float32)
        self.loss: Costs = np.zeros(0, np.float32)

    def of(self, words: Sequence[str]) -> list[Phonemes]:
        """Return the phonemes of each of `words`."""
        spoken = self._pronouncer.pronounce(words)
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
            self.substitution = cost_matrix(list(self._numbers))
            self.loss = np.array([loss(symbol) for symbol in self._numbers], np.float32)


class Vocabulary:
    """The words of a grammar, each with its sounds."""

    def __init__(self, words: Mapping[str, str], sounds: Sounds) -> None:
        """`words` are keys, each with the spelling to pronounce."""
        self._sounds = sounds
        spoken = dict(zip(words, sounds.of(list(words.values())), strict=True))
        # Longest first, so that the words which have a phoneme at some place are a prefix.
        self.keys = tuple(sorted(words, key=lambda key: -len(spoken[key])))
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.lengths = np.array([len(spoken[key]) for key in self.keys], dtype=np.intp)
        longest = int(self.lengths[0]) if self.keys else 0
        self._phonemes = np.zeros((len(self.keys), longest), dtype=np.intp)
        for number, key in enumerate(self.keys):
            self._phonemes[number, : len(spoken[key])] = spoken[key]
        self.phonemes = [tuple(spoken[key].tolist()) for key in self.keys]
        self.losses = [float(sounds.loss[spoken[key]].sum()) for key in self.keys]

    def lay(self, heard: Phonemes) -> Laid:
        """Lay every word against every stretch of `heard`."""
        if not self.keys or not len(heard):
            return Laid(np.full((len(self.keys), len(heard) + 1, 1), _FAR), self.lengths, 0)
        costs = self._costs(heard)
        nothing = np.full((len(costs), 1, costs.shape[2]), _FAR, np.float32)
        return Laid(np.concatenate([costs, nothing], axis=1), self.lengths, len(heard))

    def _costs(self, heard: Phonemes) -> Costs:
        """Return the cost of [word, start, end]; an end counts from word length - _SLACK.

        The usual edit distance, for all words and starts at once, in a band: cell `b` of a
        row holds the stretch that is `b - _SLACK` phonemes longer than the part of the word.
        """
        starts, band = len(heard), 2 * _SLACK + 1
        longest = self._phonemes.shape[1]
        # Beyond the end of the utterance nothing can be said; one more column stands for that.
        losses = np.append(self._sounds.loss[heard], np.full(longest + band, _FAR))
        columns = np.arange(starts)[:, None] + np.arange(longest + band)[None, :]
        insertion = losses[columns].astype(np.float32)
        row = np.full((len(self.keys), starts, band), _FAR, np.float32)
        row[:, :, _SLACK] = 0.0
        for b in range(_SLACK + 1, band):
            row[:, :, b] = row[:, :, b - 1] + insertion[:, b - _SLACK - 1]
        done = np.empty_like(row)
        unlike = np.pad(self._sounds.substitution[:, heard], ((0, 0), (0, longest + band)))
        unlike[:, starts:] = _FAR
        for place in range(longest):
            active = int((self.lengths > place).sum())
            done[active : len(row)] = row[active:]
            row = self._next_row(row[:active], place, insertion, unlike)
        done[: len(row)] = row
        return done

    def _next_row(self, row: Costs, place: int, insertion: Costs, unlike: Costs) -> Costs:
        """Return the costs with phoneme `place` of each word said, given those without it."""
        starts, band = row.shape[1], row.shape[2]
        phonemes = self._phonemes[: len(row), place]
        following = np.full_like(row, _FAR)
        following[:, :, :-1] = row[:, :, 1:] + self._sounds.loss[phonemes][:, None, None]
        of_word = unlike[phonemes]
        for b in range(band):
            length = place + 1 + b - _SLACK
            if length < 0:
                continue
            cell = following[:, :, b]
            if length > 0:
                np.minimum(
                    cell, row[:, :, b] + of_word[:, length - 1 : length - 1 + starts], out=cell
                )
                if b > 0:
                    np.minimum(cell, following[:, :, b - 1] + insertion[:, length - 1], out=cell)
        return following
