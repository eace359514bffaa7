"""The cost of each word of a lexicon in each span of one utterance.

To the edit distance come penalties that are not phonetic: for a known word that would be taken for
another one, a number for another number, an article for a number, a part of a number for anything
else. Nothing here knows about sentences.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.nlu.matching.phonetic.costs import Costs
from voice2mqtt.nlu.matching.phonetic.observation import Observation, ObservedWord
from voice2mqtt.nlu.matching.phonetic.phonemes import (
    INFINITE,
    Indices,
    PhoneticLexicon,
    run_starts,
    sliding_windows,
)

_SPLIT_PENALTY = 0.2
"""For a word of the table that ends in the middle of a word heard."""
_SIMILAR_PER_PHONEME = 0.1
"""Cost per phoneme up to which a word of the table may well have been recognised as another."""
_REPLACED_PENALTY = 1.0
"""For taking a word that the table knows for another one, if they are less similar than that."""
_WORD_TO_NUMBER_PENALTY = 0.4
"""For taking a word of the table for a number: "to" may be two, but seldom is."""
_FORM_COST = 0.2
"""The most that a form of a word costs that no row has. Set by hand: a fifth of a phoneme."""
_MIN_PROTECTED_PHONEMES = 3
"""Shorter words of the table are taken for others without `_REPLACED_PENALTY`."""


class WordScores:
    """Costs of all words of a lexicon in all spans of one utterance.

    A position lies between two phonemes: 0 to T. A span may be up to `BAND_RADIUS` phonemes longer
    or shorter than the word, so a word's costs have an axis `band` of possible span lengths.
    """

    def __init__(self, lexicon: PhoneticLexicon, observation: Observation) -> None:
        self._last = len(observation.phonemes)
        self._deletion_costs = lexicon.deletion_costs
        self._span_lengths = lexicon.span_lengths
        self._longest = int(self._span_lengths.max(initial=0))
        costs = lexicon.span_costs(observation.phonemes)
        costs[self._span_lengths == 0] = INFINITE
        self._add_penalties(costs, lexicon, observation)
        self._by_start = np.full((*self._span_lengths.shape, self._last + 1), INFINITE, np.float32)
        """[band, word, start]"""
        np.minimum(costs, INFINITE, out=self._by_start[..., :-1])
        bands_and_words = np.ix_(*map(np.arange, self._span_lengths.shape))
        earlier = self._longest - self._span_lengths
        self._by_end = self._at_earlier(self._by_start)[(*bands_and_words, earlier)]
        """[band, word, end]"""
        self._spans: dict[tuple[int, int], list[tuple[int, float]]] = {}

    def spans(self, word: int, start: int) -> Sequence[tuple[int, float]]:
        """Return (end, cost) of each span of `word` from `start`; the first is its deletion."""
        if (word, start) not in self._spans:
            ends = (start + self._span_lengths[:, word]).tolist()
            costs = self._by_start[:, word, start].tolist()
            spans = [(end, cost) for end, cost in zip(ends, costs, strict=True) if cost < INFINITE]
            self._spans[word, start] = [(start, float(self._deletion_costs[word])), *spans]
        return self._spans[word, start]

    def forward(self, costs: Costs, sources: Indices, words: Indices) -> Costs:
        """Return the least cost [arc, position] after the word of each arc.

        Args:
            costs: [node, position], the least cost before.
            sources: [arc], the index of the node that each arc leaves.
            words: [arc]
        """
        before = self._at_earlier(costs)[sources, self._longest - self._span_lengths[:, words]]
        spoken = (before + self._by_end.take(words, axis=1)).min(axis=0)
        deleted = costs[sources] + self._deletion_costs[words, None]
        return np.asarray(np.minimum(spoken, deleted))

    def backward(self, words: Indices, after: Costs) -> Costs:
        """Return the least cost-to-go [arc, position] when the word of each arc comes next.

        Args:
            words: [arc]
            after: [arc, position], the cost-to-go after the word.
        """
        later = self._at_later(after)[np.arange(len(words)), self._span_lengths[:, words]]
        spoken = (self._by_start.take(words, axis=1) + later).min(axis=0)
        return np.asarray(np.minimum(spoken, after + self._deletion_costs[words, None]))

    def backward_of_all(self, after: Costs) -> Costs:
        """Return `backward` for every word, as [position, word]; `after` is [position]."""
        words = np.arange(len(self._deletion_costs))
        after_each = np.broadcast_to(after, (len(words), len(after)))
        return np.ascontiguousarray(self.backward(words, after_each).T)

    def least_span_costs(self) -> Costs:
        """Return the least cost of each span over all words: [length, start]."""
        runs = run_starts(self._span_lengths[-1])
        least = np.full((self._longest + 1, self._last + 1), INFINITE, np.float32)
        least_of_runs = np.minimum.reduceat(self._by_start, runs, axis=1)
        for lengths, costs in zip(self._span_lengths[:, runs], least_of_runs, strict=True):
            least[lengths] = np.minimum(least[lengths], costs)
        return least

    def _at_later(self, costs: Costs) -> Costs:
        """Return `costs` [..., position] read `shift` positions later: [..., shift, position]."""
        padded = np.full((*costs.shape[:-1], self._last + 1 + self._longest), INFINITE, np.float32)
        padded[..., : self._last + 1] = costs
        return sliding_windows(padded, self._last + 1)

    def _at_earlier(self, costs: Costs) -> Costs:
        """Return `costs` [..., position] read earlier, as [..., longest span - shift, position]."""
        padded = np.full((*costs.shape[:-1], self._longest + self._last + 1), INFINITE, np.float32)
        padded[..., self._longest :] = costs
        return sliding_windows(padded, self._last + 1)

    def _add_penalties(
        self, costs: Costs, lexicon: PhoneticLexicon, observation: Observation
    ) -> None:
        """Add the penalties that are not phonetic to `costs` [band, word, start]."""
        heard = observation.words
        is_unlike = costs > _SIMILAR_PER_PHONEME * lexicon.lengths[:, None]
        split = np.full(self._last + self._longest + 1, _SPLIT_PENALTY, np.float32)
        split[[*(word.start for word in heard), self._last]] = 0.0
        costs += sliding_windows(split, self._last)[self._span_lengths]
        replaced, as_number, partial = np.zeros((3, len(heard)), np.float32)
        for at, word in enumerate(heard):
            is_number = word.key[0].isdigit()
            is_protected = word.is_known and word.end - word.start >= _MIN_PROTECTED_PHONEMES
            replaced[at] = _REPLACED_PENALTY if is_protected else 0
            never = is_number or word.is_article
            as_number[at] = INFINITE if never else word.is_known * _WORD_TO_NUMBER_PENALTY
            partial[at] = INFINITE if word.in_number else 0
        word_ids = np.array([lexicon.word_ids.get(word.key, -1) for word in heard])
        covered = self._covered(heard)
        if replaced.any():
            costs += is_unlike * self._penalties(replaced, word_ids, covered)
        if as_number.any() and lexicon.is_number.any():
            costs += lexicon.is_number[:, None] * self._penalties(as_number, word_ids, covered)
        if partial.any():
            costs += self._penalties(partial, word_ids, covered)
        self._cap_forms(costs, lexicon, heard)

    def _cap_forms(
        self, costs: Costs, lexicon: PhoneticLexicon, heard: Sequence[ObservedWord]
    ) -> None:
        """Lower `costs` [band, word, start] where a form of the word was heard that no row has."""
        for word in heard:
            # An article alone tells no rows apart.
            is_another = word.is_known and not word.is_article
            for form in () if is_another else lexicon.forms_of(word.key):
                is_span = self._span_lengths[:, form] == word.end - word.start
                costs[is_span, form, word.start] = np.minimum(
                    costs[is_span, form, word.start], _FORM_COST
                )

    def _covered(self, heard: Sequence[ObservedWord]) -> NDArray[np.float64]:
        """Return 1 where a span has at least half of a word heard: [word heard, length, start]."""
        first = np.array([word.start for word in heard])[:, None, None]
        last = np.array([word.end for word in heard])[:, None, None]
        starts = np.arange(self._last)
        ends = starts + np.arange(self._longest + 1)[:, None]
        shared = np.minimum(ends, last) - np.maximum(starts, first)
        return np.asarray(shared >= np.maximum(1, last - first) / 2, np.float64)

    def _penalties(
        self, penalties: Costs, word_ids: Indices, covered: NDArray[np.float64]
    ) -> Costs:
        """Return the summed penalties [band, word, start] of the other words heard in a span.

        Args:
            penalties: [word heard]
            word_ids: [word heard], its id in the lexicon or -1; a word is not penalised for itself.
            covered: [word heard, length, start]
        """
        each = penalties[:, None, None] * covered
        total = each.sum(axis=0)
        by_word = total.astype(np.float32)[self._span_lengths]
        for word in {word for word in word_ids[penalties > 0].tolist() if word >= 0}:
            of_others = total - each[word_ids == word].sum(axis=0)
            by_word[:, word] = of_others[self._span_lengths[:, word]]
        return np.asarray(by_word)
