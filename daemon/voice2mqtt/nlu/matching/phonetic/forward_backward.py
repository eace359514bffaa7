"""Two passes through an automaton that tell which of its nodes the best ways lead through.

Forward, each node gets what it costs at least to be there at each position of the phonemes
heard; each is visited once, after all that lead to it and with all of its level, and only while
it can still lead to an end within the bound. Backward, each node visited gets what is still to
be paid.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from voice2mqtt.nlu.grammar.automaton import Number
from voice2mqtt.nlu.matching import exact as match
from voice2mqtt.nlu.matching.phonetic.arcs import ROOT, NodeArcs, PhoneticArcs, Slots
from voice2mqtt.nlu.matching.phonetic.costs import Costs
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.phonemes import FAR, Numbers, first_of_each
from voice2mqtt.nlu.matching.phonetic.word_scores import WordScores

_MOST_NODES = 300
"""Of a pass; talk that is near nothing would be followed through all of a large table."""
_AT_ONCE = 256
"""Words that are tried from one level in one go: a trade of speed for memory."""
_SKIPPED = 0.99
"""Share of its sounds that a word heard costs to leave out: rather that than bend another one."""


class Arc(NamedTuple):
    """To `target` by a word of the vocabulary, or by nothing where `word` is -1."""

    word: int
    target: int
    surface: str
    fills: Slots
    to_pay: list[float]
    """What is to be paid at least from each position on when this arc comes next."""
    after: list[float]
    """What is to be paid after it."""


@dataclass(frozen=True, slots=True)
class WildcardArc:
    """To `target` by a stretch of the utterance that needs no sound."""

    target: int
    start: int
    end: int
    text: str
    fills: Slots
    is_number: bool


@dataclass(slots=True)
class _Level:
    """Nodes of one rank, each at the same place of three lists, and their arcs by a word."""

    nodes: list[int]
    here: Costs
    """What it costs to be at [node, position]."""
    leaving: list[NodeArcs]
    owners: Numbers
    """The place of the node of each arc; they ascend ..."""
    places: Numbers
    """... the place of each arc among those of its node ..."""
    words: Numbers
    targets: Numbers
    to_pay: Costs = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """... and what is to be paid from [arc, position] on, known on the way back."""


class ForwardBackward:
    """One utterance against one automaton."""

    def __init__(self, graph: PhoneticArcs, heard: Observation) -> None:
        graph.make_room()
        self.laid = WordScores(graph.vocabulary, heard)
        self.skips = [(word.start, word.end, _SKIPPED * word.lost) for word in heard.words]
        """Start, end and cost of each word that may be left out."""
        self.to_pay: dict[int, Costs] = {}
        """What is to be paid from each position on, of the nodes from which an end is reached."""
        self._graph = graph
        self._heard = heard
        self._borders = [*(word.start for word in heard.words), len(heard.phonemes)]
        self._skipping = self._skipped()
        self._left = self._least_left()
        self._ahead = self.laid.to_pay_next(self._left)
        self._passed: tuple[float, list[_Level]] | None = None
        self._leaps: dict[int, list[WildcardArc]] = {}
        self._found: dict[int, tuple[_Level, int]] = {}

    @property
    def bound(self) -> float:
        """What any way costs at least, whatever the table says of the order of its words."""
        return float(self._left[0])

    def least(self, at_most: float) -> float | None:
        """Return what the cheapest way costs; None if that is more than `at_most`."""
        ends = (
            float(here[-1])
            for level in self._forward(at_most)
            for leaving, here in zip(level.leaving, level.here, strict=True)
            if leaving.is_end
        )
        least = min(ends, default=float(FAR))
        return least if least <= at_most else None

    def back(self, at_most: float) -> None:
        """Fill `to_pay`, as far as ways cost up to `at_most`."""
        self.to_pay, self._found = {}, {}
        for level in reversed(self._forward(at_most)):
            to_pay = self._back(level)
            near = (level.here + to_pay).min(axis=1) <= at_most
            for at in near.nonzero()[0].tolist():
                self.to_pay[level.nodes[at]] = to_pay[at]
                self._found[level.nodes[at]] = level, at

    def onward(self, node: int) -> tuple[list[Arc], list[WildcardArc]]:
        """Return what leads from `node` to an end."""
        level, at = self._found[node]
        leaving = level.leaving[at]
        some = slice(*np.searchsorted(level.owners, [at, at + 1]).tolist())
        places, words = level.places[some].tolist(), level.words[some].tolist()
        targets, costs = level.targets[some].tolist(), level.to_pay[some].tolist()
        arcs = [
            Arc(
                word,
                target,
                leaving.surfaces[place],
                leaving.fills[place],
                to_pay,
                self.to_pay[target].tolist(),
            )
            for place, word, target, to_pay in zip(places, words, targets, costs, strict=True)
            if target in self.to_pay
        ]
        for target, fills in leaving.silent:
            if target in self.to_pay:
                after = self.to_pay[target].tolist()
                arcs.append(Arc(-1, target, "", fills, after, after))
        return arcs, [
            leap for leap in self._leaps_from(node, leaving) if leap.target in self.to_pay
        ]

    def _skipped(self) -> Costs:
        """Return what it costs to leave out what was heard from one border to a later one."""
        lost = np.cumsum([0.0, *(lost for *_, lost in self.skips)])
        between = np.where(lost >= lost[:, None], lost - lost[:, None], FAR)
        return between.astype(np.float32)

    def _least_left(self) -> Costs:
        """Return what the utterance costs at least from each position on."""
        last = len(self._heard.phonemes)
        if self._graph.has_free_text:
            return np.zeros(last + 1, np.float32)
        skips = {start: (end, lost) for start, end, lost in self.skips}
        cheapest = self.laid.cheapest()
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

    def _forward(self, at_most: float) -> list[_Level]:
        """Return the levels visited. What was visited for a higher bound is good for this one."""
        if self._passed is None or self._passed[0] < at_most:
            self._passed = at_most, list(self._visit(at_most))
        return self._passed[1]

    def _visit(self, at_most: float) -> Iterator[_Level]:
        start = np.full((1, len(self._left)), FAR, np.float32)
        start[0, 0] = 0.0
        arriving = {self._graph.rank(ROOT): [(np.array([ROOT]), start)]}
        waiting = list(arriving)
        left = _MOST_NODES
        while waiting and left > 0:
            nodes, here = self._within(arriving.pop(heapq.heappop(waiting)), at_most, left)
            if not nodes:
                continue
            left -= len(nodes)
            level, ranks = self._level(nodes, here, at_most)
            yield level
            for rank, targets, there in self._reached(level, ranks):
                if rank not in arriving:
                    arriving[rank] = []
                    heapq.heappush(waiting, rank)
                arriving[rank].append((targets, there))

    def _within(
        self, arriving: Sequence[tuple[Numbers, Costs]], at_most: float, most: int
    ) -> tuple[list[int], Costs]:
        """Return the nodes from which an end may be reached, and what it costs to be there.

        Of more than `most` only the cheapest.
        """
        nodes, here = _least_of_each(arriving)
        here[:, self._borders] = _over_borders(here, self._borders, self._skipping)
        whole = here + self._left
        here[whole > at_most] = FAR
        least = whole.min(axis=1)
        near = (least <= at_most).nonzero()[0]
        if len(near) > most:
            near = np.sort(near[np.argsort(least[near], kind="stable")[:most]])
        return nodes[near].tolist(), here[near]

    def _level(self, nodes: list[int], here: Costs, at_most: float) -> tuple[_Level, Numbers]:
        """Return the level of `nodes` with what is worth following, and to which ranks it leads."""
        leaving = [self._graph.leaving(node) for node in nodes]
        counts = [len(each.words) for each in leaving]
        owners = np.repeat(np.arange(len(nodes)), counts)
        words = np.concatenate([each.words for each in leaving])
        # Not by indexing: over arrays as they come of that, to reduce is several times as slow.
        least = (here.T.take(owners, axis=1) + self._ahead.take(words, axis=1)).min(axis=0)
        near = (least <= at_most).nonzero()[0]
        targets = np.concatenate([each.targets for each in leaving])[near]
        ranks = np.concatenate([each.ranks for each in leaving])[near]
        owners, words, first = owners[near], words[near], np.cumsum([0, *counts])
        places = near - first[owners]
        return _Level(nodes, here, leaving, owners, places, words, targets), ranks

    def _reached(self, level: _Level, ranks: Numbers) -> Iterator[tuple[int, Numbers, Costs]]:
        """Yield where `level` leads, by rank, and what it costs to be there."""
        for low in range(0, len(ranks), _AT_ONCE):
            some = slice(low, low + _AT_ONCE)
            there = self.laid.reached(level.here, level.owners[some], level.words[some])
            for rank in set(ranks[some].tolist()):
                of = (ranks[some] == rank).nonzero()[0]
                yield rank, level.targets[some][of], there[of]
        for node, leaving, here in zip(level.nodes, level.leaving, level.here, strict=True):
            for target, _ in leaving.silent:
                yield self._graph.rank(target), np.array([target]), here[None]
            for leap in self._leaps_from(node, leaving):
                if here[leap.start] < FAR:
                    leapt = np.full((1, len(here)), FAR, np.float32)
                    leapt[0, leap.end] = here[leap.start]
                    yield self._graph.rank(leap.target), np.array([leap.target]), leapt

    def _back(self, level: _Level) -> Costs:
        """Return what is to be paid at least from [node of `level`, position] on."""
        level.to_pay = np.full((len(level.targets), len(self._left)), FAR, np.float32)
        arcs = [arc for arc, to in enumerate(level.targets.tolist()) if to in self.to_pay]
        to_pay = np.full(level.here.shape, FAR, np.float32)
        if arcs:
            after = np.array([self.to_pay[to] for to in level.targets[arcs].tolist()])
            by_words = self.laid.to_pay(level.words[arcs], after)
            level.to_pay[arcs] = by_words
            owners = level.owners[arcs]
            first = first_of_each(owners)
            to_pay[owners[first]] = np.minimum.reduceat(by_words, first, axis=0)
        for node, leaving, paying in zip(level.nodes, level.leaving, to_pay, strict=True):
            if leaving.is_end:
                paying[-1] = 0.0
            for target, _ in leaving.silent:
                if target in self.to_pay:
                    np.minimum(paying, self.to_pay[target], out=paying)
            for leap in self._leaps_from(node, leaving):
                if leap.target in self.to_pay:
                    after = self.to_pay[leap.target]
                    paying[leap.start] = min(paying[leap.start], after[leap.end])
        to_pay[:, self._borders] = _over_borders(to_pay, self._borders, self._skipping.T)
        return to_pay

    def _leaps_from(self, node: int, leaving: NodeArcs) -> Sequence[WildcardArc]:
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

    def _said_numbers(self, label: Number, target: int) -> Iterator[WildcardArc]:
        for start, ways in self._heard.numbers.items():
            for end, number in ways:
                meant = match.meaning(label, number)
                if meant is not None:
                    fills = ((label.slot, meant),)
                    yield WildcardArc(target, start, end, f"{number:g}", fills, is_number=True)

    def _wild(self, slot: str, target: int) -> Iterator[WildcardArc]:
        words, readings = self._heard.words, self._heard.readings
        for first in range(len(words)):
            for end in range(first + 1, len(words) + 1):
                if readings.may_part(first, end):
                    text = readings.slice(first, end)
                    stretch = words[first].start, words[end - 1].end
                    yield WildcardArc(target, *stretch, text, ((slot, text),), is_number=False)


def _least_of_each(arriving: Sequence[tuple[Numbers, Costs]]) -> tuple[Numbers, Costs]:
    """Return each node once, and the least of its costs at each position."""
    nodes = np.concatenate([nodes for nodes, _ in arriving])
    order = np.argsort(nodes, kind="stable")
    nodes = nodes[order]
    first = first_of_each(nodes)
    costs = np.concatenate([costs for _, costs in arriving])[order]
    return nodes[first], np.minimum.reduceat(costs, first, axis=0)


def _over_borders(costs: Costs, borders: list[int], skipping: Costs) -> Costs:
    """Return the least of `costs` at each border, if what lies between two may be skipped.

    `costs` are of [node, position], `skipping` from [border] to [border].
    """
    at_borders = costs.T[borders, None, :] + skipping[:, :, None]
    return np.asarray(at_borders.min(axis=0).T)
