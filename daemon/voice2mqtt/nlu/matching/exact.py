"""Exact match: which rows say these words, and with which slots.

The token lattice of the sentence is intersected with the automaton of the table, as two finite
automata, so the work depends on the length of the sentence and not on the number of rows. Nothing
here knows about confidence, sound or policy.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from voice2mqtt.core.audio import PartialMatch
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.grammar.automaton import (
    JOINED,
    START,
    Automaton,
    Choice,
    Number,
    Wildcard,
    Word,
    filled,
)
from voice2mqtt.nlu.text.letters import folded
from voice2mqtt.nlu.text.normaliser import Normaliser
from voice2mqtt.nlu.text.token_lattice import TokenLattice

MAX_WORDS = 128
MAX_CHARACTERS = 2000
"""Longer sentences are no commands, and are not parsed."""
MAX_PARSES = 64
_MIN_INDEXED_ARCS = 12
"""A state with more arcs keeps an index of them."""

_MAX_KEPT = 16
"""Texts of which it is kept what they say."""

LatticeState = tuple[int, int]
"""A state of the intersection: a position of the token lattice and a state of the automaton."""
_Slots = tuple[tuple[str, SlotValue], ...]


class Transition(NamedTuple):
    """One arc of the intersection."""

    target: LatticeState
    fill: tuple[str, SlotValue] | None = None
    """The slot that it fills"""
    free_words: int = 0
    """Words that free text takes"""


@dataclass(frozen=True, slots=True)
class Parse:
    """A row that says exactly these words."""

    row: int
    slots: Mapping[str, SlotValue]
    own_words: int = field(default=0, compare=False)
    """Words that the row says itself ..."""
    free_words: int = field(default=0, compare=False)
    """... and those that its free text took."""


class ArcIndex:
    """The arcs of one automaton by what is heard."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        self._words: dict[str, int] = {}
        fills: set[int] = set()
        for number, label in enumerate(automaton.labels):
            if isinstance(label, Word):
                self._words[label.key] = number
            else:
                fills.add(number)
        self._slots: dict[int, list[tuple[int, int, int]]] = {}
        for at, number in enumerate(automaton.arc_labels):
            if number in fills:
                state = bisect_right(automaton.offsets, at) - 1
                arc = at - automaton.offsets[state], number, automaton.targets[at]
                self._slots.setdefault(state, []).append(arc)
        self._index: dict[int, dict[int, int]] = {}

    def word(self, state: int, key: str) -> tuple[int, int] | None:
        """Return (rank, target) of the arc of `state` for the word `key`."""
        number = self._words.get(key)
        if number is None:
            return None
        low, high = self.automaton.offsets[state], self.automaton.offsets[state + 1]
        if high - low > _MIN_INDEXED_ARCS:
            rank = self.index(state).get(number)
        else:
            numbers = self.automaton.arc_labels[low:high]
            rank = numbers.index(number) if number in numbers else None
        return None if rank is None else (rank, self.automaton.targets[low + rank])

    def slots(self, state: int) -> Sequence[tuple[int, int, int]]:
        """Return (rank, label number, target) of the arcs of `state` that fill a slot."""
        return self._slots.get(state, ())

    def index(self, state: int) -> Mapping[int, int]:
        """Return label number to rank of all arcs of `state`; kept for the next time."""
        if state not in self._index:
            arcs = self.automaton.arcs(state)
            self._index[state] = {number: rank for rank, (number, _) in enumerate(arcs)}
        return self._index[state]


