"""Forward and backward pass over the search graph, in the tropical semiring (Viterbi costs).

Costs add along a path, and of several paths the least counts. A *position* lies between two of the
T phonemes heard: 0 to T. All cost arrays are float32, in the unit of `costs.py`.

- The forward cost of [node, position] is the least cost from the root at position 0 to there.
- The cost-to-go (backward cost) of [node, position] is the least cost from there to a final node
  at position T.

The graph is acyclic and its nodes have topological ranks, so each node is visited once, after all
its predecessors, and together with all nodes of its rank. The forward pass prunes what exceeds a
bound: forward cost plus a lower bound of the rest, which is the cheapest cover of the remaining
phonemes by any words in any order. The backward pass visits the same nodes in reverse; its exact
cost-to-go is the heuristic of the search in `k_best.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from voice2mqtt.nlu.grammar.automaton import Number
from voice2mqtt.nlu.matching.phonetic.costs import Costs
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.phonemes import INFINITE, Indices, run_starts
from voice2mqtt.nlu.matching.phonetic.search_graph import ROOT, NodeArcs, SearchGraph, Slots
from voice2mqtt.nlu.matching.phonetic.word_scores import WordScores

_ARC_BATCH = 256
"""Arcs that are scored at once: more are faster, and need more memory."""
_SKIP_FACTOR = 0.99
"""To skip a word heard costs this share of inserting it: cheaper than to bend another word."""


class WordArc(NamedTuple):
    """An arc to `target` that takes a word of the lexicon, or none where `word` is -1."""

    word: int
    target: int
    surface: str
    fills: Slots
    cost_to_go: list[float]
    """[position] before the arc, when it is taken next"""
    cost_to_go_after: list[float]
    """[position] at the target"""


@dataclass(frozen=True, slots=True)
class SpanArc:
    """An arc to `target` that takes a fixed span of what was heard at no cost: an open slot."""

    target: int
    start: int
    end: int
    text: str
    fills: Slots
    is_number: bool


@dataclass(slots=True)
class _Level:
    """The nodes of one rank and their word arcs that survived pruning."""

    nodes: list[int]
    forward: Costs
    """[node, position]"""
    node_arcs: list[NodeArcs]
    """[node]"""
    sources: Indices
    """[arc]: the index of the node that it leaves, ascending"""
    places: Indices
    """[arc]: its index among the arcs of that node"""
    words: Indices
    """[arc]"""
    targets: Indices
    """[arc]"""
    cost_to_go: Costs = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """[arc, position], set by the backward pass"""


class ForwardBackward:
    """The passes for one observation over one search graph."""

    def __init__(self, graph: SearchGraph, observation: Observation) -> None:
        graph.limit_cache()
        self.word_scores = WordScores(graph.lexicon, observation)
        words = observation.words
        self.skips = [(word.start, word.end, _SKIP_FACTOR * word.skip_cost) for word in words]
        """(start, end, cost) of each word heard that may be skipped"""
        self.is_cut = False
        """Whether the last forward pass had more nodes than it was allowed"""
        self.visited = 0
        """Nodes of all forward passes so far"""
        self.cost_to_go: dict[int, Costs] = {}
        """[position] for each node on a path within the bound of the last backward pass"""
        self._graph = graph
        self._observation = observation
        self._boundaries = [*(word.start for word in words), len(observation.phonemes)]
        self._skip_costs = self._costs_between_boundaries()
        self._rest = self._least_rest()
        self._rest_by_word = self.word_scores.backward_of_all(self._rest)
        self._forward_pass: tuple[float, list[_Level]] | None = None
        self._span_arcs: dict[int, list[SpanArc]] = {}
        self._level_of: dict[int, tuple[_Level, int]] = {}

    @property
    def lower_bound(self) -> float:
        """A lower bound of the cost of any path, whatever order of words the graph allows."""
        return float(self._rest[0])

    def best_cost(self, max_cost: float, max_nodes: int) -> float | None:
        """Return the cost of the best path; None if it exceeds `max_cost`."""
        final = (
            float(forward[-1])
            for level in self._forward(max_cost, max_nodes)
            for arcs, forward in zip(level.node_arcs, level.forward, strict=True)
            if arcs.is_final
        )
        best = min(final, default=float(INFINITE))
        return best if best <= max_cost else None

    def backward(self, max_cost: float, max_nodes: int) -> None:
        """Compute `cost_to_go` for all nodes on paths that cost up to `max_cost`."""
        self.cost_to_go, self._level_of = {}, {}
        for level in reversed(self._forward(max_cost, max_nodes)):
            cost_to_go = self._backward_level(level)
            is_near = (level.forward + cost_to_go).min(axis=1) <= max_cost
            for index in is_near.nonzero()[0].tolist():
                self.cost_to_go[level.nodes[index]] = cost_to_go[index]
                self._level_of[level.nodes[index]] = level, index

    def arcs_from(self, node: int) -> tuple[list[WordArc], list[SpanArc]]:
        """Return the arcs of `node` that lead to nodes with a cost-to-go."""
        level, index = self._level_of[node]
        node_arcs = level.node_arcs[index]
        of_node = slice(*np.searchsorted(level.sources, [index, index + 1]).tolist())
        places, words = level.places[of_node].tolist(), level.words[of_node].tolist()
        targets, costs = level.targets[of_node].tolist(), level.cost_to_go[of_node].tolist()
        arcs = [
            WordArc(
                word,
                target,
                node_arcs.surfaces[place],
                node_arcs.fills[place],
                cost_to_go,
                self.cost_to_go[target].tolist(),
            )
            for place, word, target, cost_to_go in zip(places, words, targets, costs, strict=True)
            if target in self.cost_to_go
        ]
        for target, fills in node_arcs.epsilon:
            if target in self.cost_to_go:
                after = self.cost_to_go[target].tolist()
                arcs.append(WordArc(-1, target, "", fills, after, after))
        span_arcs = self._open_slot_arcs(node, node_arcs)
        return arcs, [arc for arc in span_arcs if arc.target in self.cost_to_go]

    def _costs_between_boundaries(self) -> Costs:
        """Return the cost [from, to] of skipping all words between two word boundaries."""
        skipped = np.cumsum([0.0, *(cost for *_, cost in self.skips)])
        between = np.where(skipped >= skipped[:, None], skipped - skipped[:, None], INFINITE)
        return between.astype(np.float32)

    def _least_rest(self) -> Costs:
        """Return a lower bound [position] of the cost of the phonemes from there to the end."""
        last = len(self._observation.phonemes)
        if self._graph.has_free_text:
            return np.zeros(last + 1, np.float32)
        skips = {start: (end, cost) for start, end, cost in self.skips}
        span_costs = self.word_scores.least_span_costs()
        lengths = len(span_costs)
        rest = np.full(last + lengths, INFINITE, np.float32)
        rest[last] = 0.0
        for position in reversed(range(last)):
            least = (span_costs[:, position] + rest[position : position + lengths]).min()
            for end, _ in self._observation.numbers.get(position, ()):
                least = min(least, rest[end])
            if position in skips:
                end, cost = skips[position]
                least = min(least, cost + rest[end])
            rest[position] = least
        return rest[: last + 1]

    def _forward(self, max_cost: float, max_nodes: int) -> list[_Level]:
        """Return the levels of a forward pass; one with a higher bound serves a lower one too."""
        if self._forward_pass is None or self._forward_pass[0] < max_cost:
            self._forward_pass = max_cost, list(self._forward_levels(max_cost, max_nodes))
        return self._forward_pass[1]

    def _forward_levels(self, max_cost: float, max_nodes: int) -> Iterator[_Level]:
        at_root = np.full((1, len(self._rest)), INFINITE, np.float32)
        at_root[0, 0] = 0.0
        incoming = {self._graph.rank(ROOT): [(np.array([ROOT]), at_root)]}
        rank_queue = list(incoming)
        budget = max_nodes
        while rank_queue and budget > 0:
            rank = heapq.heappop(rank_queue)
            nodes, forward = self._pruned_nodes(incoming.pop(rank), max_cost, budget)
            if not nodes:
                continue
            budget -= len(nodes)
            self.visited += len(nodes)
            self.is_cut = budget <= 0
            level, target_ranks = self._pruned_arcs(nodes, forward, max_cost)
            yield level
            for target_rank, targets, costs in self._successors(level, target_ranks):
                if target_rank not in incoming:
                    incoming[target_rank] = []
                    heapq.heappush(rank_queue, target_rank)
                incoming[target_rank].append((targets, costs))

    def _pruned_nodes(
        self, incoming: Sequence[tuple[Indices, Costs]], max_cost: float, most: int
    ) -> tuple[list[int], Costs]:
        """Return the nodes that may be on a path within the bound, with their forward costs.

        At most `most` of them, the best ones; the costs are [node, position].
        """
        nodes, forward = _merged(incoming)
        forward[:, self._boundaries] = _with_skips(forward, self._boundaries, self._skip_costs)
        path_cost = forward + self._rest
        forward[path_cost > max_cost] = INFINITE
        best = path_cost.min(axis=1)
        kept = (best <= max_cost).nonzero()[0]
        if len(kept) > most:
            kept = np.sort(kept[np.argsort(best[kept], kind="stable")[:most]])
        return nodes[kept].tolist(), forward[kept]

    def _pruned_arcs(
        self, nodes: list[int], forward: Costs, max_cost: float
    ) -> tuple[_Level, Indices]:
        """Return the level of `nodes` with its arcs within the bound, and their targets' ranks."""
        node_arcs = [self._graph.arcs_from(node) for node in nodes]
        counts = [len(arcs.words) for arcs in node_arcs]
        sources = np.repeat(np.arange(len(nodes)), counts)
        words = np.concatenate([arcs.words for arcs in node_arcs])
        # `take`, since reducing over the memory order of fancy indexing is several times as slow.
        at_source = forward.T.take(sources, axis=1)
        best = (at_source + self._rest_by_word.take(words, axis=1)).min(axis=0)
        kept = (best <= max_cost).nonzero()[0]
        targets = np.concatenate([arcs.targets for arcs in node_arcs])[kept]
        ranks = np.concatenate([arcs.ranks for arcs in node_arcs])[kept]
        sources, words, first_arc = sources[kept], words[kept], np.cumsum([0, *counts])
        places = kept - first_arc[sources]
        return _Level(nodes, forward, node_arcs, sources, places, words, targets), ranks

    def _successors(
        self, level: _Level, target_ranks: Indices
    ) -> Iterator[tuple[int, Indices, Costs]]:
        """Yield (rank, targets [arc], forward costs [arc, position]) of all arcs of `level`."""
        for low in range(0, len(target_ranks), _ARC_BATCH):
            batch = slice(low, low + _ARC_BATCH)
            costs = self.word_scores.forward(
                level.forward, level.sources[batch], level.words[batch]
            )
            for rank in set(target_ranks[batch].tolist()):
                of_rank = (target_ranks[batch] == rank).nonzero()[0]
                yield rank, level.targets[batch][of_rank], costs[of_rank]
        for node, arcs, forward in zip(level.nodes, level.node_arcs, level.forward, strict=True):
            for target, _ in arcs.epsilon:
                yield self._graph.rank(target), np.array([target]), forward[None]
            for arc in self._open_slot_arcs(node, arcs):
                if forward[arc.start] < INFINITE:
                    at_end = np.full((1, len(forward)), INFINITE, np.float32)
                    at_end[0, arc.end] = forward[arc.start]
                    yield self._graph.rank(arc.target), np.array([arc.target]), at_end

    def _backward_level(self, level: _Level) -> Costs:
        """Return the cost-to-go [node, position] of `level`, whose successors are done."""
        level.cost_to_go = np.full((len(level.targets), len(self._rest)), INFINITE, np.float32)
        arcs = [arc for arc, to in enumerate(level.targets.tolist()) if to in self.cost_to_go]
        cost_to_go = np.full(level.forward.shape, INFINITE, np.float32)
        if arcs:
            after = np.array([self.cost_to_go[to] for to in level.targets[arcs].tolist()])
            by_arc = self.word_scores.backward(level.words[arcs], after)
            level.cost_to_go[arcs] = by_arc
            sources = level.sources[arcs]
            runs = run_starts(sources)
            cost_to_go[sources[runs]] = np.minimum.reduceat(by_arc, runs, axis=0)
        for node, node_arcs, at_node in zip(level.nodes, level.node_arcs, cost_to_go, strict=True):
            if node_arcs.is_final:
                at_node[-1] = 0.0
            for target, _ in node_arcs.epsilon:
                if target in self.cost_to_go:
                    np.minimum(at_node, self.cost_to_go[target], out=at_node)
            for arc in self._open_slot_arcs(node, node_arcs):
                if arc.target in self.cost_to_go:
                    after = self.cost_to_go[arc.target]
                    at_node[arc.start] = min(at_node[arc.start], after[arc.end])
        cost_to_go[:, self._boundaries] = _with_skips(
            cost_to_go, self._boundaries, self._skip_costs.T
        )
        return cost_to_go

    def _open_slot_arcs(self, node: int, node_arcs: NodeArcs) -> Sequence[SpanArc]:
        if not node_arcs.open_slots:
            return ()
        if node not in self._span_arcs:
            self._span_arcs[node] = [
                arc
                for label, target in node_arcs.open_slots
                for arc in (
                    self._number_arcs(label, target)
                    if isinstance(label, Number)
                    else self._free_text_arcs(label.slot, target)
                )
            ]
        return self._span_arcs[node]

    def _number_arcs(self, label: Number, target: int) -> Iterator[SpanArc]:
        for start, numbers in self._observation.numbers.items():
            for end, number in numbers:
                meant = label.meaning(number)
                if meant is not None:
                    fills = ((label.slot, meant),)
                    yield SpanArc(target, start, end, f"{number:g}", fills, is_number=True)

    def _free_text_arcs(self, slot: str, target: int) -> Iterator[SpanArc]:
        for start, end, text in self._free_text_spans:
            yield SpanArc(target, start, end, text, ((slot, text),), is_number=False)

    @cached_property
    def _free_text_spans(self) -> Sequence[tuple[int, int, str]]:
        """(start, end, text) of all that free text may take."""
        words, lattice = self._observation.words, self._observation.lattice
        return [
            (words[first].start, words[end - 1].end, lattice.slice(first, end))
            for first in range(len(words))
            for end in range(first + 1, len(words) + 1)
            if lattice.may_be_free_text(first, end)
        ]


def _merged(incoming: Sequence[tuple[Indices, Costs]]) -> tuple[Indices, Costs]:
    """Return each node once, with the least of its costs at each position."""
    nodes = np.concatenate([nodes for nodes, _ in incoming])
    order = np.argsort(nodes, kind="stable")
    nodes = nodes[order]
    runs = run_starts(nodes)
    costs = np.concatenate([costs for _, costs in incoming])[order]
    return nodes[runs], np.minimum.reduceat(costs, runs, axis=0)


def _with_skips(costs: Costs, boundaries: list[int], skip_costs: Costs) -> Costs:
    """Return the least cost [node, boundary] if the words between two boundaries may be skipped.

    Args:
        costs: [node, position]
        boundaries: the positions at which words begin or the last one ends.
        skip_costs: [from boundary, to boundary]
    """
    at_boundaries = costs.T[boundaries, None, :] + skip_costs[:, :, None]
    return np.asarray(at_boundaries.min(axis=0).T)
