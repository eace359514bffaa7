"""A sentence with all the ways to read it, as a lattice.

"Twenty five" is 25, or 20 and then 5; "7:30" may be "half past seven". Only the table can tell
which of them is meant, so the lattice has an arc for each; `lattice_builder.py` builds it.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType

from voice2mqtt.nlu.text.letters import APOSTROPHES

Keys = tuple[str, ...]

MINUS = "\u2212"
"""The key of a minus sign or word, in every language."""
ORDINAL = "th"
"""Suffix of the keys of ordinals, in every language."""
DECADE = "s"
"""The same of decades: "80s"."""

_MAX_NUMBER_LENGTH = 17
_QUOTES = frozenset('"\u201c\u201d\u201e\u00ab\u00bb')
_OPENED = re.compile(rf"(?<!\S)[{APOSTROPHES}#@]")
"""What a word may begin with that is no part of it"""
_MAX_PARTS = 3
"""Words that may be written as one"""
_BEYOND_LATIN = "\u0250"
"""Letters of other scripts may be words by themselves."""
_CLOSING = re.compile(rf"[^\w\s]*\s?[{''.join(_QUOTES)}]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, as it is compared (`key`; numbers are digits) and as it was written."""

    key: str
    surface: str
    start: int = field(default=0, compare=False)
    """Characters into the text of its `TokenLattice`."""
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LatticeArc:
    """One way to read on from a position: as the word `key`, as `number`, or as both."""

    end: int
    """The position after it."""
    key: str = ""
    """"" if it is not a word."""
    number: float | None = None


