"""The automaton as the search by sound walks it: words of the vocabulary between nodes.

Lists are walked inside the state that asks for them. What leaves a node is worked out once and
kept. Knows nothing of what was heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.understanding.automaton import START, Automaton, Choice, Number, Wildcard, Word
from voice2mqtt.understanding.match import meaning
from voice2mqtt.understanding.sounds import Vocabulary

MOST_NUMBERS = 128
"""Values of a range up to which a number is looked for by its sound."""
_REMEMBERED = 20_000
"""Nodes."""

Slots = tuple[tuple[str, SlotValue], ...]
Node = tuple[int, ...]
"""A state, and inside a list also the label, the state after it and the state in the list."""
ROOT: Node = (START,)


@dataclass(frozen=True, slots=True)
class Arc:
    """To `target` by a word of the vocabulary, or by nothing where `word` is -1."""

    target: Node
    word: int
    surface: str = ""
    fills: Slots = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves a node."""

    arcs: tuple[Arc, ...]
    """Those by words first."""
    words: NDArray[np.intp]
    """Of those arcs."""
    open: tuple[tuple[Number | Wildcard, Node], ...]
    """Slots that are filled with what is heard, and where that leads."""


class SoundGraph:
    """Nodes of one automaton."""

    def __init__(self, automaton: Automaton, vocabulary: Vocabulary) -> None:
        self._automaton = automaton
        self._vocabulary = vocabulary
        self._levels = _levels(automaton)
        self._levels_in_list = {
            number: _levels(label.spoken)
            for number, label in enumerate(automaton.labels)
            if isinstance(label, Choice)
        }
        self._known: dict[tuple[Node, bool], Leaving] = {}
        self.has_free_text = any(isinstance(label, Wildcard) for label in automaton.labels)

    def rows(self, node: Node) -> tuple[int, ...]:
        """Return the rows that may end at `node`."""
        return self._automaton.accepts(node[0]) if len(node) == 1 else ()

    def rank(self, node: Node) -> tuple[int, int]:
        """Return the place of `node` in an order in which every arc leads onwards."""
        level = self._levels[node[0]]
        return (level, 0) if len(node) == 1 else (level, 1 + self._levels_in_list[node[1]][node[3]])

    def leaving(self, node: Node, numbers: bool = True) -> Leaving:
        """Return what leaves `node`, with or without `numbers` by their sound."""
        known = self._known.get((node, numbers))
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            known = self._inside(node) if len(node) > 1 else self._outside(node[0], numbers)
            self._known[node, numbers] = known
        return known

    def _list(self, number: int) -> Choice:
        label = self._automaton.labels[number]
        assert isinstance(label, Choice)
        return label

    def _inside(self, node: Node) -> Leaving:
        state, number, target, inner = node
        label = self._list(number)
        by_words = []
        for index, then in label.spoken.arcs(inner):
            word = label.spoken.labels[index]
            assert isinstance(word, Word)
            known = self._vocabulary.numbers[word.key]
            by_words.append(Arc((state, number, target, then), known, word.surface))
        ends = [
            Arc((target,), -1, fills=((label.slot, label.values[value]),))
            for value in label.spoken.accepts(inner)
        ]
        return _leaving(by_words, ends)

    def _outside(self, state: int, numbers: bool) -> Leaving:
        by_words: list[Arc] = []
        others: list[Arc] = []
        open_slots: list[tuple[Number | Wildcard, Node]] = []
        for number, target in self._automaton.arcs(state):
            match self._automaton.labels[number]:
                case Word(key=key, surface=surface):
                    by_words.append(Arc((target,), self._vocabulary.numbers[key], surface))
                case Choice():
                    others.append(Arc((state, number, target, START), -1))
                case Number() as label:
                    by_words += self._numbers(label, target) if numbers else ()
                    open_slots.append((label, (target,)))
                case Wildcard() as label:
                    open_slots.append((label, (target,)))
        return _leaving(by_words, others, open_slots)

    def _numbers(self, label: Number, target: int) -> Iterator[Arc]:
        """Yield the numbers of a range by their sound, unless it is long."""
        values = range(label.lowest, label.highest + 1, label.step)
        for value in values if len(values) <= MOST_NUMBERS else ():
            meant = meaning(label, value)
            if meant is not None:
                word = self._vocabulary.numbers[str(value)]
                yield Arc((target,), word, str(value), ((label.slot, meant),))


def _leaving(
    by_words: list[Arc],
    others: list[Arc],
    open_slots: list[tuple[Number | Wildcard, Node]] | None = None,
) -> Leaving:
    words = np.array([arc.word for arc in by_words], dtype=np.intp)
    return Leaving((*by_words, *others), words, tuple(open_slots or ()))


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
