"""The k best paths through the search graph that cover an utterance from end to end.

A* (Hart, Nilsson and Raphael 1968) over (node, position), after the backward pass of
`forward_backward.py`: its cost-to-go is the heuristic. The heuristic is exact, so complete paths
come out in order of cost, as in backward-forward n-best decoding (Soong and Huang 1991). Of
several paths with one meaning (row and slots) only the best is kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.automaton import filled
from voice2mqtt.nlu.matching.phonetic.forward_backward import ForwardBackward, SpanArc, WordArc
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.search_graph import ROOT, SearchGraph, Slots

_MAX_EXPANSIONS = 3000
"""(node, position, slots) that one search expands."""
_ROUNDING = 1e-3
"""Added to the bound, for costs are summed in float32."""


class AlignedWord(NamedTuple):
    """A word of the table and the span of phonemes heard, `start` to `end`, that it covers."""

    key: str
    """"" for a number that was recognised as such, and for free text."""
    surface: str
    start: int
    end: int
    cost: float
    in_slot: bool = False

    @property
    def is_deleted(self) -> bool:
        """Whether nothing was heard of it."""
        return self.start == self.end

    @property
    def is_free_text(self) -> bool:
        """Whether it is what a wildcard took."""
        return not self.key and not self.in_slot


@dataclass(frozen=True, slots=True)
class Path:
    """A complete path: a row with its slots and words."""

    row: int
    slots: Slots
    cost: float
    words: tuple[AlignedWord, ...]


class _Step(NamedTuple):
    """One arc taken from a given position, or one word heard that is skipped."""

    cost_to_go: float
    """After the step"""
    cost: float
    target: int
    end: int
    fills: Slots = ()
    words: tuple[AlignedWord, ...] = ()


class KBestSearch:
    """The search for one observation in one search graph."""

    def __init__(self, graph: SearchGraph, observation: Observation) -> None:
        self._graph = graph
        self._last = len(observation.phonemes)
        self._passes = ForwardBackward(graph, observation)
        self._arcs: dict[int, tuple[list[WordArc], list[SpanArc]]] = {}

    @property
    def lower_bound(self) -> float:
        """A lower bound of the cost of any path, whatever order of words the graph allows."""
        return self._passes.lower_bound

    @property
    def is_cut(self) -> bool:
        """Whether the last pass had more nodes than it was allowed."""
        return self._passes.is_cut

    @property
    def visited(self) -> int:
        """Nodes of all passes so far."""
        return self._passes.visited

    def best_cost(self, max_cost: float, max_nodes: int) -> float | None:
        """Return the cost of the best path; None if it exceeds `max_cost`."""
        return self._passes.best_cost(max_cost, max_nodes)

    def paths(self, max_cost: float, beam: float, most: int, max_nodes: int) -> list[Path]:
        """Return the best path of each of the `most` best meanings, in order of cost.

        None of them costs more than `max_cost`, or more than the best one and `beam`.
        """
        self._passes.backward(max_cost, max_nodes)
        self._arcs = {}
        if ROOT not in self._passes.cost_to_go:
            return []
        best = float(self._passes.cost_to_go[ROOT][0])
        if best > max_cost:
            return []
        return list(self._a_star(min(max_cost, best + beam) + _ROUNDING, most))

    def _a_star(self, max_cost: float, most: int) -> Iterator[Path]:
        order = count()
        # (estimated total, tie-breaker, cost, node, position, slots, words)
        queue: list[tuple[float, int, float, int, int, Slots, tuple[AlignedWord, ...]]] = []
        heapq.heappush(queue, (0.0, next(order), 0.0, ROOT, 0, (), ()))
        expanded: set[tuple[int, int, Slots]] = set()
        found: set[tuple[int, frozenset[tuple[str, SlotValue]]]] = set()
        while queue and len(expanded) < _MAX_EXPANSIONS and len(found) < most:
            _, _, cost, node, position, slots, words = heapq.heappop(queue)
            if (node, position, slots) in expanded:
                continue
            expanded.add((node, position, slots))
            if position == self._last:
                values = filled(slots)
                said = () if values is None else tuple(values.items())
                for row in self._graph.rows(node) if values is not None else ():
                    meaning = row, frozenset(said)
                    if meaning not in found:
                        found.add(meaning)
                        yield Path(row, said, cost, words)
            for step in self._steps(node, position, cost, max_cost):
                so_far = cost + step.cost
                partial = (step.target, step.end, slots + step.fills, words + step.words)
                heapq.heappush(queue, (so_far + step.cost_to_go, next(order), so_far, *partial))

    def _steps(self, node: int, position: int, cost: float, max_cost: float) -> Iterator[_Step]:
        at_node = self._passes.cost_to_go[node]
        for start, end, skip_cost in self._passes.skips:
            if start == position and cost + skip_cost + at_node[end] <= max_cost:
                yield _Step(float(at_node[end]), skip_cost, node, end)
        if node not in self._arcs:
            self._arcs[node] = self._passes.arcs_from(node)
        word_arcs, span_arcs = self._arcs[node]
        in_list = self._graph.is_in_list(node)
        for arc in word_arcs:
            if cost + arc.cost_to_go[position] > max_cost:
                continue
            if arc.word < 0:
                after = arc.cost_to_go_after[position]
                yield _Step(after, 0.0, arc.target, position, arc.fills)
                continue
            key = self._graph.lexicon.keys[arc.word]
            in_slot = in_list or bool(arc.fills)
            for end, word_cost in self._passes.word_scores.spans(arc.word, position):
                after = arc.cost_to_go_after[end]
                if cost + word_cost + after <= max_cost:
                    words = (AlignedWord(key, arc.surface, position, end, word_cost, in_slot),)
                    yield _Step(after, word_cost, arc.target, end, arc.fills, words)
        for span in span_arcs:
            if span.start == position:
                after = float(self._passes.cost_to_go[span.target][span.end])
                if cost + after <= max_cost:
                    words = (AlignedWord("", span.text, position, span.end, 0.0, span.is_number),)
                    yield _Step(after, 0.0, span.target, span.end, span.fills, words)
