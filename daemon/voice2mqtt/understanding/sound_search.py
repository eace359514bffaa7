"""The cheapest ways through an automaton that cover an utterance from end to end, best first.

Two passes and a walk. Forward, each node gets what it costs at least to be there at each
position of the phonemes heard; each is visited once, after all that lead to it and with all of
its level, and only while it can still lead to an end within the bound. Backward, each node
visited gets what is still to be paid. The walk (A*, whose estimate is exact by then) yields the
ways in order and takes each meaning once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.understanding import match
from voice2mqtt.understanding.automaton import Number
from voice2mqtt.understanding.sound_costs import Costs
from voice2mqtt.understanding.sound_graph import ROOT, Arc, Leaving, Node, Slots, SoundGraph
from voice2mqtt.understanding.sound_heard import HeardSounds
from voice2mqtt.understanding.sound_laid import Laid
from voice2mqtt.understanding.sounds import FAR, Vocabulary

_MOST_NODES = 300
"""Of a pass; talk that is near nothing would be followed through all of a large table."""
_MOST_STEPS = 600
"""Of the walk."""
_AT_ONCE = 64
"""Words that are tried from one level in one go: a trade of speed for memory."""
_ROUNDING = 1e-3
_SKIPPED = 0.99
"""Share of its sounds that a word heard costs to leave out: rather that than bend another one."""


class Said(NamedTuple):
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
class Way:
    """One way through the automaton."""

    row: int
    slots: Slots
    cost: float
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Leap:
    """To `target` by a stretch of the utterance that needs no sound."""

    target: Node
    start: int
    end: int
    text: str
    fills: Slots
    is_number: bool


@dataclass(slots=True)
class _Onward:
    """What leads from a node to an end, and what is to be paid when an arc comes next."""

    arcs: list[tuple[Arc, Costs]]
    leaps: list[_Leap]

    def __bool__(self) -> bool:
        return bool(self.arcs or self.leaps)


class _Step(NamedTuple):
    """One step of the walk."""

    to_pay: float
    """What is to be paid after it."""
    cost: float
    target: Node
    end: int
    fills: Slots = ()
    said: tuple[Said, ...] = ()


class SoundSearch:
    """One utterance against one automaton."""

    def __init__(self, graph: SoundGraph, vocabulary: Vocabulary, heard: HeardSounds) -> None:
        self._graph = graph
        self._vocabulary = vocabulary
        self._heard = heard
        self._laid = Laid(vocabulary, heard)
        self._skips = [(word.start, word.end, _SKIPPED * word.lost) for word in heard.words]
        self._borders = [*(word.start for word in heard.words), len(heard.phonemes)]
        self._skipping = self._skipped()
        self._left = self._least_left()
        self._leaps: dict[Node, Sequence[_Leap]] = {}
        self._ahead = self._laid.to_pay_next(self._left)
        self._here: dict[Node, Costs] = {}
        self._followed: dict[Node, list[Arc]] = {}
        """The arcs by which a node was left."""
        self._passed: tuple[float, list[list[Node]]] | None = None
        self._to_pay: dict[Node, Costs] = {}
        self._onward: dict[Node, _Onward] = {}

    @property
    def bound(self) -> float:
        """What any way costs at least, whatever the table says of the order of its words."""
        return float(self._left[0])

    def least(self, at_most: float) -> float | None:
        """Return what the cheapest way costs; None if that is more than `at_most`."""
        ends = [
            self._here[node][-1]
            for level in self._forward(at_most)
            for node in level
            if self._graph.rows(node)
        ]
        least = float(min(ends, default=FAR))
        return least if least <= at_most else None

    def ways(self, at_most: float, within: float, most: int) -> list[Way]:
        """Return the cheapest way of each meaning, cheapest first, at most `most`.

        They cost up to `at_most`, and no more than the cheapest and `within`.
        """
        self._backward(self._forward(at_most), at_most)
        least = float(self._to_pay[ROOT][0]) if ROOT in self._to_pay else FAR
        if least > at_most:
            return []
        return list(self._walk(float(min(at_most, least + within)) + _ROUNDING, most))

    def _skipped(self) -> Costs:
        """Return what it costs to leave out what was heard from one border to a later one."""
        lost = np.cumsum([0.0, *(lost for *_, lost in self._skips)])
        between = np.where(lost >= lost[:, None], lost - lost[:, None], FAR)
        return between.astype(np.float32)

    def _least_left(self) -> Costs:
        """Return what the utterance costs at least from each position on."""
        last = len(self._heard.phonemes)
        if self._graph.has_free_text:
            return np.zeros(last + 1, np.float32)
        skips = {start: (end, lost) for start, end, lost in self._skips}
        cheapest = self._laid.cheapest()
        left = np.full(last + len(cheapest), FAR, np.float32)
        left[last] = 0.0
        for position in reversed(range(last)):
            least = (cheapest[:, position] + left[position : position + len(cheapest)]).min()
            for end, _ in self._heard.numbers.get(position, ()):
                least = min(least, left[end])
            if position in skips:
                end, lost = skips[position]
                least = min(least, lost + left[end])
            left[position] = least
        return left[: last + 1]

    def _forward(self, at_most: float) -> list[list[Node]]:
        """Fill `_here`, and return the nodes visited, level by level.

        What was visited for a higher bound is good for this one.
        """
        if self._passed is None or self._passed[0] < at_most:
            self._passed = at_most, list(self._visit(at_most))
        return self._passed[1]

    def _visit(self, at_most: float) -> Iterator[list[Node]]:
        self._here = {ROOT: np.full(len(self._left), FAR, np.float32)}
        self._here[ROOT][0] = 0.0
        levels = {self._graph.rank(ROOT): [ROOT]}
        waiting = list(levels)
        left = _MOST_NODES
        while waiting and left > 0:
            level = levels.pop(heapq.heappop(waiting))
            nodes, here = self._within(level, at_most, left)
            if not nodes:
                continue
            left -= len(nodes)
            yield nodes
            for target, there in self._reached(nodes, here, at_most):
                if target in self._here:
                    np.minimum(self._here[target], there, out=self._here[target])
                    continue
                self._here[target] = there
                rank = self._graph.rank(target)
                if rank not in levels:
                    levels[rank] = []
                    heapq.heappush(waiting, rank)
                levels[rank].append(target)

    def _within(self, level: list[Node], at_most: float, most: int) -> tuple[list[Node], Costs]:
        """Return those of `level` from which an end may be reached, and what it costs to be there.

        Of more than `most` only the cheapest.
        """
        here = np.array([self._here[node] for node in level])
        # Reductions go over the first axis here as elsewhere: over the last one they are slow.
        at_borders = here.T[self._borders, None, :] + self._skipping[:, :, None]
        here[:, self._borders] = at_borders.min(axis=0).T
        whole = here + self._left
        here[whole > at_most] = FAR
        least = whole.min(axis=1)
        near = np.flatnonzero(least <= at_most)
        if len(near) > most:
            near = np.sort(near[np.argsort(least[near], kind="stable")[:most]])
        nodes = [level[index] for index in near.tolist()]
        self._here.update(zip(nodes, here[near], strict=True))
        return nodes, here[near]

    def _reached(
        self, nodes: list[Node], here: Costs, at_most: float
    ) -> Iterator[tuple[Node, Costs]]:
        """Yield where arcs lead from `nodes` of one level, and what it costs to be there."""
        leaving = [self._leaving(node) for node in nodes]
        words = np.concatenate([each.words for each in leaving])
        counts = [len(each.words) for each in leaving]
        owners = np.repeat(np.arange(len(nodes)), counts)
        least = (here.T.take(owners, axis=1) + self._ahead.take(words, axis=1)).min(axis=0)
        near = np.flatnonzero(least <= at_most)
        places = near - np.cumsum([0, *counts])[owners[near]]
        followed: list[list[Arc]] = [[] for _ in nodes]
        for low in range(0, len(near), _AT_ONCE):
            some = slice(low, low + _AT_ONCE)
            of = owners[near[some]]
            reached = self._laid.reached(here, of, words[near[some]])
            for owner, place, there in zip(
                of.tolist(), places[some].tolist(), reached, strict=True
            ):
                arc = leaving[owner].arcs[place]
                followed[owner].append(arc)
                yield arc.target, there
        for node, each, there, arcs in zip(nodes, leaving, here, followed, strict=True):
            self._followed[node] = arcs
            for arc in each.arcs[len(each.words) :]:
                arcs.append(arc)
                yield arc.target, there.copy()
            for leap in self._leaps_from(node, each):
                if there[leap.start] < FAR:
                    leapt = np.full(len(there), FAR, np.float32)
                    leapt[leap.end] = there[leap.start]
                    yield leap.target, leapt

    def _backward(self, visited: list[list[Node]], at_most: float) -> None:
        """Fill `_to_pay` and `_onward`, of every node from which an end is reached."""
        self._to_pay, self._onward = {}, {}
        for level in reversed(visited):
            onward = {node: _Onward([], self._leaps_onward(node)) for node in level}
            for node, arc, by in self._arcs_onward(level):
                onward[node].arcs.append((arc, by))
            nodes = [node for node in level if onward[node] or self._graph.rows(node)]
            if not nodes:
                continue
            here = np.array([self._here[node] for node in nodes])
            to_pay = np.array([self._least_to_pay(node, onward[node]) for node in nodes])
            at_borders = to_pay.T[self._borders, None, :] + self._skipping.T[:, :, None]
            to_pay[:, self._borders] = at_borders.min(axis=0).T
            for index in np.flatnonzero((here + to_pay).min(axis=1) <= at_most).tolist():
                self._to_pay[nodes[index]] = to_pay[index]
                self._onward[nodes[index]] = onward[nodes[index]]

    def _arcs_onward(self, level: list[Node]) -> Iterator[tuple[Node, Arc, Costs]]:
        """Yield the arcs by which an end may be reached, and what is to be paid with them."""
        arcs = [
            (node, arc)
            for node in level
            for arc in self._followed[node]
            if arc.target in self._to_pay
        ]
        if arcs:
            to_pay = np.array([self._to_pay[arc.target] for _, arc in arcs])
            spoken = np.flatnonzero([arc.word >= 0 for _, arc in arcs])
            words = np.array([arc.word for _, arc in arcs])[spoken]
            to_pay[spoken] = self._laid.to_pay(words, to_pay[spoken])
            for (node, arc), by in zip(arcs, to_pay, strict=True):
                yield node, arc, by

    def _leaps_onward(self, node: Node) -> list[_Leap]:
        leaps = self._leaps_from(node, self._leaving(node))
        return [leap for leap in leaps if leap.target in self._to_pay]

    def _least_to_pay(self, node: Node, onward: _Onward) -> Costs:
        """Return what is to be paid at least from each position on, if nothing is skipped."""
        to_pay = np.full(len(self._left), FAR, np.float32)
        if self._graph.rows(node):
            to_pay[-1] = 0.0
        for _, by in onward.arcs:
            np.minimum(to_pay, by, out=to_pay)
        for leap in onward.leaps:
            after = self._to_pay[leap.target]
            to_pay[leap.start] = min(to_pay[leap.start], after[leap.end])
        return to_pay

    def _walk(self, at_most: float, most: int) -> Iterator[Way]:
        order = count()
        waiting: list[tuple[float, int, float, Node, int, Slots, tuple[Said, ...]]] = []
        heapq.heappush(waiting, (0.0, next(order), 0.0, ROOT, 0, (), ()))
        known: set[tuple[Node, int, Slots]] = set()
        found: set[tuple[int, frozenset[tuple[str, SlotValue]]]] = set()
        while waiting and len(known) < _MOST_STEPS and len(found) < most:
            _, _, cost, node, position, slots, said = heapq.heappop(waiting)
            if (node, position, slots) in known:
                continue
            known.add((node, position, slots))
            if position == len(self._heard.phonemes):
                for row in self._graph.rows(node):
                    meaning = row, frozenset(dict(slots).items())
                    if meaning not in found:
                        found.add(meaning)
                        yield Way(row, slots, cost, said)
            for step in self._steps(node, position, cost, at_most):
                so_far = cost + step.cost
                way = (step.target, step.end, slots + step.fills, said + step.said)
                heapq.heappush(waiting, (so_far + step.to_pay, next(order), so_far, *way))

    def _steps(self, node: Node, position: int, cost: float, at_most: float) -> Iterator[_Step]:
        here = self._to_pay[node]
        for start, end, lost in self._skips:
            if start == position and cost + lost + here[end] <= at_most:
                yield _Step(float(here[end]), lost, node, end)
        onward = self._onward[node]
        for arc, by in onward.arcs:
            if cost + by[position] > at_most:
                continue
            after = self._to_pay[arc.target]
            if arc.word < 0:
                yield _Step(float(after[position]), 0.0, arc.target, position, arc.fills)
                continue
            for end, took in self._laid.ends(arc.word, position):
                if cost + took + after[end] <= at_most:
                    yield self._by_word(node, arc, position, end, took, after)
        for leap in onward.leaps:
            if leap.start != position:
                continue
            after = self._to_pay[leap.target]
            if cost + after[leap.end] <= at_most:
                said = (Said("", leap.text, position, leap.end, 0.0, leap.is_number),)
                yield _Step(float(after[leap.end]), 0.0, leap.target, leap.end, leap.fills, said)

    def _by_word(
        self, node: Node, arc: Arc, start: int, end: int, cost: float, after: Costs
    ) -> _Step:
        in_slot = len(node) > 1 or bool(arc.fills)
        said = Said(self._vocabulary.keys[arc.word], arc.surface, start, end, cost, in_slot)
        return _Step(float(after[end]), cost, arc.target, end, arc.fills, (said,))

    def _leaving(self, node: Node) -> Leaving:
        # A number was heard as such: that another one was misheard costs too much to try.
        return self._graph.leaving(node, numbers=not self._heard.has_number)

    def _leaps_from(self, node: Node, leaving: Leaving) -> Sequence[_Leap]:
        if not leaving.open:
            return ()
        if node not in self._leaps:
            self._leaps[node] = [
                leap
                for label, target in leaving.open
                for leap in (
                    self._said_numbers(label, target)
                    if isinstance(label, Number)
                    else self._wild(label.slot, target)
                )
            ]
        return self._leaps[node]

    def _said_numbers(self, label: Number, target: Node) -> Iterator[_Leap]:
        for start, ways in self._heard.numbers.items():
            for end, number in ways:
                meant = match.meaning(label, number)
                if meant is not None:
                    fills = ((label.slot, meant),)
                    yield _Leap(target, start, end, f"{number:g}", fills, is_number=True)

    def _wild(self, slot: str, target: Node) -> Iterator[_Leap]:
        words, readings = self._heard.words, self._heard.readings
        for first in range(len(words)):
            for end in range(first + 1, len(words) + 1):
                if readings.may_part(first, end):
                    text = readings.slice(first, end)
                    stretch = words[first].start, words[end - 1].end
                    yield _Leap(target, *stretch, text, ((slot, text),), is_number=False)
