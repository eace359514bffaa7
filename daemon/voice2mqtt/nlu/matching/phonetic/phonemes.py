"""Words as phoneme ids, and the cost of every word of a lexicon in every span of an utterance.

All words are aligned with all spans at once, so that the work depends on the vocabulary and not on
the number of rows. Nothing here knows about sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.matching.phonetic.costs import Costs, cost_matrix, deletion_cost
from voice2mqtt.nlu.text.inflection import Inflection
from voice2mqtt.nlu.text.letters import spelled

Indices = NDArray[np.intp]
Phonemes = Indices

BAND_RADIUS = 4
"""How many phonemes longer or shorter than a word its span may be. Set by hand."""
INFINITE = np.float32(1e6)
"""The cost of what is impossible; finite, since masks multiply it (inf times 0 is NaN)."""


class PhonemeInventory:
    """Phonemes by id and the costs between them; grows as new symbols turn up."""

    def __init__(self, pronouncer: Pronouncer) -> None:
        self._pronouncer = pronouncer
        self._ids: dict[str, int] = {}
        self.substitution_costs: Costs = np.zeros((0, 0), np.float32)
        """[said, heard]"""
        self.deletion_costs: Costs = np.zeros(0, np.float32)
        """[phoneme]; an insertion costs the same."""

    def phonemes_of(self, words: Sequence[str]) -> list[Phonemes]:
        """Return the phonemes of each of `words`; its letters where it has no pronunciation.

        A word without phonemes could be deleted at no cost, and so be found anywhere.
        """
        pronounced = self._pronouncer.pronounce(words)
        symbols = [
            phonemes or spelled(word) for word, phonemes in zip(words, pronounced, strict=True)
        ]
        self._add(symbol for phonemes in symbols for symbol in phonemes)
        return [
            np.array([self._ids[symbol] for symbol in phonemes], dtype=np.intp)
            for phonemes in symbols
        ]

    def _add(self, symbols: Iterable[str]) -> None:
        known = len(self._ids)
        for symbol in symbols:
            self._ids.setdefault(symbol, len(self._ids))
        if len(self._ids) > known:
            self.substitution_costs = cost_matrix(list(self._ids), self.substitution_costs)
            self.deletion_costs = np.array(
                [deletion_cost(symbol) for symbol in self._ids], np.float32
            )


class PhoneticLexicon:
    """The words of a grammar with their pronunciations, as a prefix tree."""

    def __init__(
        self, words: Mapping[str, str], inventory: PhonemeInventory, inflection: Inflection
    ) -> None:
        """`words` maps each key to the spelling to pronounce."""
        self._inventory = inventory
        self._inflection = inflection
        pronounced = dict(zip(words, inventory.phonemes_of(list(words.values())), strict=True))
        # Longest first, so that words of equal length form one run (see `run_starts`).
        self.keys = tuple(sorted(words, key=lambda key: -len(pronounced[key])))
        self.word_ids = {key: word for word, key in enumerate(self.keys)}
        self.lengths = np.array([len(pronounced[key]) for key in self.keys], dtype=np.intp)
        """[word], in phonemes"""
        offsets = np.arange(-BAND_RADIUS, BAND_RADIUS + 1)
        self.span_lengths = np.maximum(offsets[:, None] + self.lengths, 0)
        """[band, word], in phonemes: from `BAND_RADIUS` fewer than the word has to as many more."""
        self.is_number = np.array([key[:1].isdigit() for key in self.keys])
        self.phonemes = [tuple(pronounced[key].tolist()) for key in self.keys]
        self.deletion_costs = np.array(
            [inventory.deletion_costs[pronounced[key]].sum() for key in self.keys], np.float32
        )
        """[word]: the cost of hearing nothing of it."""
        self._trie = tuple(_trie_levels(self.phonemes))
        self._by_stem: dict[str, list[int]] = {}
        for key, word in self.word_ids.items():
            for stem in inflection.stems(key):
                self._by_stem.setdefault(stem, []).append(word)

    def forms_of(self, key: str) -> frozenset[int]:
        """Return the words that are other forms of the word `key`."""
        found = (self._by_stem.get(stem, ()) for stem in self._inflection.stems(key))
        return frozenset(chain.from_iterable(found)) - {self.word_ids.get(key)}

    def span_costs(self, heard: Phonemes) -> Costs:
        """Return the edit distance of every word to every span of `heard`: [band, word, start].

        The weighted Levenshtein distance (Wagner and Fischer 1974) in a band around the diagonal
        (Ukkonen 1985), one trie level after the other, for all prefixes and all starts at once.
        Row `b` holds the cost of matching a prefix with the span that is `b - BAND_RADIUS`
        phonemes longer than it.
        """
        starts, band, longest = len(heard), 2 * BAND_RADIUS + 1, len(self._trie)
        # Nothing can be consumed after the end of the utterance.
        inserted = np.append(
            self._inventory.deletion_costs[heard], np.full(longest + band, INFINITE)
        )
        insertion = sliding_windows(inserted.astype(np.float32), starts)
        row = np.full((band, 1, starts), INFINITE, np.float32)
        row[BAND_RADIUS] = 0.0
        for b in range(BAND_RADIUS + 1, band):
            row[b] = row[b - 1] + insertion[b - BAND_RADIUS - 1]
        # Nor before the start of a span.
        padded_width = BAND_RADIUS + starts + longest + band
        substitution = np.full((len(self._inventory.deletion_costs), padded_width), INFINITE)
        substitution[:, BAND_RADIUS : BAND_RADIUS + starts] = self._inventory.substitution_costs[
            :, heard
        ]
        costs = np.repeat(row, len(self.keys), axis=1)
        for depth, level in enumerate(self._trie):
            # `take`, since fancy indexing returns a memory order that slows down what follows.
            row = row.take(level.parents, axis=1)
            deleted = row[1:] + self._inventory.deletion_costs[level.phonemes, None]
            shortest = max(0, BAND_RADIUS - depth)
            row[:shortest] = INFINITE
            in_reach = substitution[level.phonemes, depth : depth + starts + band - 1]
            row[shortest:] += sliding_windows(in_reach, starts).transpose(1, 0, 2)[shortest:]
            np.minimum(row[:-1], deleted, out=row[:-1])
            for b in range(shortest + 1, band):
                np.minimum(row[b], row[b - 1] + insertion[depth + b - BAND_RADIUS], out=row[b])
            costs[:, level.words] = row.take(level.word_prefixes, axis=1)
        return costs


@dataclass(frozen=True, slots=True)
class _TrieLevel:
    """All distinct prefixes of one length."""

    parents: Indices
    """[prefix]: the index of the prefix one phoneme shorter, in the level before"""
    phonemes: Phonemes
    """[prefix]: its last phoneme"""
    words: Indices
    """The words that are complete at this length"""
    word_prefixes: Indices
    """For each of `words`, the index of its prefix"""


def _trie_levels(words: Sequence[tuple[int, ...]]) -> Iterator[_TrieLevel]:
    """Yield the levels of the prefix tree of `words`, from length 1 on."""
    shorter: dict[tuple[int, ...], int] = {(): 0}
    for length in range(1, max(map(len, words), default=0) + 1):
        prefixes = dict.fromkeys(word[:length] for word in words if len(word) >= length)
        indices = {prefix: index for index, prefix in enumerate(prefixes)}
        complete = [index for index, word in enumerate(words) if len(word) == length]
        yield _TrieLevel(
            parents=np.array([shorter[prefix[:-1]] for prefix in indices], np.intp),
            phonemes=np.array([prefix[-1] for prefix in indices], np.intp),
            words=np.array(complete, np.intp),
            word_prefixes=np.array([indices[words[index]] for index in complete], np.intp),
        )
        shorter = indices


def run_starts(values: Indices) -> Indices:
    """Return the index of the first element of each run of equal values."""
    is_first = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=is_first[1:])
    return is_first.nonzero()[0]


def sliding_windows(costs: Costs, width: int) -> Costs:
    """Return the windows of `width` over the last axis as a view: [..., offset, index].

    Same as numpy's `sliding_window_view`, whose checks take longer than all that is done here
    with its result.
    """
    *outer, length = costs.shape
    shape, strides = (*outer, length - width + 1, width), (*costs.strides, costs.itemsize)
    return np.ndarray(shape, costs.dtype, costs, strides=strides)
