"""Exact match: which rows say these words, and with which slots.

All ways to read the words walk the automaton side by side, so the work depends on the length of
the sentence and not on the number of rows. Knows nothing of confidence, sound or policy.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.automaton import START, Automaton, Choice, Number, Wildcard, Word
from voice2mqtt.nlu.text.normaliser import Normaliser
from voice2mqtt.nlu.text.token_lattice import TokenLattice

LONGEST_WORDS = 128
LONGEST_LETTERS = 2000
"""Longer sentences are no commands, and are not even read."""
MOST_PARSES = 64
_CROWDED = 12
"""Arcs from which on a state keeps an index of them."""

LatticeState = tuple[int, int]
"""A position in the readings and a state of the automaton."""
_Slots = tuple[tuple[str, SlotValue], ...]


class Walked(NamedTuple):
    """One step from a spot."""

    then: LatticeState
    fill: tuple[str, SlotValue] | None = None
    """The slot that it fills."""
    free: int = 0
    """Words that free text takes in it."""


@dataclass(frozen=True, slots=True)
class Parse:
    """A row that says exactly these words."""

    row: int
    slots: Mapping[str, SlotValue]
    own: int = field(default=0, compare=False)
    """Words that the row says itself ..."""
    free: int = field(default=0, compare=False)
    """... and those that its free text took."""


class Steps:
    """The arcs of one automaton, found by what is heard."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        self._words = {
            label.key: number
            for number, label in enumerate(automaton.labels)
            if isinstance(label, Word)
        }
        self._crowded: dict[int, tuple[dict[int, tuple[int, int]], list[tuple[int, int, int]]]] = {}

    def word(self, state: int, key: str) -> tuple[int, int] | None:
        """Return (rank, target) of the arc of `state` for the word `key`."""
        number = self._words.get(key)
        return None if number is None else self._index(state)[0].get(number)

    def slots(self, state: int) -> list[tuple[int, int, int]]:
        """Return (rank, label number, target) of the arcs of `state` that fill a slot."""
        return self._index(state)[1]

    def _index(self, state: int) -> tuple[dict[int, tuple[int, int]], list[tuple[int, int, int]]]:
        if state in self._crowded:
            return self._crowded[state]
        words: dict[int, tuple[int, int]] = {}
        slots: list[tuple[int, int, int]] = []
        arcs = self.automaton.arcs(state)
        for rank, (number, target) in enumerate(arcs):
            if isinstance(self.automaton.labels[number], Word):
                words[number] = (rank, target)
            else:
                slots.append((rank, number, target))
        if len(arcs) > _CROWDED:
            self._crowded[state] = words, slots
        return words, slots


