"""The compiled grammar: one automaton for the whole table.

Exact match, nearest sound and the Speech host's constrained decoder all walk this object, so
that they cannot disagree about what the owner wrote. It knows nothing of how it was built
(`compiler.py`) nor of what a row publishes.

States are numbers; 0 is the start. Arcs carry labels. A label is a word or a slot; a slot's
spoken forms are an automaton of their own, whose accepting states name values. There are no
empty arcs, and no two arcs of a state carry the same label; but the same spoken words may fit
a word arc and a slot arc, so that a reader follows several paths at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from voice2mqtt.core.decision import SlotValue

START = 0


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word."""

    key: str
    """As `normalise` writes it; numbers are digits."""
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
    """A slot filled with a number, ends included; `multiplier` scales what is meant."""

    slot: str
    lowest: int
    highest: int
    step: int = 1
    multiplier: float | None = None
    decimals: bool = False
    parts: int = 0
    """With `decimals`: how many parts a whole has behind each step; 0 for any fraction."""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A slot filled with one or more words of any kind."""

    slot: str


Label = Word | Choice | Number | Wildcard


@dataclass(frozen=True, eq=False)
class Automaton:
    """Arcs in compressed rows: those of state `s` are `offsets[s]` to `offsets[s + 1]`."""

    labels: Sequence[Label]
    offsets: array[int]
    arc_labels: array[int]
    targets: array[int]
    accepting: dict[int, tuple[int, ...]]
    """State to the numbers (rows of a table, values of a `Choice`) it accepts."""

    def arcs(self, state: int) -> list[tuple[int, int]]:
        """Return (index into `labels`, target state) of each arc of `state`."""
        low, high = self.offsets[state], self.offsets[state + 1]
        return list(zip(self.arc_labels[low:high], self.targets[low:high], strict=True))

    def words(self, below: int | None = None) -> frozenset[str]:
        """Return the keys of all words of what is accepted, those of lists among them.

        With `below`, only of what is accepted with a number less than that.
        """
        used = self.labels if below is None else [self.labels[n] for n in self._used(below)]
        choices = (label.spoken for label in used if isinstance(label, Choice))
        own = (label.key for label in used if isinstance(label, Word))
        return frozenset(own).union(*(spoken.words() for spoken in choices))

    def _used(self, below: int) -> set[int]:
        """Return the labels on the way to what is accepted with a number less than `below`."""
        arrivals: dict[int, list[tuple[int, int]]] = {}
        for state in range(len(self.offsets) - 1):
            for label, target in self.arcs(state):
                arrivals.setdefault(target, []).append((label, state))
        waiting = [
            state
            for state, numbers in self.accepting.items()
            if any(number < below for number in numbers)
        ]
        known, used = set(waiting), set[int]()
        while waiting:
            for label, state in arrivals.get(waiting.pop(), ()):
                used.add(label)
                if state not in known:
                    known.add(state)
                    waiting.append(state)
        return used

    def accepts(self, state: int) -> tuple[int, ...]:
        """Return what is accepted when the sentence ends in `state`; () for nothing."""
        return self.accepting.get(state, ())
