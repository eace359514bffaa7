"""The command table checked like a program: what is sayable and yet cannot work as meant.

Every row's sentences are held against all rows, by their words and by their sound. Small rows
are tried whole, large ones by samples, always the same. Pure: who runs it prints the findings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from voice2mqtt.understanding.automaton import START, Automaton, Wildcard
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.nearest import NearestSentences
from voice2mqtt.understanding.sentences import ANYTHING, sentences
from voice2mqtt.understanding.table import CommandTable, Place, Row, TextList
from voice2mqtt.understanding.templates import Node, SlotReference, TemplateError, parse

CONFUSABLE = 0.1
"""Distance of sound below which a listener takes one row for the other."""

_MOST_PER_ROW = 40
_MOST_BY_WORDS = 20_000
_MOST_BY_SOUND = 600
_SOME_WORDS = "something or other"
"""Stands for free text in the sentences that are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend in a table."""

    place: Place
    problem: str
    cure: str
    severity: Literal["warning", "error"] = "warning"

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.problem}; {self.cure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found, and what was not looked at."""

    findings: tuple[Finding, ...]
    untried: str = ""
    """One sentence, if sentences were left out; "" if all were tried."""


def lint(
    table: CommandTable, automaton: Automaton, matcher: Matcher, nearest: NearestSentences | None
) -> Lint:
    """Check `table`, of which `automaton` and `matcher` are made; without `nearest` no sounds."""
    rows = _Rows(table)
    found = [*_unused_lists(table), *_anything_goes(table, automaton)]
    found += rows.by_words(matcher)
    if nearest:
        found += rows.by_sound(nearest)
    order = sorted(found, key=lambda finding: (finding.place.file, finding.place.line))
    return Lint(findings=tuple(order), untried=rows.untried)


class _Rows:
    """All rows, each with the sentences that are tried."""

    def __init__(self, table: CommandTable) -> None:
        self._rows = table.rows
        per_row = max(1, min(_MOST_PER_ROW, _MOST_BY_WORDS // max(1, len(table.rows))))
        self._tried: list[tuple[str, ...]] = []
        self._totals: list[int] = []
        for _, total, shown in sentences(table, per_row):
            self._totals.append(total)
            self._tried.append(tuple(text.replace(ANYTHING, _SOME_WORDS) for text in shown))
        self._confused = 0

    @property
    def untried(self) -> str:
        """What was left out, as a sentence."""
        tried, total = sum(map(len, self._tried)), sum(self._totals)
        parts = [f"{tried} of {total} sentences were held against the other rows"] * (tried < total)
        if self._confused and self._confused < tried:
            parts.append(f"{self._confused} of them by their sound")
        return ", ".join(parts)

    def by_words(self, matcher: Matcher) -> Iterator[Finding]:
        """Yield rows that say what an earlier row says already."""
        for number, tried in enumerate(self._tried):
            taken: dict[int, list[str]] = {}
            for text in tried:
                first = next((p.row for p in matcher.parses(text) if p.row < number), None)
                if first is not None:
                    taken.setdefault(first, []).append(text)
            lost = sum(map(len, taken.values()))
            for first, texts in taken.items():
                if lost == len(tried) and _acts_alike(self._rows[first], self._rows[number]):
                    problem = f'"{texts[0]}" is said by the row {_name(self._rows[first])} already'
                elif lost == len(tried):
                    problem = (
                        f'this row is never reached: "{texts[0]}" is taken by the row '
                        f"{_name(self._rows[first])}"
                    )
                elif not _acts_alike(self._rows[first], self._rows[number]):
                    problem = (
                        f'"{texts[0]}" is also said by the row {_name(self._rows[first])}, '
                        "which does something else and comes first"
                    )
                else:
                    continue
                yield Finding(
                    place=_place(self._rows[number]),
                    problem=problem,
                    cure="reword one of the two, or remove it",
                )
                break

    def by_sound(self, nearest: NearestSentences) -> Iterator[Finding]:
        """Yield rows with a sentence that sounds like one of another row."""
        seen: set[frozenset[int]] = set()
        for number, text in self._spread():
            self._confused += 1
            for likeness in nearest.find(text, CONFUSABLE):
                pair = frozenset((number, likeness.row))
                alike = _acts_alike(self._rows[number], self._rows[likeness.row])
                if len(pair) < 2 or pair in seen or alike or likeness.sentence == text:
                    continue
                seen.add(pair)
                yield Finding(
                    place=_place(self._rows[number]),
                    problem=f'"{text}" sounds like "{likeness.sentence}" of the row '
                    f"{_name(self._rows[likeness.row])} (distance {likeness.distance:.2f})",
                    cure="choose words that differ more, or give one of them a confirm:",
                )

    def _spread(self) -> Iterator[tuple[int, str]]:
        """Yield (row, sentence), the first of each row before the second of any."""
        left = _MOST_BY_SOUND
        for place in range(_MOST_PER_ROW):
            for number, tried in enumerate(self._tried):
                if place < len(tried):
                    if not left:
                        return
                    left -= 1
                    yield number, tried[place]


def _unused_lists(table: CommandTable) -> Iterator[Finding]:
    used = {
        node.source
        for template in _templates(table)
        for node in _nodes(template)
        if isinstance(node, SlotReference)
    }
    for name, source in table.lists.items():
        if name not in used:
            yield Finding(
                place=source.place,
                problem=f"the list {name} is never used",
                cure=f"write {{{name}}} in a sentence, or remove the list",
            )


def _anything_goes(table: CommandTable, automaton: Automaton) -> Iterator[Finding]:
    """Yield rows that nothing but free text makes."""
    for number, target in automaton.arcs(START):
        if isinstance(automaton.labels[number], Wildcard):
            for row in automaton.accepts(target):
                yield Finding(
                    place=_place(table.rows[row]),
                    problem="this row takes every sentence that is heard for a command",
                    cure="add a word that must be said",
                )


def _templates(table: CommandTable) -> Iterator[str]:
    for row in table.rows:
        yield from row.say
        yield from row.also_heard_as
    yield from table.rules.values()
    for source in table.lists.values():
        if isinstance(source, TextList):
            yield from (value.spoken for value in source.values)


def _nodes(template: str) -> Iterator[Node]:
    try:
        waiting = [parse(template)]
    except TemplateError:
        return
    while waiting:
        node = waiting.pop()
        yield node
        items: Iterable[Node] = getattr(node, "items", ())
        waiting.extend(items)


def _acts_alike(one: Row, other: Row) -> bool:
    """Whether two rows publish the same under the same conditions."""
    return _action(one) == _action(other)


def _action(row: Row) -> Row:
    return replace(row, name="", say=(), also_heard_as=(), places=(), strictness=None, wake=True)


def _place(row: Row) -> Place:
    return row.places[0] if row.places else Place()


def _name(row: Row) -> str:
    names: Sequence[str] = (row.name, f"({_place(row)})" if row.places else "")
    return " ".join(filter(None, names))
