"""The compiled grammar: one automaton for the whole table.

Exact match, phonetic search and the Speech host's constrained decoder all use this object, so
that they cannot disagree about what the owner wrote. Built by `compiler.py`; acyclic.

States are numbers; 0 is the start. Arcs carry labels: a word or a slot. The values of a list are
an automaton of their own, whose accepting states name values. There are no epsilon arcs, and no
two arcs of a state carry the same label; but the same words may match a word arc and a slot arc,
so that several paths must be followed at once.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from voice2mqtt.core.decision import SlotValue

START = 0
JOINED = "\u2060"
"""Begins the key of a word that is written without a space after the word before."""
_DIGITS = 5
"""Decimals of a sum of numbers"""
_CENTURY = 100
_CENTURIES = (1900, 2000)
"""Their years may be named by two digits alone, where all numbers of a range lie in them."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word."""

    key: str
    """As the normaliser writes it; numbers are digits."""
    surface: str = field(compare=False)
    """As the owner wrote it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot filled from a list: `values[i]` is meant where `spoken` accepts with `i`."""

    slot: str
    spoken: Automaton
    values: tuple[SlotValue, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A slot filled with a number from `lowest` to `highest`; its value is times `multiplier`."""

    slot: str
    lowest: int
    highest: int
    step: int = 1
    multiplier: float | None = None
    decimals: bool = False
    parts: int = 0
    """With `decimals`: 2 allows halves, 10 tenths, 0 any fraction."""
    total: tuple[float, float] | None = None
    """If set, the slot is the sum of all its numbers, within these limits"""

    def meaning(self, said: float | None) -> int | float | None:
        """Return the value of the slot when the number `said` fills it; None if it does not fit."""
        number = None if said is None else self._in_range(said)
        if number is None or not self._is_step(number):
            return None
        if self.multiplier is None:
            return number
        if self.total:
            return Addend(number * self.multiplier, self.total)
        # Rounded, since 3 * 2.55 should not be published as 7.6499999999999995.
        meant = round(number * self.multiplier, 6)
        return int(meant) if meant == int(meant) else meant

    def has_parts(self, said: float) -> bool:
        """Return whether the slot takes the fraction of `said`."""
        if self.decimals and not self.parts:
            return True
        parts = (said - math.floor(said)) * (self.parts if self.decimals else 1)
        # Rounded, since the three tenths of 20.3 are 3.0000000000000071.
        return round(parts, 6) % 1 == 0

    def _in_range(self, said: float) -> float | None:
        """Return `said` if it is in the range, or the year that it stands for: 1980 for 80."""
        if self.lowest <= said <= self.highest:
            return said
        are_years = _CENTURIES[0] <= self.lowest and self.highest <= _CENTURIES[-1] + _CENTURY
        if not are_years or not 0 <= said < _CENTURY:
            return None
        years = [century + said for century in _CENTURIES]
        inside = [year for year in years if self.lowest <= year <= self.highest]
        return inside[0] if len(inside) == 1 else None

    def _is_step(self, said: float) -> bool:
        if self.decimals and not self.parts:
            return True
        return (math.floor(said) - self.lowest) % self.step == 0 and self.has_parts(said)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A slot filled with one or more words of any kind."""

    slot: str
    before: str = ""
    """Letters that the first word begins with ..."""
    after: str = ""
    """... and the last one ends with, which are not of the slot: the "लाई" of "दूधलाई"."""


class Addend(float):
    """One of the numbers whose sum fills a slot, within the limits `total`."""

    total: tuple[float, float]

    def __new__(cls, value: float, total: tuple[float, float]) -> Self:
        """Return `value` as an addend."""
        addend = super().__new__(cls, value)
        addend.total = total
        return addend


def filled(fills: Iterable[tuple[str, SlotValue]]) -> dict[str, SlotValue] | None:
    """Return the value of each slot; None if a sum is beyond its limits."""
    slots: dict[str, SlotValue] = {}
    sums: dict[str, Addend] = {}
    for slot, value in fills:
        if isinstance(value, Addend):
            sums[slot] = Addend(value + sums.get(slot, 0.0), value.total)
        slots[slot] = value
    for slot, total in sums.items():
        # Rounded, since three times ten minutes are half an hour.
        rounded = round(float(total), _DIGITS)
        if not total.total[0] <= rounded <= total.total[1]:
            return None
        slots[slot] = int(rounded) if rounded == int(rounded) else rounded
    return slots


Label = Word | Choice | Number | Wildcard


@dataclass(frozen=True, eq=False)
class Automaton:
    """Arcs in compressed sparse rows: those of state `s` are `offsets[s]` to `offsets[s + 1]`."""

    labels: Sequence[Label]
    offsets: array[int]
    arc_labels: array[int]
    targets: array[int]
    accepting: dict[int, tuple[int, ...]]
    """State to the numbers that it accepts: rows of a table, values of a `Choice`."""
    skipped: frozenset[tuple[str, ...]] = frozenset()
    """Keys of words that may be said anywhere between others and mean nothing"""

    def arcs(self, state: int) -> list[tuple[int, int]]:
        """Return (index into `labels`, target state) of each arc of `state`."""
        low, high = self.offsets[state], self.offsets[state + 1]
        return list(zip(self.arc_labels[low:high], self.targets[low:high], strict=True))

    def has_arcs(self, state: int) -> bool:
        """Return whether any arc leaves `state`."""
        return self.offsets[state] < self.offsets[state + 1]

    def words(self, below: int | None = None) -> frozenset[str]:
        """Return the keys of all words, those of lists included.

        With `below`, only of paths that are accepted with a lower number.
        """
        used = self.labels if below is None else [self.labels[n] for n in self._used(below)]
        choices = (label.spoken for label in used if isinstance(label, Choice))
        own = (label.key for label in used if isinstance(label, Word))
        return frozenset(own).union(*(spoken.words() for spoken in choices))

    def _used(self, below: int) -> set[int]:
        """Return the labels on paths that are accepted with a number lower than `below`."""
        incoming: dict[int, list[tuple[int, int]]] = {}
        for state in range(len(self.offsets) - 1):
            for label, target in self.arcs(state):
                incoming.setdefault(target, []).append((label, state))
        waiting = [
            state
            for state, numbers in self.accepting.items()
            if any(number < below for number in numbers)
        ]
        known, used = set(waiting), set[int]()
        while waiting:
            for label, state in incoming.get(waiting.pop(), ()):
                used.add(label)
                if state not in known:
                    known.add(state)
                    waiting.append(state)
        return used

    def accepts(self, state: int) -> tuple[int, ...]:
        """Return the numbers that are accepted in `state`; () if it is not final."""
        return self.accepting.get(state, ())