class ExactMatcher:
    """Walks one automaton; holds no state of its own between calls but an index."""

    def __init__(self, automaton: Automaton, normaliser: Normaliser) -> None:
        self._steps = Steps(automaton)
        self._normaliser = normaliser
        self._lists = {
            id(label.spoken): Steps(label.spoken)
            for label in automaton.labels
            if isinstance(label, Choice)
        }
        self._has_free_text = any(isinstance(label, Wildcard) for label in automaton.labels)
        # The index of the most crowded state is made now and not while somebody waits.
        self._steps.slots(START)

    def parses(self, text: str) -> tuple[Parse, ...]:
        """Return every row that says `text`, in the order of the table.

        Where a row says it in several ways, those come first in which its own words say most of
        it and free text least; then, those that stand first in the row. A row that is only
        unfinished (see `unfinished`) is not among them.
        """
        walk = self.walk(text)
        if walk is None or not walk.readings.tokens:
            return ()
        found: dict[tuple[int, _Slots], int] = {}
        for row, slots, free in islice(walk.parses(), MOST_PARSES):
            found.setdefault((row, slots), free)
        unfinished = self._unfinished(walk.readings) if any(found.values()) else {}
        parses = [
            Parse(row, MappingProxyType(dict(slots)), len(walk.readings.tokens) - free, free)
            for (row, slots), free in found.items()
            if free <= unfinished.get(row, free)
        ]
        return tuple(sorted(parses, key=lambda parse: parse.row))

    def unfinished(self, text: str) -> frozenset[int]:
        """Return the rows of which `text` says all but some free text.

        "Remind me to" is no "to" of which `remind me [to] {what}` should remind.
        """
        if not self._has_free_text:
            return frozenset()
        readings = self._readings(text)
        return frozenset(self._unfinished(readings)) if readings else frozenset()

    def _unfinished(self, readings: TokenLattice) -> Mapping[int, int]:
        """Return the rows said with free text left out, and how many words it takes at least."""
        walk = Walk(self._steps, self._lists, readings, may_omit=True)
        least: dict[int, int] = {}
        for row, slots, free in islice(walk.parses(), MOST_PARSES):
            if any(value == "" for _, value in slots):
                least.setdefault(row, free)
        return least

    def prospect(self, text: str) -> PartialMatch:
        """Tell how `text` stands as the beginning of a row."""
        walk = self.walk(text)
        if walk is None:
            return PartialMatch.UNKNOWN
        goes_on = walk.goes_on or self._normaliser.may_go_on(walk.readings.tokens)
        if any(self._steps.automaton.accepts(state) for state in walk.last_states):
            return PartialMatch.OPEN if goes_on else PartialMatch.COMPLETE
        return PartialMatch.UNFINISHED if walk.last_states or walk.goes_on else PartialMatch.UNKNOWN

    def walk(self, text: str) -> "Walk | None":
        """Return every way that `text` goes; None if it is too long for a command."""
        readings = self._readings(text)
        return Walk(self._steps, self._lists, readings) if readings else None

    def _readings(self, text: str) -> TokenLattice | None:
        if len(text) > LONGEST_LETTERS:
            return None
        readings = self._normaliser.readings(text)
        return readings if len(readings.tokens) <= LONGEST_WORDS else None


