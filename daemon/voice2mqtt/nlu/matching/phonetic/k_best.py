"""The cheapest ways through an automaton that cover an utterance from end to end, best first.

After the passes (`forward_backward.py`) each node tells what is still to be paid. The walk (A*,
whose estimate is exact by then) yields the ways in order and takes each meaning once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.matching.phonetic.arcs import ROOT, PhoneticArcs, Slots
from voice2mqtt.nlu.matching.phonetic.forward_backward import Arc, ForwardBackward, WildcardArc
from voice2mqtt.nlu.matching.phonetic.observation import Observation

_MOST_STEPS = 600
"""Of the walk."""
_ROUNDING = 1e-3


class AlignedWord(NamedTuple):
    """A word of the table, and from where to where in the phonemes heard it was found."""

    key: str
    """"" for a number that was heard as such, and for what a wildcard took."""
    word: str
    start: int
    end: int
    cost: float
    in_slot: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether nothing was heard of it."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the automaton."""

    row: int
    slots: Slots
    cost: float
    said: tuple[AlignedWord, ...]


class _Step(NamedTuple):
    """One step of the walk."""

    to_pay: float
    """What is to be paid after it."""
    cost: float
    target: int
    end: int
    fills: Slots = ()
    said: tuple[AlignedWord, ...] = ()


class KBestSearch:
    """One utterance against one automaton."""

    def __init__(self, graph: PhoneticArcs, heard: Observation) -> None:
        self._graph = graph
        self._last = len(heard.phonemes)
        self._passes = ForwardBackward(graph, heard)
        self._onward: dict[int, tuple[list[Arc], list[WildcardArc]]] = {}

    @property
    def bound(self) -> float:
        """What any way costs at least, whatever the table says of the order of its words."""
        return self._passes.bound

    def least(self, at_most: float) -> float | None:
        """Return what the cheapest way costs; None if that is more than `at_most`."""
        return self._passes.least(at_most)

    def ways(self, at_most: float, within: float, most: int) -> list[Path]:
        """Return the cheapest way of each meaning, cheapest first, at most `most`.

        They cost up to `at_most`, and no more than the cheapest and `within`.
        """
        self._passes.back(at_most)
        self._onward = {}
        if ROOT not in self._passes.to_pay:
            return []
        least = float(self._passes.to_pay[ROOT][0])
        if least > at_most:
            return []
        return list(self._walk(min(at_most, least + within) + _ROUNDING, most))

    def _walk(self, at_most: float, most: int) -> Iterator[Path]:
        order = count()
        waiting: list[tuple[float, int, float, int, int, Slots, tuple[AlignedWord, ...]]] = []
        heapq.heappush(waiting, (0.0, next(order), 0.0, ROOT, 0, (), ()))
        known: set[tuple[int, int, Slots]] = set()
        found: set[tuple[int, frozenset[tuple[str, SlotValue]]]] = set()
        while waiting and len(known) < _MOST_STEPS and len(found) < most:
            _, _, cost, node, position, slots, said = heapq.heappop(waiting)
            if (node, position, slots) in known:
                continue
            known.add((node, position, slots))
            if position == self._last:
                for row in self._graph.rows(node):
                    meaning = row, frozenset(dict(slots).items())
                    if meaning not in found:
                        found.add(meaning)
                        yield Path(row, slots, cost, said)
            for step in self._steps(node, position, cost, at_most):
                so_far = cost + step.cost
                way = (step.target, step.end, slots + step.fills, said + step.said)
                heapq.heappush(waiting, (so_far + step.to_pay, next(order), so_far, *way))

    def _steps(self, node: int, position: int, cost: float, at_most: float) -> Iterator[_Step]:
        here = self._passes.to_pay[node]
        for start, end, lost in self._passes.skips:
            if start == position and cost + lost + here[end] <= at_most:
                yield _Step(float(here[end]), lost, node, end)
        if node not in self._onward:
            self._onward[node] = self._passes.onward(node)
        arcs, leaps = self._onward[node]
        in_list = self._graph.is_in_list(node)
        for arc in arcs:
            if cost + arc.to_pay[position] > at_most:
                continue
            if arc.word < 0:
                yield _Step(arc.after[position], 0.0, arc.target, position, arc.fills)
                continue
            key = self._graph.vocabulary.keys[arc.word]
            in_slot = in_list or bool(arc.fills)
            for end, took in self._passes.laid.ends(arc.word, position):
                if cost + took + arc.after[end] <= at_most:
                    said = (AlignedWord(key, arc.surface, position, end, took, in_slot),)
                    yield _Step(arc.after[end], took, arc.target, end, arc.fills, said)
        for leap in leaps:
            if leap.start == position:
                to_pay = float(self._passes.to_pay[leap.target][leap.end])
                if cost + to_pay <= at_most:
                    said = (AlignedWord("", leap.text, position, leap.end, 0.0, leap.is_number),)
                    yield _Step(to_pay, 0.0, leap.target, leap.end, leap.fills, said)