class ExactMatcher:
    """Parses by one automaton; keeps an index of arcs, and what the last texts say."""

    def __init__(self, automaton: Automaton, normaliser: Normaliser) -> None:
        self._arcs = ArcIndex(automaton)
        self._normaliser = normaliser
        self.normalise = normaliser.normalise
        """Returns the keys of the words of a text"""
        self._lists = {
            id(label.spoken): ArcIndex(label.spoken)
            for label in automaton.labels
            if isinstance(label, Choice)
        }
        labels = (automaton.labels, *(arcs.automaton.labels for arcs in self._lists.values()))
        self._words = frozenset(w.key for each in labels for w in each if isinstance(w, Word))
        self._joined = frozenset(key for key in self._words if key.startswith(JOINED))
        self._has_free_text = any(isinstance(label, Wildcard) for label in automaton.labels)
        self._parsed: dict[str, tuple[Parse, ...]] = {}
        # The largest index is made now and not while the speaker waits.
        self._arcs.index(START)

    def parses(self, text: str) -> tuple[Parse, ...]:
        """Return every row that says `text`, in the order of the table.

        Of several parses by one row, those come first in which free text takes the fewest words;
        then, those that stand first in the row. A row that is only unfinished (see `unfinished`)
        is not among them.
        """
        # One decision asks for the same text several times.
        parses = self._parsed.get(text)
        if parses is None:
            parses = self._parse(text)
            if len(self._parsed) >= _MAX_KEPT:
                self._parsed.clear()
            self._parsed[text] = parses
        return parses

    def _parse(self, text: str) -> tuple[Parse, ...]:
        intersection = self.intersect(text)
        if intersection is None or not intersection.lattice.tokens:
            return ()
        found: dict[tuple[int, _Slots], int] = {}
        for row, fills, free in islice(intersection.parses(), MAX_PARSES):
            slots = filled(fills)
            if slots is not None:
                found.setdefault((row, tuple(slots.items())), free)
        lattice = intersection.lattice
        words = lattice.words(0, lattice.end)
        unfinished = self._unfinished(lattice) if any(found.values()) else {}
        parses = [
            Parse(row, MappingProxyType(dict(slots)), words - free, free)
            for (row, slots), free in found.items()
            if free <= unfinished.get(row, free)
        ]
        return tuple(sorted(parses, key=lambda parse: parse.row))

    def free_words(self, text: str) -> int:
        """Return how few words of `text` a row that says it leaves to free text."""
        return min((parse.free_words for parse in self.parses(text)), default=0)

    def unfinished(self, text: str) -> frozenset[int]:
        """Return the rows of which `text` says everything but some free text.

        In "remind me to", "to" is not the {what} of `remind me [to] {what}`.
        """
        if not self._has_free_text:
            return frozenset()
        lattice = self._lattice(text)
        return frozenset(self._unfinished(lattice)) if lattice else frozenset()

    def _unfinished(self, lattice: TokenLattice) -> Mapping[int, int]:
        """Return the rows that match with a free text left empty, and the fewest free words."""
        intersection = self._intersected(lattice, may_omit=True)
        least: dict[int, int] = {}
        for row, slots, free in islice(intersection.parses(), MAX_PARSES):
            if any(value == "" for _, value in slots):
                least.setdefault(row, free)
        return least

    def partial_match(self, text: str) -> PartialMatch:
        """Return how `text` matches as the beginning of a row."""
        found = self.intersect(text)
        if found is None:
            return PartialMatch.UNKNOWN
        can_continue = found.can_continue or self._normaliser.may_go_on(found.lattice.tokens)
        if any(self._arcs.automaton.accepts(state) for state in found.end_states):
            return PartialMatch.OPEN if can_continue else PartialMatch.COMPLETE
        is_prefix = found.end_states or found.can_continue
        return PartialMatch.UNFINISHED if is_prefix else PartialMatch.UNKNOWN

    def intersect(self, text: str) -> "Intersection | None":
        """Return `text` intersected with the table; None if it is too long for a command."""
        lattice = self._lattice(text)
        return self._intersected(lattice) if lattice else None

    def bare(self, heard: Hypothesis) -> Hypothesis:
        """Return `heard` without the table's words to skip."""
        bare = self.without_skip_words
        return replace(heard, text=bare(heard.text), lexical=bare(heard.lexical))

    def without_skip_words(self, text: str) -> str:
        """Return `text` without the table's words to skip; as it is if nothing else is left."""
        skipped = self._arcs.automaton.skipped
        lattice = self._lattice(text) if skipped else None
        spans = list(lattice.spans(skipped)) if lattice else []
        if lattice is None or not spans:
            return text
        dropped = {at for first, last in spans for at in range(first, last)}
        kept = [lattice.slice(at, at + 1) for at in range(lattice.end) if at not in dropped]
        return " ".join(kept) or text

    def _intersected(self, lattice: TokenLattice, *, may_omit: bool = False) -> "Intersection":
        return Intersection(self._arcs, self._lists, lattice, may_omit=may_omit)

    def _lattice(self, text: str) -> TokenLattice | None:
        if len(text) > MAX_CHARACTERS:
            return None
        lattice = self._normaliser.lattice(text)
        if self._joined:
            lattice = lattice.with_endings(self._joined, JOINED, self._normaliser.key)
        short = len(lattice.tokens) <= MAX_WORDS
        return lattice.with_spaces_moved(self._words) if short else None


