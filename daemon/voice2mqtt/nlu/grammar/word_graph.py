"""Templates as a graph of words.

A template joins letters freely (`light[s]`, `(un|)lock`, `{x}%`), so the tree is first laid out
as pieces: letters, spaces, slots. Letters between two spaces are then read off every path and
become words. Knows lists and rules; knows nothing of rows, nor of how the graph is walked.

Nodes are numbers; an arc is (label number, target), where `FREE` costs no word. Arcs stand in
the order of the template, which is the order of preference.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from voice2mqtt.nlu.grammar.automaton import Label, Number, Wildcard, Word
from voice2mqtt.nlu.grammar.table import RangeList, SlotList, TextList
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    Node,
    Part,
    Permutation,
    RuleReference,
    Sequence,
    SlotReference,
    TemplateError,
    Text,
    TooManyWaysError,
    apart,
    is_plain,
    parse,
)
from voice2mqtt.nlu.text.normaliser import Normaliser

FREE = -1
MOST_PERMUTED = 6
MOST_PIECES = 50_000
"""Pieces that one part of a template is laid out as, and ways through them; a tenth of a second.

The largest parts that people write have some hundreds; parts in any order, inside of others, and
rules that name rules several times multiply.
"""
MOST_GLUED = 4096
"""Words that one stretch of a template without spaces may stand for."""


@dataclass(frozen=True, slots=True)
class Choose:
    """A slot of a text list, with the letters glued to it on either side."""

    slot: str
    list_name: str
    before: str = ""
    after: str = ""


class Labels:
    """Labels by number, each once."""

    def __init__(self) -> None:
        self.all: list[Label] = []
        self._numbers: dict[object, int] = {}

    def number(self, label: Label, identity: object = None) -> int:
        """Return the number of `label`; `identity` stands for it where it is costly to compare."""
        key = label if identity is None else identity
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.all)
            self.all.append(label)
        return found


@dataclass(frozen=True, slots=True)
class _Space:
    """Where one word ends and the next begins."""


_SPACE = _Space()
_Piece = str | _Space | SlotReference | None


@dataclass
class _Pieces:
    """One template laid out; an arc with None is free."""

    rules: Mapping[str, str]
    template: str
    arcs: list[list[tuple[_Piece, int]]] = field(default_factory=lambda: [[]])
    rules_open: tuple[str, ...] = ()
    ways: int = 0

    def add(self, node: Node, start: int) -> int:
        """Lay `node` out from `start` and return where it ends."""
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
            case SlotReference():
                return self._arc(node, start)

    def _count(self) -> None:
        self.ways += 1
        if self.ways > MOST_PIECES:
            problem = "this can be said in too many ways; write it as several sentences"
            raise TooManyWaysError(problem, self.template)

    def _arc(self, piece: _Piece, start: int) -> int:
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
        for part in re.findall(r"\s+|\S+", text):
            start = self._arc(_SPACE if part.isspace() else part, start)
        return start

    def _permutation(self, node: Permutation, start: int) -> int:
        if len(node.items) > MOST_PERMUTED:
            problem = f"more than {MOST_PERMUTED} parts in any order"
            raise TemplateError(problem, self.template)
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
        if rule in self.rules_open:
            cycle = " > ".join((*self.rules_open, rule))
            raise TemplateError(f"rule <{rule}> contains itself ({cycle})", self.template)
        self.rules_open = (*self.rules_open, rule)
        end = self.add(parse(self.rules[rule]), start)
        self.rules_open = self.rules_open[:-1]
        return end

    def _column(self, name: str) -> int:
        return max(1, self.template.find(name))

    def stretches(self, start: int, end: int) -> Iterator[tuple[tuple[_Piece, ...], int]]:
        """Yield each way from `start` to the next space or `end`: its pieces, its target."""
        seen: set[tuple[int, tuple[_Piece, ...]]] = set()
        stack: list[tuple[int, tuple[_Piece, ...]]] = [(start, ())]
        while stack:
            at, glued = stack.pop()
            if (at, glued) in seen:
                continue
            seen.add((at, glued))
            self._count()
            if len(seen) > MOST_GLUED:
                raise TemplateError("too many words written without a space", self.template)
            if at == end:
                yield glued, end
            for piece, target in reversed(self.arcs[at]):
                if piece is None:
                    stack.append((target, glued))
                elif piece is not _SPACE:
                    stack.append((target, _glue(glued, piece)))
            for piece, target in self.arcs[at]:
                if piece is _SPACE:
                    yield glued, target


def _glue(glued: tuple[_Piece, ...], piece: _Piece) -> tuple[_Piece, ...]:
    if glued and isinstance(glued[-1], str) and isinstance(piece, str):
        return (*glued[:-1], glued[-1] + piece)
    return (*glued, piece)


_Fragment = list[list[tuple[int, int]]]
"""Arcs of one part of a template by its own nodes: 0 where it begins, 1 where it ends."""


def _chain(arcs: _Fragment, labels: list[int], start: int, end: int) -> None:
    for label in labels[:-1]:
        arcs.append([])
        arcs[start].append((label, len(arcs) - 1))
        start = len(arcs) - 1
    arcs[start].append((labels[-1] if labels else FREE, end))


class WordGraph:
    """The templates of one automaton, side by side."""

    def __init__(
        self,
        *,
        normaliser: Normaliser,
        lists: Mapping[str, SlotList] | None,
        rules: Mapping[str, str],
        choice: Callable[[Choose, Labels], int],
    ) -> None:
        """Without `lists` no slot may stand in a template; `choice` numbers a text list's label."""
        self.labels = Labels()
        self.arcs: list[list[tuple[int, int]]] = []
        self._normaliser = normaliser
        self._lists = lists
        self._rules = rules
        self._choice = choice
        self._known_texts: dict[str, list[int]] = {}
        self._known_parts: dict[str, _Fragment] = {}

    def node(self) -> int:
        """Add a node and return its number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def add(self, template: str, start: int, end: int) -> None:
        """Add the words of `template` from `start` to `end`.

        Raises:
            TemplateError: when it cannot be laid out.
        """
        *others, last = apart(template)
        for part in others:
            then = self.node()
            self._lay(self._fragment(part, template), start, then)
            start = then
        self._lay(self._fragment(last, template), start, end)

    def _lay(self, fragment: _Fragment, start: int, end: int) -> None:
        """Repeat `fragment` between `start` and `end`."""
        first = len(self.arcs)
        nodes = (start, end, *range(first, first + len(fragment) - 2))
        self.arcs += ([] for _ in nodes[2:])
        for node, leaving in zip(nodes, fragment, strict=True):
            self.arcs[node] += [(label, nodes[target]) for label, target in leaving]

    def _fragment(self, part: Part, template: str) -> _Fragment:
        known = self._known_parts.get(part.text)
        if known is None:
            try:
                known = self._known_parts[part.text] = self._laid_out(part.text)
            except TemplateError as error:
                if error.template != part.text:
                    raise
                raise error.within(template, part.at) from error
        return known

    def _laid_out(self, template: str) -> _Fragment:
        if is_plain(template):
            plain: _Fragment = [[], []]
            _chain(plain, self._plain_words(template), 0, 1)
            return plain
        pieces = _Pieces(self._rules, template)
        last = pieces.add(parse(template), 0)
        nodes = {0: 0, last: 1}
        fragment: _Fragment = [[], []]
        waiting = [0]
        while waiting:
            at = waiting.pop()
            for glued, target in pieces.stretches(at, last):
                if target not in nodes:
                    nodes[target] = len(fragment)
                    fragment.append([])
                    waiting.append(target)
                _chain(fragment, self._words(glued, template), nodes[at], nodes[target])
        return fragment

    def _words(self, glued: tuple[_Piece, ...], template: str) -> list[int]:
        labels: list[int] = []
        around = ["", *glued, ""]
        for before, piece, after in zip(around, glued, around[2:], strict=False):
            if isinstance(piece, SlotReference):
                if not isinstance(before, str) or not isinstance(after, str):
                    problem = f"two slots without a space before or after {{{piece.slot}}}"
                    raise TemplateError(problem, template, max(1, template.find(piece.slot)))
                labels.append(self._slot(piece, _tail(before), _head(after), template))
            elif isinstance(piece, str):
                text = piece
                if self._takes_letters(after):
                    text = text[: len(text) - len(_tail(text))]
                if self._takes_letters(before):
                    text = text[len(_head(text)) :]
                labels += self._plain_words(text)
        return labels

    def _plain_words(self, text: str) -> list[int]:
        known = self._known_texts.get(text)
        if known is None:
            known = self._known_texts[text] = [
                self.labels.number(Word(token.key, token.surface))
                for token in self._normaliser.tokens(text)
            ]
        return known

    def _takes_letters(self, piece: _Piece) -> bool:
        return isinstance(piece, SlotReference) and isinstance(self._list(piece), TextList)

    def _list(self, reference: SlotReference) -> SlotList | None:
        source = reference.source
        if isinstance(source, RangeList):
            return source
        return self._lists.get(source) if self._lists else None

    def _slot(self, reference: SlotReference, before: str, after: str, template: str) -> int:
        source = self._list(reference)
        slot = reference.slot
        if self._lists is None:
            raise TemplateError(f"no slot may stand here: {{{slot}}}", template)
        match source:
            case None:
                problem = f"there is no list {{{reference.source}}}"
                raise TemplateError(problem, template, max(1, template.find(str(reference.source))))
            case TextList():
                return self._choice(Choose(slot, str(reference.source), before, after), self.labels)
            case RangeList():
                return self.labels.number(
                    Number(
                        slot,
                        source.lowest,
                        source.highest,
                        source.step,
                        source.multiplier,
                        source.decimals,
                        source.parts,
                    )
                )
        if before or after:
            problem = f"free text {{{slot}}} needs a space before and after it"
            raise TemplateError(problem, template, max(1, template.find(slot)))
        return self.labels.number(Wildcard(slot))


# What sticks to a word: letters, and the apostrophes of "l'{room}" and "{room}'s".
_LETTERS = r"(?:[^\W\d_]|['\u2019])+"


def _head(text: str) -> str:
    found = re.match(_LETTERS, text)
    return found.group() if found else ""


def _tail(text: str) -> str:
    found = re.search(f"{_LETTERS}$", text)
    return found.group() if found else ""
