"""Templates as a graph of words: Thompson's construction, in two steps.

A template joins letters freely (`light[s]`, `(un|)lock`, `{x}%`), so its tree first becomes a graph
of pieces (letters, spaces, slots), and then, along every path between two spaces, the letters
become words. The result is nondeterministic; `compiler.py` makes it deterministic.

Nodes are numbers; an arc is (label number, target), or (`EPSILON`, target) where it takes no word.
Arcs are in the order of the template, which is the order of preference.
"""

from collections.abc import Callable, Mapping

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.automaton import (
    JOINED,
    Automaton,
    Choice,
    Label,
    Number,
    Wildcard,
    Word,
)
from voice2mqtt.nlu.grammar.piece_graph import Piece, PieceGraph
from voice2mqtt.nlu.grammar.table import (
    DurationList,
    RangeList,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.grammar.template import (
    Part,
    SlotReference,
    TemplateError,
    is_plain,
    parse,
    split_parts,
)
from voice2mqtt.nlu.text.letters import (
    APOSTROPHES,
    folded,
    leading_letters,
    trailing_letters,
)
from voice2mqtt.nlu.text.normaliser import Normaliser

EPSILON = -1
MAX_AFFIXED = 48
"""Different letters joined to a list with each of which its values are words of their own.

More endings, as Turkish has, are words that follow without a space.
"""


_Fragment = list[list[tuple[int, int]]]
"""The arcs of one part of a template, by its own nodes: 0 is its start, 1 its end."""


def _add_chain(arcs: _Fragment, labels: list[int], start: int, end: int) -> None:
    for label in labels[:-1]:
        arcs.append([])
        arcs[start].append((label, len(arcs) - 1))
        start = len(arcs) - 1
    arcs[start].append((labels[-1] if labels else EPSILON, end))


SpokenValues = tuple[Automaton, tuple[SlotValue, ...]]
"""The values of a list: an automaton that accepts with their index, and what each means."""


class WordGraph:
    """The word graph of the templates of one automaton."""

    def __init__(
        self,
        *,
        normaliser: Normaliser,
        lists: Mapping[str, SlotList] | None,
        rules: Mapping[str, str],
        values: Callable[[str | TextList, str, str], SpokenValues],
    ) -> None:
        """Without `lists` a template may have no slots.

        `values` compiles a list, or one by its name, with the letters joined to it on either side.
        """
        self.labels: dict[Label, int] = {}
        """Their numbers"""
        self.arcs: list[list[tuple[int, int]]] = []
        self._normaliser = normaliser
        self._lists = lists
        self._durations = {
            name: source
            for name, source in (lists or {}).items()
            if isinstance(source, DurationList)
        }
        self._rules = rules
        self._values = values
        self._affixes: dict[str, set[tuple[str, str]]] = {}
        """What is joined to each list, by its name"""
        self._text_labels: dict[str, list[int]] = {}
        self._fragments: dict[str, _Fragment] = {}

    def node(self) -> int:
        """Add a node and return its number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def add(self, template: str, start: int, end: int) -> None:
        """Add the words of `template` from `start` to `end`.

        Raises:
            TemplateError: it cannot be compiled.
        """
        *others, last = split_parts(template)
        for part in others:
            then = self.node()
            self._insert(self._fragment(part, template), start, then)
            start = then
        self._insert(self._fragment(last, template), start, end)

    def _insert(self, fragment: _Fragment, start: int, end: int) -> None:
        """Insert a copy of `fragment` between `start` and `end`."""
        first = len(self.arcs)
        nodes = (start, end, *range(first, first + len(fragment) - 2))
        self.arcs += ([] for _ in nodes[2:])
        for node, arcs in zip(nodes, fragment, strict=True):
            self.arcs[node] += [(label, nodes[target]) for label, target in arcs]

    def _fragment(self, part: Part, template: str) -> _Fragment:
        known = self._fragments.get(part.text)
        if known is None:
            try:
                known = self._fragments[part.text] = self._new_fragment(part.text)
            except TemplateError as error:
                if error.template != part.text:
                    raise
                raise error.within(template, part.at) from error
        return known

    def _new_fragment(self, template: str) -> _Fragment:
        if is_plain(template):
            plain: _Fragment = [[], []]
            _add_chain(plain, self._plain_words(template), 0, 1)
            return plain
        pieces = PieceGraph(self._rules, template, self._durations)
        last = pieces.add(parse(template), 0)
        nodes = {0: 0, last: 1}
        fragment: _Fragment = [[], []]
        waiting = [0]
        while waiting:
            at = waiting.pop()
            for joined, target in pieces.joined(at, last):
                words = self._words(joined, template)
                if target not in nodes:
                    nodes[target] = len(fragment)
                    fragment.append([])
                    waiting.append(target)
                _add_chain(fragment, words, nodes[at], nodes[target])
        return fragment

    def _words(self, joined: tuple[Piece, ...], template: str) -> list[int]:
        labels: list[int] = []
        around = self._apart(joined)
        for before, piece, after in zip(around, around[1:], around[2:], strict=False):
            if isinstance(piece, SlotReference):
                prefix, suffix = self._prefix(before, piece), self._suffix(piece, after)
                if suffix and self._has_many_affixes(piece, prefix, suffix):
                    ending = Word(JOINED + folded(suffix), suffix)
                    labels += self._slot(piece, prefix, "", template), self._number(ending)
                else:
                    labels.append(self._slot(piece, prefix, suffix, template))
            elif isinstance(piece, str):
                first, last = len(self._suffix(before, piece)), len(self._prefix(piece, after))
                labels += self._plain_words(piece[first : len(piece) - last])
        return labels

    def _apart(self, joined: tuple[Piece, ...]) -> list[Piece]:
        """Return `joined` between two empty pieces; letters between two slots stand apart.

        In `{room}to{device}` they belong to neither of the two.
        """
        pieces: list[Piece] = [""]
        for before, piece, after in zip(("", *joined), joined, (*joined[1:], ""), strict=False):
            is_between = self._takes_affixes(before) and self._takes_affixes(after)
            if is_between and isinstance(piece, str) and piece == leading_letters(piece):
                pieces += ["", piece, ""]
            else:
                pieces.append(piece)
        return [*pieces, ""]

    def _plain_words(self, text: str) -> list[int]:
        known = self._text_labels.get(text)
        if known is None:
            known = self._text_labels[text] = [
                self._number(Word(token.key, token.surface))
                for token in self._normaliser.tokens(text)
            ]
        return known

    def _number(self, label: Label) -> int:
        return self.labels.setdefault(label, len(self.labels))

    def _takes_affixes(self, piece: Piece) -> bool:
        return isinstance(piece, SlotReference) and isinstance(
            self._list(piece), TextList | WildcardList
        )

    def _prefix(self, text: Piece, slot: Piece) -> str:
        """Return the letters of `text` that are one word with the beginning of `slot`."""
        if not isinstance(text, str) or not self._takes_affixes(slot):
            return ""
        letters = trailing_letters(text)
        # The word before free text may be elided, as in "l'eau".
        is_free = isinstance(slot, SlotReference) and isinstance(self._list(slot), WildcardList)
        return "" if is_free and letters[-1:] in (*APOSTROPHES, "") else letters

    def _suffix(self, slot: Piece, text: Piece) -> str:
        """Return the letters of `text` that are one word with the end of `slot`."""
        if not isinstance(text, str) or not self._takes_affixes(slot):
            return ""
        return leading_letters(text)

    def _has_many_affixes(self, slot: SlotReference, prefix: str, suffix: str) -> bool:
        if not isinstance(self._list(slot), TextList):
            return False
        known = self._affixes.setdefault(str(slot.source), set())
        if len(known) < MAX_AFFIXED:
            known.add((prefix, suffix))
        return (prefix, suffix) not in known

    def _list(self, reference: SlotReference) -> SlotList | None:
        source, known = reference.source, self._lists or {}
        return known.get(source) if isinstance(source, str) else source

    def _slot(self, reference: SlotReference, before: str, after: str, template: str) -> int:
        source, slot = self._list(reference), reference.slot
        if self._lists is None:
            raise TemplateError(f"no slot may stand here: {{{slot}}}", template)
        match source:
            case None:
                problem = f"there is no list {{{reference.source}}}"
                raise TemplateError(problem, template, max(1, template.find(str(reference.source))))
            case TextList():
                named = source if reference.source == source else str(reference.source)
                return self._number(Choice(slot, *self._values(named, before, after)))
            case RangeList():
                number = Number(
                    slot, source.lowest, source.highest, source.step, source.multiplier,
                    source.decimals, source.parts, source.total,
                )  # fmt: skip
                return self._number(number)
        return self._number(Wildcard(slot, folded(before), folded(after)))
