"""The sentences of a table: how many there are, and each by its index.

Sentences are counted and indexed without listing them, since even a small table has millions.
Of a duration they are only its plain amounts ("ten minutes"), as people say them.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from random import Random

from voice2mqtt.nlu.grammar.duration import duration_tree, plain_amounts
from voice2mqtt.nlu.grammar.table import CommandTable, DurationList, RangeList, SlotList, TextList
from voice2mqtt.nlu.grammar.template import (
    Alternative,
    Permutation,
    RuleReference,
    Sequence,
    SlotReference,
    TemplateNode,
    Text,
    parse,
)

ANYTHING = "…"
"""Placeholder of free text."""


class Sentences:
    """The sentences of one template, in the order in which it is written.

    Raises:
        TemplateError: the template or a rule of it cannot be understood.
        KeyError: it names a list or rule that is not there.
    """

    def __init__(
        self, template: str, lists: Mapping[str, SlotList], rules: Mapping[str, str]
    ) -> None:
        self._lists = lists
        self._rules = rules
        self._root = parse(template)
        self._counts: dict[TemplateNode, int] = {}

    def __getitem__(self, index: int) -> str:
        return " ".join(self._text(self._root, index).split())

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count(self._root)

    def cover(self) -> Iterator[str]:
        """Yield few sentences in which every word, and every value of a list, is said once."""
        return (" ".join(text.split()) for text in self._cover(self._root))

    def _cover(self, node: TemplateNode) -> list[str]:
        match node:
            case Text(text=text):
                return [text]
            case Sequence(items=items):
                return self._zipped(items)
            case Alternative(items=items):
                return [text for item in items for text in self._cover(item)]
            case Permutation(items=items):
                return self._zipped(_spaced(items))
            case RuleReference(rule=rule):
                return self._cover(parse(self._rules[rule]))
            case SlotReference():
                source = self._source(node)
                tree = _tree(node.slot, source)
                if tree and isinstance(source, DurationList):
                    # One sentence covers a duration, as one number covers a range.
                    return self._cover(tree)[-1:]
                if tree:
                    return self._cover(tree)
                return [str(_steps(source)[-1])] if isinstance(source, RangeList) else [ANYTHING]

    def _zipped(self, items: tuple[TemplateNode, ...]) -> list[str]:
        parts = [self._cover(item) for item in items]
        longest = max(map(len, parts), default=0)
        return ["".join(part[n % len(part)] for part in parts) for n in range(longest)]

    def _count(self, node: TemplateNode) -> int:
        if node not in self._counts:
            self._counts[node] = self._counted(node)
        return self._counts[node]

    def _counted(self, node: TemplateNode) -> int:
        match node:
            case Text():
                return 1
            case Sequence(items=items):
                return math.prod(map(self._count, items))
            case Alternative(items=items):
                return sum(map(self._count, items))
            case Permutation(items=items):
                return math.factorial(len(items)) * math.prod(map(self._count, items))
            case RuleReference(rule=rule):
                return self._count(parse(self._rules[rule]))
            case SlotReference():
                source = self._source(node)
                if tree := _tree(node.slot, source):
                    return self._counted(tree)
                return len(_steps(source)) if isinstance(source, RangeList) else 1

    def _text(self, node: TemplateNode, index: int) -> str:
        match node:
            case Text(text=text):
                return text
            case Sequence(items=items):
                return self._in_order(items, index)
            case Alternative(items=items):
                return self._one_of(items, index)
            case Permutation(items=items):
                inner = math.prod(map(self._count, items))
                order = _order(items, index // inner)
                return self._in_order(_spaced(order), index % inner)
            case RuleReference(rule=rule):
                return self._text(parse(self._rules[rule]), index)
            case SlotReference():
                source = self._source(node)
                if tree := _tree(node.slot, source):
                    return self._text(tree, index)
                return str(_steps(source)[index]) if isinstance(source, RangeList) else ANYTHING

    def _in_order(self, items: tuple[TemplateNode, ...], index: int) -> str:
        texts: list[str] = []
        for item in reversed(items):
            index, own = divmod(index, self._count(item))
            texts.append(self._text(item, own))
        return "".join(reversed(texts))

    def _one_of(self, items: tuple[TemplateNode, ...], index: int) -> str:
        for item in items:
            if index < self._count(item):
                return self._text(item, index)
            index -= self._count(item)
        raise IndexError

    def _source(self, slot: SlotReference) -> SlotList:
        return self._lists[slot.source] if isinstance(slot.source, str) else slot.source


def _tree(slot: str, source: SlotList) -> TemplateNode | None:
    """Return what may be said for `slot`; None for a number or free text, which have no tree."""
    match source:
        case DurationList():
            return _plain_durations(source) or duration_tree(slot, source)
        case TextList(values=values):
            return Alternative(tuple(parse(value.spoken) for value in values))
    return None


def _plain_durations(source: DurationList) -> Alternative | None:
    """Return what people say most: "ten minutes"; None if no such duration is long enough."""
    said = [
        Text(f"{number} {Sentences(unit, {}, {})[0]}")
        for numbers, unit in plain_amounts(source)
        for number in numbers
    ]
    return Alternative(tuple(said)) if said else None


def sentences(table: CommandTable, at_most: int) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield (name, number of sentences, up to `at_most` of them) for each row.

    Of more, the first is shown and then a random sample, always the same.
    """
    for row in table.rows:
        templates = [Sentences(template, table.lists, table.rules) for template in row.say]
        total = sum(template.count for template in templates)
        if total <= at_most:
            shown = [template[n] for template in templates for n in range(template.count)]
        else:
            shown = _sample(templates, at_most)
        yield row.name, total, tuple(dict.fromkeys(shown))


def _sample(templates: list[Sentences], wanted: int) -> list[str]:
    return [templates[0][0], *islice(sampled(templates), wanted - 1)]


def sampled(templates: list[Sentences]) -> Iterator[str]:
    """Yield random sentences of all `templates` in turn, endlessly and always the same."""
    random = Random(0)
    for template in cycle((*templates[1:], templates[0])):
        yield template[random.randrange(template.count)]


def _steps(source: RangeList) -> range:
    return range(source.lowest, source.highest + 1, source.step)


def _order(items: tuple[TemplateNode, ...], index: int) -> tuple[TemplateNode, ...]:
    left = list(items)
    order: list[TemplateNode] = []
    while left:
        index, place = divmod(index, len(left))
        order.append(left.pop(place))
    return tuple(order)


def _spaced(items: tuple[TemplateNode, ...]) -> tuple[TemplateNode, ...]:
    return tuple(part for item in items for part in (Text(" "), item, Text(" ")))
