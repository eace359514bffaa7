"""A template as a graph of pieces: letters, spaces and slots; see `word_graph.py`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from voice2mqtt.nlu.grammar.duration import duration_tree
from voice2mqtt.nlu.grammar.table import DurationList
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    Permutation,
    RuleReference,
    Sequence,
    SlotReference,
    TemplateError,
    TemplateNode,
    Text,
    TooManyWaysError,
    parse,
)
from voice2mqtt.nlu.text.letters import UNSPACED

MAX_PERMUTED = 8
MAX_PIECES = 50_000
"""Pieces of one part of a template, and paths between two spaces: a tenth of a second of work.

The largest parts that people write have some hundreds; nested permutations, and rules that use
rules several times, multiply.
"""
MAX_JOINED = 16_384
"""Different words that a part of a template without spaces may stand for, and their beginnings."""

_SPACE = " "
"""A word boundary; no other text of a graph has a space in it."""
Piece = str | SlotReference | None
_TEXT_PARTS = re.compile(rf"\s+|[{UNSPACED}]+|[^\s{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")


@dataclass
class PieceGraph:
    """One template as a graph of pieces; an arc with None is an epsilon arc."""

    rules: Mapping[str, str]
    template: str
    durations: Mapping[str, DurationList]
    arcs: list[list[tuple[Piece, int]]] = field(default_factory=lambda: [[]])
    open_rules: tuple[str, ...] = ()
    work: int = 0
    """Arcs added and paths followed"""

    def add(self, node: TemplateNode, start: int) -> int:
        """Add `node` from `start` and return its end."""
        match node:
            case Text():
                return self._text(node.text, start)
            case Sequence():
                for item in node.items:
                    start = self.add(item, start)
                return start
            case Alternative():
                ends = [self.add(item, self._arc(None, start)) for item in node.items]
                return self._join(ends)
            case Permutation():
                return self._permutation(node, start)
            case RuleReference():
                return self._rule(node.rule, start)
            case SlotReference(source=str(source)) if source in self.durations:
                return self.add(duration_tree(node.slot, self.durations[source]), start)
            case SlotReference():
                return self._arc(node, start)

    def _count(self) -> None:
        self.work += 1
        if self.work > MAX_PIECES:
            problem = "this can be said in too many ways; write it as several sentences"
            raise TooManyWaysError(problem, self.template)

    def _arc(self, piece: Piece, start: int) -> int:
        self._count()
        self.arcs.append([])
        self.arcs[start].append((piece, len(self.arcs) - 1))
        return len(self.arcs) - 1

    def _join(self, ends: list[int]) -> int:
        self.arcs.append([])
        for end in ends:
            self.arcs[end].append((None, len(self.arcs) - 1))
        return len(self.arcs) - 1

    def _text(self, text: str, start: int) -> int:
        for part in _TEXT_PARTS.findall(text):
            if part.isspace():
                start = self._arc(_SPACE, start)
            elif _UNSPACED.match(part):
                # In a script without spaces each letter is a word of its own.
                for piece in (_SPACE, part, _SPACE):
                    start = self._arc(piece, start)
            else:
                start = self._arc(part, start)
        return start

    def _permutation(self, node: Permutation, start: int) -> int:
        if len(node.items) > MAX_PERMUTED:
            problem = f"more than {MAX_PERMUTED} parts in any order"
            raise TemplateError(problem, self.template)
        # A node for each subset of the items, as a bit mask of those already said.
        everything = (1 << len(node.items)) - 1
        at = {0: start}
        for said in range(everything):
            for index, item in enumerate(node.items):
                if not said & 1 << index:
                    end = self.add(item, self._arc(None, at[said]))
                    then = said | 1 << index
                    if then not in at:
                        at[then] = self._join([])
                    self.arcs[end].append((None, at[then]))
        return at[everything]

    def _rule(self, rule: str, start: int) -> int:
        if rule not in self.rules:
            raise TemplateError(f"there is no rule <{rule}>", self.template, self._column(rule))
        if rule in self.open_rules:
            cycle = " > ".join((*self.open_rules, rule))
            raise TemplateError(f"rule <{rule}> contains itself ({cycle})", self.template)
        self.open_rules = (*self.open_rules, rule)
        end = self.add(parse(self.rules[rule]), start)
        self.open_rules = self.open_rules[:-1]
        return end

    def _column(self, name: str) -> int:
        return max(1, self.template.find(name))

    def joined(self, start: int, end: int) -> Iterator[tuple[tuple[Piece, ...], int]]:
        """Yield (pieces, target) of each path from `start` to the next space or to `end`."""
        seen: set[tuple[int, tuple[Piece, ...]]] = set()
        stack: list[tuple[int, tuple[Piece, ...]]] = [(start, ())]
        while stack:
            at, joined = stack.pop()
            if (at, joined) in seen:
                continue
            seen.add((at, joined))
            self._count()
            if len(seen) > MAX_JOINED:
                raise TemplateError("too many words written without a space", self.template)
            if at == end:
                yield joined, end
            for piece, target in reversed(self.arcs[at]):
                if piece is None:
                    stack.append((target, joined))
                elif piece != _SPACE:
                    stack.append((target, _joined(joined, piece)))
            for piece, target in self.arcs[at]:
                if piece == _SPACE:
                    yield joined, target


def _joined(joined: tuple[Piece, ...], piece: Piece) -> tuple[Piece, ...]:
    if joined and isinstance(joined[-1], str) and isinstance(piece, str):
        return (*joined[:-1], joined[-1] + piece)
    return (*joined, piece)