@dataclass(frozen=True, slots=True)
class TokenLattice:
    """All ways to read a text: `arcs[p]` are the arcs from position `p`.

    Positions 0 to `len(tokens)` lie between the words; higher ones are inside a token that can be
    read as several words ("25").
    """

    text: str
    tokens: tuple[Token, ...]
    arcs: tuple[tuple[LatticeArc, ...], ...]
    units: frozenset[tuple[int, int]] = frozenset()
    """(first, last) position of each time or amount of several words: "ten to eight"."""
    elided: Mapping[int, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Position inside a token, after the "l'" of "l'eau", to (token, character of `text`)"""

    @property
    def end(self) -> int:
        """The position after the last word."""
        return len(self.tokens)

    def with_endings(
        self, endings: Container[str], joint: str, key: Callable[[str], str]
    ) -> "TokenLattice":
        """Return the lattice in which a word may end with one of `endings`, each after `joint`."""
        arcs = [list(start) for start in self.arcs]
        for at, token in enumerate(self.tokens):
            for cut in range(1, len(token.key)):
                ending = joint + token.key[cut:]
                if ending in endings:
                    arcs[at].append(LatticeArc(len(arcs), key(token.key[:cut])))
                    arcs.append([LatticeArc(at + 1, ending)])
        return replace(self, arcs=tuple(map(tuple, arcs)))

    def with_spaces_moved(self, known: Container[str]) -> "TokenLattice":
        """Return the lattice in which an unknown word may be two or three `known` ones.

        Or a part of one: "livingroom", "voor deur".
        """
        moved = dict.fromkeys(self._spaces_moved(known))
        if not moved:
            return self
        arcs = [list(start) for start in self.arcs]
        for start, parts, end in moved:
            at = start
            for part in parts[:-1]:
                arcs[at].append(LatticeArc(len(arcs), part))
                at = len(arcs)
                arcs.append([])
            arcs[at].append(LatticeArc(end, parts[-1]))
        return replace(self, arcs=tuple(map(tuple, arcs)))

    def _spaces_moved(self, known: Container[str]) -> Iterator[tuple[int, Keys, int]]:
        """Yield (first position, words, last position) of what may be written with other spaces."""
        keys = [token.key for token in self.tokens]
        for at, key in enumerate(keys):
            if key in known or not _is_word(key):
                continue
            yield from ((at, parts, at + 1) for parts in _parts_of(key, known, _MAX_PARTS))
            for first in range(max(0, at - _MAX_PARTS + 1), at + 1):
                for last in range(max(at + 1, first + 2), min(first + _MAX_PARTS, len(keys)) + 1):
                    if (joined := "".join(keys[first:last])) in known:
                        yield first, (joined,), last

    def spans(self, phrases: Container[Keys]) -> Iterator[tuple[int, int]]:
        """Yield (first, last) position of each of `phrases` among the words."""
        keys = tuple(token.key for token in self.tokens)
        for first, last in combinations(range(len(keys) + 1), 2):
            if keys[first:last] in phrases:
                yield first, last

    def is_part_of_unit(self, first: int, last: int) -> bool:
        """Return whether the words from `first` to `last` are only part of a time or an amount.

        A reader that may skip words must not take a number from there: "ten to eight" is neither
        10 and 8 nor 8, and "twenty degrees and a half" is not 20.
        """
        return any(
            start <= first and last <= end and (first, last) != (start, end)
            for start, end in self.units
        )

    def broken_amounts(self, at: int) -> Iterator[tuple[int, float, str]]:
        """Yield (end, number, unit) of amounts from `at` whose number is broken by their unit.

        The number is no whole one: "an hour and a half", "mezz'ora".
        """
        for arc in self.arcs[at]:
            if arc.number is not None and arc.number != int(arc.number) and arc.end > self.end:
                for unit in self.arcs[arc.end]:
                    if unit.number is None and unit.key.isalpha() and unit.end <= self.end:
                        yield unit.end, arc.number, unit.key

    def may_be_free_text(self, first: int, last: int) -> bool:
        """Return whether free text may span position `first` to `last`.

        Both lie between words, or the first one after an elided word: the "eau" of "l'eau". A minus
        sign stays with its number.
        """
        if not self._token(first) < last <= self.end:
            return False
        return last == self.end or self.tokens[last - 1].key != MINUS

    def words(self, first: int, last: int) -> int:
        """Return how many words are between two positions that free text may span.

        An elided word counts: "l'eau" has two, so that free text which begins after it has fewer.
        """
        start = self._token(first)
        elided = {token for token, _ in self.elided.values() if start <= token < last}
        return last - start + len(elided) - (start != first)

    def slice(self, first: int, last: int) -> str:
        """Return the words from position `first` to position `last` as they were written.

        Quotation marks around them belong to them if there are others between them: those of
        `he said "hi"`, but not those of `"hi"`.
        """
        if self._token(first) >= last:
            return ""
        start = self.elided[first][1] if first in self.elided else self.tokens[first].start
        end = self.tokens[last - 1].end
        if not _QUOTES.isdisjoint(self.text[start:end]):
            start -= self.text[start - 1 : start] in _QUOTES
            closing = _CLOSING.match(self.text, end)
            end = closing.end() if closing else end
        elif start and _OPENED.match(self.text, start - 1):
            # That of "'s avonds" or "#1" belongs to it, unless a quotation is closed at the end.
            start -= not self.text.startswith(tuple(APOSTROPHES), end)
        return " ".join(self.text[start:end].split())

    def _token(self, position: int) -> int:
        """Return the token at `position`, or the one that it is inside of."""
        return self.elided[position][0] if position in self.elided else position


def _is_word(key: str) -> bool:
    return bool(key) and not key[0].isdecimal() and key != MINUS


def _parts_of(word: str, known: Container[str], most: int) -> Iterator[Keys]:
    """Yield the ways to write `word` as two or more `known` words, at most `most`."""
    least = 2 if word[:1] < _BEYOND_LATIN else 1
    for cut in range(least, len(word) - least + 1):
        if word[:cut] in known:
            rest = word[cut:]
            if rest in known:
                yield word[:cut], rest
            if most > 2:
                yield from ((word[:cut], *parts) for parts in _parts_of(rest, known, most - 1))


def is_cardinal(key: str) -> bool:
    """Return whether a key that stands for a number is neither an ordinal nor a decade."""
    return not key.endswith((ORDINAL, DECADE))


def number_of(key: str) -> float | None:
    """Return the number that a key stands for, be it ordinal or decade; None for a word."""
    if not key or not key[0].isdecimal() or len(key) > _MAX_NUMBER_LENGTH:
        return None
    digits = key.removesuffix(ORDINAL).removesuffix(DECADE).replace(",", ".")
    try:
        return as_whole(float(digits))
    except ValueError:
        return None


def as_whole(number: float) -> float:
    """Return `number`, as an integer if it is one."""
    return int(number) if number == int(number) else number