class Intersection:
    """The token lattice of one sentence intersected with the automaton.

    Only states that are reachable from (0, START) are built.
    """

    def __init__(
        self,
        arcs: ArcIndex,
        lists: Mapping[int, ArcIndex],
        lattice: TokenLattice,
        *,
        may_omit: bool = False,
    ) -> None:
        """`lists` are by the id of their automaton; with `may_omit`, free text may be ""."""
        self.arcs = arcs
        self.lattice = lattice
        self._may_omit = may_omit
        self._lists = lists
        self._skipped: dict[int, list[int]] = {}
        skipped = arcs.automaton.skipped
        for first, last in lattice.spans(skipped) if skipped else ():
            self._skipped.setdefault(first, []).append(last)
        self._values_at: dict[LatticeState, list[tuple[int, int]]] = {}
        self._free_at: dict[int, list[tuple[int, str, int]]] = {}
        self.transitions: dict[LatticeState, list[Transition]] = {}
        """The transitions from every reachable state, in order of preference."""
        self.can_continue = False
        """Whether the sentence may end inside a row."""
        self._build()
        self.end_states = [state for position, state in self.transitions if position == lattice.end]

    def _build(self) -> None:
        end = self.lattice.end
        stack: list[LatticeState] = [(0, START)]
        while stack:
            source = stack.pop()
            if source in self.transitions:
                continue
            ranked = list(self._transitions_from(*source))
            if len(ranked) > 1:
                ranked.sort(key=itemgetter(0))
            self.transitions[source] = [transition for _, transition in ranked]
            stack += [transition.target for _, transition in ranked]
            if source[0] == end and self.arcs.automaton.has_arcs(source[1]):
                self.can_continue = True

    def _transitions_from(self, position: int, state: int) -> Iterator[tuple[int, Transition]]:
        """Yield (rank, transition) of every transition from a state."""
        for arc in self.lattice.arcs[position]:
            found = self.arcs.word(state, arc.key) if arc.key else None
            if found:
                rank, target = found
                yield rank, Transition((arc.end, target))
        # Last of all: a row may say such a word itself.
        for end in self._skipped.get(position, ()):
            yield len(self.arcs.automaton.labels), Transition((end, state))
        for rank, number, target in self.arcs.slots(state):
            label = self.arcs.automaton.labels[number]
            match label:
                case Choice():
                    for end, value in self._values(position, label.spoken):
                        yield rank, Transition((end, target), (label.slot, label.values[value]))
                case Number():
                    for arc in self.lattice.arcs[position]:
                        meant = label.meaning(arc.number)
                        if meant is not None:
                            yield rank, Transition((arc.end, target), (label.slot, meant))
                case Wildcard():
                    for end, text, words in self._free_text(position, label):
                        yield rank, Transition((end, target), (label.slot, text), words)

    def _free_text(self, position: int, label: Wildcard) -> Iterator[tuple[int, str, int]]:
        """Yield (end, text, words) of all that may fill `label` from `position`, longest first."""
        for end, spoken, words in self._words_from(position):
            text = _between(label.before, spoken, label.after)
            if text:
                yield end, text, words
        if self._may_omit:
            yield position, "", 0

    def _words_from(self, position: int) -> Sequence[tuple[int, str, int]]:
        """Return (end, text, words) of each free text that may begin at `position`."""
        if position not in self._free_at:
            lattice = self.lattice
            first = min(position, lattice.end) if position not in lattice.elided else 0
            self._free_at[position] = [
                (end, lattice.slice(position, end), lattice.words(position, end))
                for end in range(lattice.end, first, -1)
                if lattice.may_be_free_text(position, end)
            ]
        return self._free_at[position]

    def _values(self, position: int, spoken: Automaton) -> list[tuple[int, int]]:
        """Return (end, value number) of each value of a list that is said from `position`."""
        key = (position, id(spoken))
        if key not in self._values_at:
            arcs = self._lists[id(spoken)]
            found: list[tuple[int, int]] = []
            queue: list[LatticeState] = [(position, START)]
            for at, state in queue:
                found += [(at, value) for value in spoken.accepts(state) if at != position]
                if at == self.lattice.end and spoken.arcs(state):
                    self.can_continue = True
                for arc in self.lattice.arcs[at]:
                    next_arc = arcs.word(state, arc.key) if arc.key else None
                    if next_arc and (arc.end, next_arc[1]) not in queue:
                        queue.append((arc.end, next_arc[1]))
            self._values_at[key] = found
        return self._values_at[key]

    def parses(self) -> Iterator[tuple[int, _Slots, int]]:
        """Yield (row, slots, free words) of every path to the end, in order of preference.

        A* on the number of free words, with the exact number still to come as the heuristic. Of
        equal paths the one whose arcs stand first comes first: ranks compare lexicographically.
        """
        least = self._least_free_words()
        heap: list[tuple[int, tuple[int, ...], LatticeState, int, _Slots]] = []
        if (0, START) in least:
            heap.append((0, (), (0, START), 0, ()))
        while heap:
            _, ranks, source, free_words, slots = heappop(heap)
            if source[0] == self.lattice.end:
                for row in self.arcs.automaton.accepts(source[1]):
                    yield row, slots, free_words
            for rank, (target, fill, taken) in enumerate(self.transitions[source]):
                if target in least:
                    after = free_words + taken
                    filled = (*slots, fill) if fill else slots
                    total = after + least[target]
                    heappush(heap, (total, (*ranks, rank), target, after, filled))

    def _least_free_words(self) -> dict[LatticeState, int]:
        """Return the fewest free words from each state from which a row is completed."""
        incoming: dict[LatticeState, list[tuple[LatticeState, int]]] = {}
        for source, transitions in self.transitions.items():
            for target, _, free_words in transitions:
                incoming.setdefault(target, []).append((source, free_words))
        accepts = self.arcs.automaton.accepts
        end = self.lattice.end
        heap = [(0, state) for state in self.transitions if state[0] == end and accepts(state[1])]
        least: dict[LatticeState, int] = {}
        while heap:
            free_words, state = heappop(heap)
            if state not in least:
                least[state] = free_words
                for source, taken in incoming.get(state, ()):
                    heappush(heap, (free_words + taken, source))
        return least


def _between(before: str, text: str, after: str) -> str:
    """Return `text` without what it begins and ends with; "" if it does not, or nothing is left."""
    if not before and not after:
        return text
    first, last = len(before), len(text) - len(after)
    if (before and folded(text[:first]) != before) or (after and folded(text[last:]) != after):
        return ""
    return text[first:last].strip()
