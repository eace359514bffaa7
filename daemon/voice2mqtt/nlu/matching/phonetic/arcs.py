"""The automaton as the search by sound walks it: words of the vocabulary between nodes.

Lists are walked inside the state that asks for them. What leaves a node is worked out once and
kept. Knows nothing of what was heard.
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
from voice2mqtt.nlu.matching.exact import meaning
from voice2mqtt.nlu.matching.phonetic.phonemes import Numbers, PhoneticLexicon

_MOST_NUMBERS = 128
_REMEMBERED = 20_000
"""Nodes."""

Slots = tuple[tuple[str, SlotValue], ...]
ROOT = START


@dataclass(frozen=True, slots=True)
class NodeArcs:
    """What leaves a node: arcs by a word, each at the same place of five lists, and others."""

    words: Numbers
    """Of the vocabulary."""
    targets: Numbers
    ranks: Numbers
    """Of the targets."""
    surfaces: Sequence[str]
    fills: Sequence[Slots]
    silent: Sequence[tuple[int, Slots]]
    """Targets that need no word, into a list or out of it, and what is filled by going there."""
    open: Sequence[tuple[Number | Wildcard, int]]
    """Slots that are filled with what is heard, and where that leads."""
    is_end: bool
    """Whether a row may end here."""


class PhoneticArcs:
    """Nodes of one automaton by number: its states, and behind them those inside of lists.

    One of those stands for a state, the list that it asks for, the state after the list and one
    inside of it.
    """

    def __init__(self, automaton: Automaton, vocabulary: PhoneticLexicon) -> None:
        """`vocabulary` has all words; those numbers of short ranges that may be misheard."""
        self.vocabulary = vocabulary
        self.has_free_text = any(isinstance(label, Wildcard) for label in automaton.labels)
        self._automaton = automaton
        choices = {
            number: label.spoken
            for number, label in enumerate(automaton.labels)
            if isinstance(label, Choice)
        }
        self._spoken = [_spoken(label, vocabulary) for label in automaton.labels]
        self._spoken_in_list = {
            number: [_spoken(label, vocabulary) for label in spoken.labels]
            for number, spoken in choices.items()
        }
        self._levels = _levels(automaton)
        self._levels_in_list = {number: _levels(spoken) for number, spoken in choices.items()}
        self._levels_apart = 2 + max(map(max, self._levels_in_list.values()), default=0)
        self._inside: list[tuple[int, int, int, int]] = []
        self._places: dict[tuple[int, int, int, int], int] = {}
        self._known: dict[int, NodeArcs] = {}

    def make_room(self) -> None:
        """Forget all nodes when they are many: their numbers mean nothing afterwards."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
            self._places.clear()
            self._inside.clear()

    def rows(self, node: int) -> tuple[int, ...]:
        """Return the rows that may end at `node`."""
        return () if self.is_in_list(node) else self._automaton.accepts(node)

    def is_in_list(self, node: int) -> bool:
        """Whether the words behind `node` fill a slot."""
        return node >= len(self._levels)

    def rank(self, node: int) -> int:
        """Return the place of `node` in an order in which every arc leads onwards."""
        if not self.is_in_list(node):
            return self._levels[node] * self._levels_apart
        state, number, _, inner = self._inside[node - len(self._levels)]
        return self._levels[state] * self._levels_apart + 1 + self._levels_in_list[number][inner]

    def leaving(self, node: int) -> NodeArcs:
        """Return what leaves `node`."""
        known = self._known.get(node)
        if known is None:
            known = self._in_list(node) if self.is_in_list(node) else self._outside(node)
            self._known[node] = known
        return known

    def _node(self, state: int, number: int, target: int, inner: int) -> int:
        """Return the number of a node inside of a list."""
        place = state, number, target, inner
        if place not in self._places:
            self._places[place] = len(self._levels) + len(self._inside)
            self._inside.append(place)
        return self._places[place]

    def _in_list(self, node: int) -> NodeArcs:
        state, number, target, inner = self._inside[node - len(self._levels)]
        label = self._automaton.labels[number]
        assert isinstance(label, Choice)
        arcs = _Arcs()
        for index, then in label.spoken.arcs(inner):
            to = self._node(state, number, target, then)
            arcs.add(self._spoken_in_list[number][index], to, self.rank(to))
        # A value without words ("?") is none that was said.
        accepted = label.spoken.accepts(inner) if inner != START else ()
        values = (label.values[value] for value in accepted)
        ends = [(target, ((label.slot, value),)) for value in values]
        return arcs.leaving(ends, (), is_end=False)

    def _outside(self, state: int) -> NodeArcs:
        arcs = _Arcs()
        silent: list[tuple[int, Slots]] = []
        open_slots: list[tuple[Number | Wildcard, int]] = []
        for number, to in self._automaton.arcs(state):
            arcs.add(self._spoken[number], to, self.rank(to))
            match self._automaton.labels[number]:
                case Choice():
                    silent.append((self._node(state, number, to, START), ()))
                case (Number() | Wildcard()) as label:
                    open_slots.append((label, to))
        return arcs.leaving(silent, open_slots, is_end=bool(self.rows(state)))


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The words of the vocabulary that a label can be, with their spelling and what they fill."""

    words: list[int]
    surfaces: list[str]
    fills: list[Slots]


def _spoken(label: Label, vocabulary: PhoneticLexicon) -> _Spoken:
    match label:
        case Word(key=key, surface=surface):
            return _Spoken([vocabulary.numbers[key]], [surface], [()])
        case Number():
            said = {value: meaning(label, value) for value in short_range(label)}
            known = [
                (vocabulary.numbers[str(value)], str(value), ((label.slot, meant),))
                for value, meant in said.items()
                if meant is not None and str(value) in vocabulary.numbers
            ]
            words, surfaces, fills = zip(*known, strict=True) if known else ((), (), ())
            return _Spoken(list(words), list(surfaces), list(fills))
    return _Spoken([], [], [])


def short_range(label: Number) -> range:
    """Return the numbers of a range that are few enough to be looked for by their sound."""
    values = range(label.lowest, label.highest + 1, label.step)
    return values if len(values) <= _MOST_NUMBERS else range(0)


class _Arcs:
    """The arcs by a word of one node."""

    def __init__(self) -> None:
        self._words: list[int] = []
        self._targets: list[int] = []
        self._ranks: list[int] = []
        self._surfaces: list[str] = []
        self._fills: list[Slots] = []

    def add(self, spoken: _Spoken, target: int, rank: int) -> None:
        """Add what leads to `target`."""
        count = len(spoken.words)
        self._words += spoken.words
        self._targets += [target] * count
        self._ranks += [rank] * count
        self._surfaces += spoken.surfaces
        self._fills += spoken.fills

    def leaving(
        self,
        silent: Sequence[tuple[int, Slots]],
        open_slots: Sequence[tuple[Number | Wildcard, int]],
        is_end: bool,
    ) -> NodeArcs:
        return NodeArcs(
            np.array(self._words, np.intp),
            np.array(self._targets, np.intp),
            np.array(self._ranks, np.intp),
            self._surfaces,
            self._fills,
            silent,
            open_slots,
            is_end,
        )


def _levels(automaton: Automaton) -> list[int]:
    """Return for each state how many arcs the longest way to it has."""
    offsets, targets = np.array(automaton.offsets), np.array(automaton.targets, dtype=np.int64)
    found = np.zeros(len(offsets) - 1, np.int32)
    entering = np.bincount(targets, minlength=len(found))
    ready = np.flatnonzero(entering == 0)
    level = 0
    while len(ready):
        found[ready] = level
        level += 1
        sizes = offsets[ready + 1] - offsets[ready]
        first = np.repeat(offsets[ready] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
        reached, times = np.unique(targets[first + np.arange(sizes.sum())], return_counts=True)
        entering[reached] -= times
        ready = reached[entering[reached] == 0]
    return found.tolist()
