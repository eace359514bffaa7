"""The automaton as a search graph: nodes joined by arcs that each take one word of the lexicon.

The automaton of a list is expanded inside every state that asks for the list. The arcs of a node
are computed once and cached. Nothing here depends on what was heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.automaton import (
    START,
    Automaton,
    Choice,
    Label,
    Number,
    Wildcard,
    Word,
)
from voice2mqtt.nlu.matching.phonetic.phonemes import Indices, PhoneticLexicon

_MAX_RANGE = 128
"""A range of more numbers is not searched by sound. Set by hand."""
_MAX_CACHED_NODES = 20_000

Slots = tuple[tuple[str, SlotValue], ...]
ROOT = START


@dataclass(frozen=True, slots=True)
class NodeArcs:
    """The outgoing arcs of a node. Word arcs are five parallel sequences [arc]."""

    words: Indices
    """Ids in the lexicon"""
    targets: Indices
    ranks: Indices
    """Of the targets"""
    surfaces: Sequence[str]
    fills: Sequence[Slots]
    """The slots that taking the arc fills"""
    epsilon: Sequence[tuple[int, Slots]]
    """(target, slots filled) of the arcs without a word: into a list and out of it"""
    open_slots: Sequence[tuple[Number | Wildcard, int]]
    """(label, target) of the slots that are filled with what was heard"""
    is_final: bool
    """Whether a row may end here"""


class SearchGraph:
    """The nodes of one automaton by number: first its states, then the nodes inside lists.

    A node inside a list stands for (state, label of the list, state after the list, state in the
    automaton of the list).
    """

    def __init__(self, automaton: Automaton, lexicon: PhoneticLexicon) -> None:
        """`lexicon` must have all words; of the numbers, those that may be misheard."""
        self.lexicon = lexicon
        self.has_free_text = any(isinstance(label, Wildcard) for label in automaton.labels)
        self._automaton = automaton
        lists = {
            number: label.spoken
            for number, label in enumerate(automaton.labels)
            if isinstance(label, Choice)
        }
        self._label_words = [_label_words(label, lexicon) for label in automaton.labels]
        self._list_label_words = {
            number: [_label_words(label, lexicon) for label in spoken.labels]
            for number, spoken in lists.items()
        }
        self._levels = _topological_levels(automaton)
        self._list_levels = {number: _topological_levels(a) for number, a in lists.items()}
        self._level_spacing = 2 + max(map(max, self._list_levels.values()), default=0)
        self._list_nodes: list[tuple[int, int, int, int]] = []
        self._list_node_ids: dict[tuple[int, int, int, int], int] = {}
        self._cache: dict[int, NodeArcs] = {}

    def limit_cache(self) -> None:
        """Empty the cache if it has grown too large; node numbers are invalid afterwards."""
        if len(self._cache) > _MAX_CACHED_NODES:
            self._cache.clear()
            self._list_node_ids.clear()
            self._list_nodes.clear()

    def rows(self, node: int) -> tuple[int, ...]:
        """Return the rows that may end at `node`."""
        return () if self.is_in_list(node) else self._automaton.accepts(node)

    def is_in_list(self, node: int) -> bool:
        """Return whether `node` is inside a list, so that its words fill a slot."""
        return node >= len(self._levels)

    def rank(self, node: int) -> int:
        """Return the topological rank of `node`: every arc leads to a higher one."""
        if not self.is_in_list(node):
            return self._levels[node] * self._level_spacing
        state, number, _, inner = self._list_nodes[node - len(self._levels)]
        return self._levels[state] * self._level_spacing + 1 + self._list_levels[number][inner]

    def arcs_from(self, node: int) -> NodeArcs:
        """Return the outgoing arcs of `node`."""
        arcs = self._cache.get(node)
        if arcs is None:
            arcs = self._list_arcs(node) if self.is_in_list(node) else self._state_arcs(node)
            self._cache[node] = arcs
        return arcs

    def _list_node(self, state: int, number: int, target: int, inner: int) -> int:
        key = state, number, target, inner
        if key not in self._list_node_ids:
            self._list_node_ids[key] = len(self._levels) + len(self._list_nodes)
            self._list_nodes.append(key)
        return self._list_node_ids[key]

    def _list_arcs(self, node: int) -> NodeArcs:
        state, number, target, inner = self._list_nodes[node - len(self._levels)]
        label = self._automaton.labels[number]
        assert isinstance(label, Choice)
        arcs = _WordArcs()
        for index, inner_target in label.spoken.arcs(inner):
            to = self._list_node(state, number, target, inner_target)
            arcs.add(self._list_label_words[number][index], to, self.rank(to))
        # A value without words, such as "?", cannot have been said.
        accepted = label.spoken.accepts(inner) if inner != START else ()
        values = (label.values[value] for value in accepted)
        exits = [(target, ((label.slot, value),)) for value in values]
        return arcs.with_others(exits, (), is_final=False)

    def _state_arcs(self, state: int) -> NodeArcs:
        arcs = _WordArcs()
        epsilon: list[tuple[int, Slots]] = []
        open_slots: list[tuple[Number | Wildcard, int]] = []
        for number, to in self._automaton.arcs(state):
            arcs.add(self._label_words[number], to, self.rank(to))
            match self._automaton.labels[number]:
                case Choice():
                    epsilon.append((self._list_node(state, number, to, START), ()))
                case (Number() | Wildcard()) as label:
                    open_slots.append((label, to))
        return arcs.with_others(epsilon, open_slots, is_final=bool(self.rows(state)))


@dataclass(frozen=True, slots=True)
class _LabelWords:
    """The words that a label stands for, in parallel lists."""

    words: list[int]
    surfaces: list[str]
    fills: list[Slots]


def _label_words(label: Label, lexicon: PhoneticLexicon) -> _LabelWords:
    match label:
        case Word(key=key, surface=surface):
            return _LabelWords([lexicon.word_ids[key]], [surface], [()])
        case Number():
            meanings = {value: label.meaning(value) for value in short_range(label)}
            known = [
                (lexicon.word_ids[str(value)], str(value), ((label.slot, meant),))
                for value, meant in meanings.items()
                if meant is not None and str(value) in lexicon.word_ids
            ]
            words, surfaces, fills = zip(*known, strict=True) if known else ((), (), ())
            return _LabelWords(list(words), list(surfaces), list(fills))
    return _LabelWords([], [], [])


def short_range(label: Number) -> range:
    """Return the numbers of `label` if they are few enough to be searched by sound, else none."""
    values = range(label.lowest, label.highest + 1, label.step)
    return values if len(values) <= _MAX_RANGE else range(0)


class _WordArcs:
    """Collects the word arcs of one node."""

    def __init__(self) -> None:
        self._words: list[int] = []
        self._targets: list[int] = []
        self._ranks: list[int] = []
        self._surfaces: list[str] = []
        self._fills: list[Slots] = []

    def add(self, label: _LabelWords, target: int, rank: int) -> None:
        count = len(label.words)
        self._words += label.words
        self._targets += [target] * count
        self._ranks += [rank] * count
        self._surfaces += label.surfaces
        self._fills += label.fills

    def with_others(
        self,
        epsilon: Sequence[tuple[int, Slots]],
        open_slots: Sequence[tuple[Number | Wildcard, int]],
        is_final: bool,
    ) -> NodeArcs:
        return NodeArcs(
            np.array(self._words, np.intp),
            np.array(self._targets, np.intp),
            np.array(self._ranks, np.intp),
            self._surfaces,
            self._fills,
            epsilon,
            open_slots,
            is_final,
        )


def _topological_levels(automaton: Automaton) -> list[int]:
    """Return the length of the longest path to each state (Kahn's algorithm, level by level)."""
    offsets, targets = np.array(automaton.offsets), np.array(automaton.targets, dtype=np.int64)
    levels = np.zeros(len(offsets) - 1, np.int32)
    in_degree = np.bincount(targets, minlength=len(levels))
    ready = np.flatnonzero(in_degree == 0)
    level = 0
    while len(ready):
        levels[ready] = level
        level += 1
        out_degree = offsets[ready + 1] - offsets[ready]
        previous = np.concatenate(([0], np.cumsum(out_degree)[:-1]))
        first = np.repeat(offsets[ready] - previous, out_degree)
        arcs = first + np.arange(out_degree.sum())
        reached, counts = np.unique(targets[arcs], return_counts=True)
        in_degree[reached] -= counts
        ready = reached[in_degree[reached] == 0]
    return levels.tolist()
