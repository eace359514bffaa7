"""Rows that share a sentence, and sentences that sound alike.

The sentences of every row are matched against all rows, word for word and by sound. Of rows with
many sentences a sample is tried, always the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, pairwise

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.nlu.grammar.enumerate import ANYTHING, sentences
from voice2mqtt.nlu.grammar.messages import messages, sentence
from voice2mqtt.nlu.grammar.table import CommandTable, Row
from voice2mqtt.nlu.lint.finding import Finding, name_of, place_of
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher

CONFUSABLE = 0.1
"""Phonetic distance up to which two sentences may be confused."""

_MAX_PER_ROW = 40
"""Sentences of a row that are tried; set by hand."""
_MAX_BY_SOUND = 600
_ENOUGH_BY_SOUND = 100
"""Sentences of all rows that are tried by sound; more than enough only if each has a new word.
Set by hand, so that a check takes a second or two."""
_NUMBER = re.compile(r"\d+")
_SOME_WORDS = "something or other"
"""Free text in the sentences that are tried."""


class Ambiguities:
    """All rows, each with the sentences that are tried; `at_most` of them in all."""

    def __init__(self, table: CommandTable, matcher: ExactMatcher, at_most: int) -> None:
        self._rows = table.rows
        self._matcher = matcher
        numbers = range(0, len(self._rows), 1 + (len(self._rows) - 1) // at_most)
        per_row = max(1, min(_MAX_PER_ROW, at_most // max(1, len(numbers))))
        heard = tuple(map(_as_heard, map(self._rows.__getitem__, numbers)))
        self._tried: dict[int, tuple[str, ...]] = {}
        self._total = 0
        tried = sentences(replace(table, rows=heard), per_row)
        for number, (_, total, shown) in zip(numbers, tried, strict=True):
            self._total += total
            self._tried[number] = tuple(text.replace(ANYTHING, _SOME_WORDS) for text in shown)
        self._tried_by_sound = 0

    @property
    def untried(self) -> str:
        """What was not tried, in words for a person; "" if everything was."""
        tried, total = sum(map(len, self._tried.values())), self._total
        parts = [f"{tried} of {total} sentences were compared with other rows"] * (tried < total)
        if self._tried_by_sound and self._tried_by_sound < tried:
            parts.append(f"{self._tried_by_sound} of them by their sound")
        if len(self._tried) < len(self._rows):
            parts.append(f"{len(self._tried)} of {len(self._rows)} rows were looked at")
        return ", ".join(parts)

    def by_words(self) -> Iterator[Finding]:
        """Yield rows with a sentence of an earlier row that may act at the same hour."""
        for number, tried in self._tried.items():
            row = self._rows[number]
            taken: dict[int, list[str]] = {}
            for text in tried:
                first = next((n for n in self._said_by(text, number)), None)
                if first is not None:
                    taken.setdefault(first, []).append(text)
            all_lost = sum(map(len, taken.values())) == len(tried)
            for first, texts in taken.items():
                problem = _taken(row, self._rows[first], texts[0], all_lost=all_lost)
                if problem:
                    yield Finding(
                        place=place_of(row),
                        problem=problem,
                        cure="reword one of the two, or remove it",
                    )
                    break

    def _said_by(self, text: str, number: int) -> Iterator[int]:
        """Yield the rows before `number` that would be carried out instead."""
        for parse in self._matcher.parses(text):
            if parse.row < number and _overlap(self._rows[parse.row], self._rows[number]):
                yield parse.row

    def by_sound(self, phonetic: PhoneticMatcher) -> Iterator[Finding]:
        """Yield sentences that sound like one of another row, or of the row with other slots."""
        seen: set[frozenset[object]] = set()
        for number, text in self._by_novelty():
            self._tried_by_sound += 1
            row = self._rows[number]
            for match in phonetic.find(text, CONFUSABLE):
                other = self._rows[match.row]
                if match.sentence == text or row.confirm or other.confirm:
                    continue
                if set(match.free_text) - {_SOME_WORDS}:
                    # Free text may be anything, so also a sentence of another row.
                    continue
                if match.row == number:
                    pair, whose = self._values(number, text, match), "the same row"
                else:
                    alike = _acts_alike(row, other)
                    pair = frozenset(() if alike else (number, match.row))
                    whose = f"the row {name_of(other)}"
                if not pair or pair in seen:
                    continue
                seen.add(pair)
                yield Finding(
                    place=place_of(row),
                    problem=f'"{text}" sounds like "{match.sentence}" of {whose} '
                    f"(distance {match.distance:.2f})",
                    cure="choose words that differ more, or add a confirm:",
                )

    def _values(self, number: int, text: str, match: Candidate) -> frozenset[object]:
        """Return the values in which `text` and `match` of one row differ, if the effect does."""
        row = self._rows[number]
        parses = self._matcher.parses(text)
        own = next((parse.slots for parse in parses if parse.row == number), match.slots)
        if _effect(row, own) == _effect(row, match.slots):
            return frozenset()
        both = own.items() ^ match.slots.items()
        return frozenset(str(value) for _, value in both)

    def _by_novelty(self) -> Iterator[tuple[int, str]]:
        """Yield (row, sentence): first those with a word that none before it in their row has.

        Then those with two new neighbours, then the rest, which seldom tell more. In each group
        the first of each row comes before the second of any.
        """
        novelties: list[list[tuple[int, str]]] = [[], [], []]
        seen: set[tuple[int, tuple[str, ...]]] = set()
        for place in range(_MAX_PER_ROW):
            for number, tried in self._tried.items():
                if place >= len(tried):
                    continue
                words = _NUMBER.sub("0", tried[place]).split()
                alone = {(number, (word,)) for word in words}
                pairs = {(number, pair) for pair in pairwise(["", *words, ""])}
                kind = 0 if alone - seen else 1 if pairs - seen else 2
                novelties[kind].append((number, tried[place]))
                seen |= alone | pairs
        novel, *others = novelties
        yield from novel[:_MAX_BY_SOUND]
        yield from [*chain(*others)][: max(0, _ENOUGH_BY_SOUND - len(novel))]


def _as_heard(row: Row) -> Row:
    """Return `row` with `also_heard_as` among its sentences."""
    return replace(row, say=(*row.say, *row.also_heard_as), also_heard_as=())


def _taken(row: Row, first: Row, text: str, *, all_lost: bool) -> str:
    """Return what is wrong with a sentence of `row` that `first` has too; "" for nothing."""
    if not _acts_alike(first, row):
        if all_lost and (not first.is_timed or _hours(first) == _hours(row)):
            return f'this row is never reached: "{text}" is taken by the row {name_of(first)}'
        return (
            f'"{text}" is also said by the row {name_of(first)}, which does something else '
            "and comes first"
        )
    return f'"{text}" is said by the row {name_of(first)} already' if all_lost else ""


def _overlap(one: Row, other: Row) -> bool:
    """Return whether there is a minute of the week at which both may act."""
    # If two spans of time overlap, one of them begins inside the other.
    return not (one.is_timed and other.is_timed) or any(
        all(begin.within(row.between, row.days) for row in (one, other))
        for between in (one.between, other.between)
        for weekday in range(7)
        for begin in [LocalTime(minute=between[0] if between else 0, weekday=weekday)]
    )


def _hours(row: Row) -> tuple[object, ...]:
    return row.between, row.days


def _acts_alike(one: Row, other: Row) -> bool:
    """Return whether two rows publish the same under the same conditions."""
    return _action(one) == _action(other)


def _action(row: Row) -> Row:
    return replace(row, name="", say=(), also_heard_as=(), places=(), strictness=None, wake=True)


def _effect(row: Row, slots: Mapping[str, SlotValue]) -> tuple[object, ...]:
    return messages(row, slots), sentence(row.response, {**row.defaults, **slots})