class Walk:
    """One sentence on its way through the automaton."""

    def __init__(
        self,
        steps: Steps,
        lists: Mapping[int, Steps],
        readings: TokenLattice,
        *,
        may_omit: bool = False,
    ) -> None:
        """`may_omit`: free text may be left out, and is "" then."""
        self.steps = steps
        self.readings = readings
        self._may_omit = may_omit
        self._lists = lists
        self._spoken: dict[LatticeState, list[tuple[int, int]]] = {}
        self.ways: dict[LatticeState, list[Walked]] = {}
        """Every spot that is reached, with the steps from it, the preferred one first."""
        self.goes_on = False
        """Whether the sentence may end inside a row."""
        self._explore()
        self.last_states = [state for position, state in self.ways if position == readings.end]

    def _explore(self) -> None:
        waiting: list[LatticeState] = [(0, START)]
        while waiting:
            spot = waiting.pop()
            if spot in self.ways:
                continue
            ranked = sorted(self._ways_from(*spot), key=lambda way: way[0])
            self.ways[spot] = ways = [way for _, way in ranked]
            waiting += [way.then for way in ways]
            position, state = spot
            offsets = self.steps.automaton.offsets
            if position == self.readings.end and offsets[state] < offsets[state + 1]:
                self.goes_on = True

    def _ways_from(self, position: int, state: int) -> Iterator[tuple[int, Walked]]:
        """Yield (rank, way) of every step from here."""
        for reading in self.readings.starts[position]:
            found = self.steps.word(state, reading.key) if reading.key else None
            if found:
                rank, target = found
                yield rank, Walked((reading.end, target))
        for rank, number, target in self.steps.slots(state):
            label = self.steps.automaton.labels[number]
            match label:
                case Choice():
                    for end, value in self._values(position, label.spoken):
                        yield rank, Walked((end, target), (label.slot, label.values[value]))
                case Number():
                    for reading in self.readings.starts[position]:
                        meant = meaning(label, reading.number)
                        if meant is not None:
                            yield rank, Walked((reading.end, target), (label.slot, meant))
                case Wildcard():
                    for end, text in self._free_text(position):
                        yield rank, Walked((end, target), (label.slot, text), end - position)

    def _free_text(self, position: int) -> Iterator[tuple[int, str]]:
        """Yield (end, text) of all that free text may be from `position`, the longest first."""
        for end in range(self.readings.end, position, -1):
            if self.readings.may_part(position, end):
                yield end, self.readings.slice(position, end)
        if self._may_omit:
            yield position, ""

    def _values(self, position: int, spoken: Automaton) -> list[tuple[int, int]]:
        """Return (end, value number) of each value of a list that is spoken from `position`."""
        key = (position, id(spoken))
        if key not in self._spoken:
            steps = self._lists[id(spoken)]
            found: list[tuple[int, int]] = []
            waiting: list[LatticeState] = [(position, START)]
            for at, state in waiting:
                found += [(at, value) for value in spoken.accepts(state) if at != position]
                if at == self.readings.end and spoken.arcs(state):
                    self.goes_on = True
                for reading in self.readings.starts[at]:
                    step = steps.word(state, reading.key) if reading.key else None
                    if step and (reading.end, step[1]) not in waiting:
                        waiting.append((reading.end, step[1]))
            self._spoken[key] = found
        return self._spoken[key]

    def parses(self) -> Iterator[tuple[int, _Slots, int]]:
        """Yield (row, slots, words of free text) of every way through, in order of preference."""
        least = self._least_free()
        # Of the same cost, the one whose steps stand first; such paths compare like words.
        heap: list[tuple[int, tuple[int, ...], LatticeState, int, _Slots]] = []
        if (0, START) in least:
            heap.append((0, (), (0, START), 0, ()))
        while heap:
            _, path, spot, free, slots = heappop(heap)
            if spot[0] == self.readings.end:
                for row in self.steps.automaton.accepts(spot[1]):
                    yield row, slots, free
            for rank, way in enumerate(self.ways[spot]):
                if way.then in least:
                    after = free + way.free
                    filled = (*slots, way.fill) if way.fill else slots
                    total = after + least[way.then]
                    heappush(heap, (total, (*path, rank), way.then, after, filled))

    def _least_free(self) -> dict[LatticeState, int]:
        """Return the spots from which some row is reached, with the free words on the way."""
        before: dict[LatticeState, list[tuple[LatticeState, int]]] = {}
        for spot, ways in self.ways.items():
            for way in ways:
                before.setdefault(way.then, []).append((spot, way.free))
        accepts = self.steps.automaton.accepts
        heap = [(0, s) for s in self.ways if s[0] == self.readings.end and accepts(s[1])]
        least: dict[LatticeState, int] = {}
        while heap:
            free, spot = heappop(heap)
            if spot not in least:
                least[spot] = free
                for earlier, words in before.get(spot, ()):
                    heappush(heap, (free + words, earlier))
        return least


def meaning(label: Number, said: float | None) -> int | float | None:
    """Return what `said` means in this slot; None if it does not fit."""
    if said is None or not label.lowest <= said <= label.highest or not _is_step(label, said):
        return None
    if label.multiplier is None:
        return said
    # Rounded, since 3 * 2.55 should not be published as 7.6499999999999995.
    meant = round(said * label.multiplier, 6)
    return int(meant) if meant == int(meant) else meant


def has_parts(label: Number, said: float) -> bool:
    """Whether what `said` has behind the whole may be said in this slot."""
    if label.decimals and not label.parts:
        return True
    parts = (said - math.floor(said)) * (label.parts if label.decimals else 1)
    # Rounded, since the three tenths of 20.3 are 3.0000000000000071.
    return round(parts, 6) % 1 == 0


def _is_step(label: Number, said: float) -> bool:
    if label.decimals and not label.parts:
        return True
    return (math.floor(said) - label.lowest) % label.step == 0 and has_parts(label, said)
