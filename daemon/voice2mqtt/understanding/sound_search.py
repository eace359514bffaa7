"""The cheapest ways through an automaton that cover an utterance from end to end, best first.

Best-first search (A*) over pairs of a state and a position in the phonemes heard; what is left
of the utterance costs at least what it would if the words could stand in any order. At each
pair the cheapest ways with different slots are kept, as many as meanings are wanted: of two
ways with equal slots that meet, only the cheaper can become the best of its meaning.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.understanding.automaton import START, Automaton, Choice, Number, Wildcard, Word
from voice2mqtt.understanding.match import meaning
from voice2mqtt.understanding.sound_heard import HeardSounds, HeardWord
from voice2mqtt.understanding.sounds import Phonemes, Span, Vocabulary

MOST_NUMBERS = 128
"""Values of a range up to which a number is looked for by its sound."""

_BENT = 0.1
"""Cost a phoneme up to which a word of the table may have been heard as another of its words."""
_SPLIT = 0.3
"""What it costs that a word of the table ends in the middle of a word that was heard."""
_MISSED = 1.25
"""Cost of a word up to which it may be missed: "a", "the"."""
_ADDED = 1.55
"""Cost of a word up to which it may be heard where it was not said: also "of", "uh"."""
_PROTECTED = 3
"""Phonemes from which on a word of the table is not bent into another one."""

Slots = tuple[tuple[str, SlotValue], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A word of the table, and from where to where in the phonemes heard it was found."""

    key: str
    """"" for what a wildcard took."""
    word: str
    start: int
    end: int
    cost: float
    in_slot: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether nothing was heard of it."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the automaton."""

    row: int
    slots: Slots
    cost: float
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Worst:
    """Cost a phoneme above which a word of the table counts as not heard."""

    word: float
    in_slot: float


@dataclass(frozen=True, slots=True)
class _Step:
    target: int
    end: int
    cost: float
    slots: Slots
    said: tuple[Said, ...]


class SoundSearch:
    """One utterance against one automaton."""

    def __init__(
        self, automaton: Automaton, vocabulary: Vocabulary, heard: HeardSounds, worst: Worst
    ) -> None:
        self._automaton = automaton
        self._vocabulary = vocabulary
        self._heard = heard
        self._worst = worst
        self._laid = vocabulary.lay(heard.phonemes)
        self._known = [
            word
            for word in heard.words
            if word.key in vocabulary.numbers and word.end - word.start >= _PROTECTED
        ]
        self._digits = [word for word in heard.words if word.key[0].isdigit()]
        self._borders = {word.start for word in heard.words} | {len(heard.phonemes)}
        self._spans: dict[tuple[int, int, float], list[Span]] = {}
        self._in_range: dict[Number, Phonemes] = {}
        self._skips = {
            word.start: word
            for word in heard.words
            if 0 < word.lost <= _ADDED and not word.key[0].isdigit()
        }
        self._spoken: dict[tuple[int, int], list[tuple[int, float, int, tuple[Said, ...]]]] = {}
        self._left = self._least_left()

    def ways(self, at_most: float, most: int, effort: int) -> Iterator[Way]:
        """Yield ways that cost up to `at_most`, cheapest first, at most `most` through a spot.

        The search is given up after `effort` pairs of state and position.
        """
        order = count()
        waiting: list[tuple[float, int, float, int, int, Slots, tuple[Said, ...]]] = []
        if self._left[0] <= at_most:
            heapq.heappush(waiting, (self._left[0], next(order), 0.0, START, 0, (), ()))
        kept: dict[tuple[int, int], list[Slots]] = {}
        while waiting and len(kept) < effort:
            _, _, cost, state, position, slots, said = heapq.heappop(waiting)
            others = kept.setdefault((state, position), [])
            if len(others) >= most or slots in others:
                continue
            others.append(slots)
            if position == len(self._heard.phonemes):
                for row in self._automaton.accepts(state):
                    yield Way(row, slots, cost, said)
            for step in self._steps(state, position):
                so_far = cost + step.cost
                in_all = so_far + self._left[step.end]
                if in_all <= at_most:
                    way = (step.target, step.end, slots + step.slots, said + step.said)
                    heapq.heappush(waiting, (in_all, next(order), so_far, *way))

    def _least_left(self) -> list[float]:
        """Return what the utterance costs at least from each position on."""
        last = len(self._heard.phonemes)
        left = [0.0] * (last + 1)
        if any(isinstance(label, Wildcard) for label in self._automaton.labels):
            return left
        cheapest = self._laid.cheapest().astype(float)
        cheapest[:, [end for end in range(last) if end not in self._borders]] += _SPLIT
        for position in reversed(range(last)):
            ways = (cheapest[position, position + 1 :] + left[position + 1 :]).tolist()
            ways += [left[end] for end, _ in self._heard.numbers.get(position, ())]
            if position in self._skips:
                skipped = self._skips[position]
                ways.append(skipped.lost + left[skipped.end])
            left[position] = min(ways)
        return left

    def _steps(self, state: int, position: int) -> Iterator[_Step]:
        if position in self._skips:
            word = self._skips[position]
            yield _Step(state, word.end, word.lost, (), ())
        for number, target in self._automaton.arcs(state):
            match self._automaton.labels[number]:
                case Word(key=key, surface=surface):
                    for end, cost in self._word(key, position, self._worst.word):
                        said = (Said(key, surface, position, end, cost),)
                        yield _Step(target, end, cost, (), said)
                case Choice(slot=slot, spoken=spoken, values=values):
                    for end, cost, value, words in self._values(spoken, position):
                        yield _Step(target, end, cost, ((slot, values[value]),), words)
                case Number() as label:
                    yield from self._numbers(label, target, position)
                case Wildcard(slot=slot):
                    yield from self._wild(slot, target, position)

    def _word(self, key: str, position: int, worst: float) -> Iterator[tuple[int, float]]:
        """Yield (end, cost) of each stretch from `position` that may be the word `key`."""
        number = self._vocabulary.numbers[key]
        for span in self._plausible(number, position, worst):
            yield span.end, span.cost
        if self._vocabulary.losses[number] <= _MISSED and not key[0].isdigit():
            yield position, self._vocabulary.losses[number]

    def _values(
        self, spoken: Automaton, position: int
    ) -> list[tuple[int, float, int, tuple[Said, ...]]]:
        """Return (end, cost, value, words) of each value of a list that may be said here."""
        key = (id(spoken), position)
        if key in self._spoken:
            return self._spoken[key]
        best: dict[tuple[int, int], tuple[float, tuple[Said, ...]]] = {}
        order = count()
        waiting: list[tuple[float, int, int, int, tuple[Said, ...]]] = []
        heapq.heappush(waiting, (0.0, next(order), START, position, ()))
        settled: set[tuple[int, int]] = set()
        while waiting:
            cost, _, state, at, said = heapq.heappop(waiting)
            if (state, at) in settled:
                continue
            settled.add((state, at))
            for value in spoken.accepts(state) if at > position else ():
                best.setdefault((value, at), (cost, said))
            for number, target in spoken.arcs(state):
                label = spoken.labels[number]
                assert isinstance(label, Word)
                for end, more in self._word(label.key, at, self._worst.in_slot):
                    piece = Said(label.key, label.surface, at, end, more, in_slot=True)
                    way = (target, end, (*said, piece))
                    heapq.heappush(waiting, (cost + more, next(order), *way))
        found = [(end, cost, value, said) for (value, end), (cost, said) in best.items()]
        self._spoken[key] = found
        return found

    def _numbers(self, label: Number, target: int, position: int) -> Iterator[_Step]:
        for end, number in self._heard.numbers.get(position, ()):
            meant = meaning(label, number)
            if meant is not None:
                said = (Said("", f"{number:g}", position, end, 0.0, in_slot=True),)
                yield _Step(target, end, 0.0, ((label.slot, meant),), said)
        if label not in self._in_range:
            self._in_range[label] = self._numbers_of(label)
        worst = self._worst.in_slot
        for number in self._laid.heard_at(self._in_range[label], position, worst):
            key = self._vocabulary.keys[number]
            meant = meaning(label, int(key))
            if meant is None:
                continue
            for span in self._plausible(number, position, worst):
                said = (Said(key, key, position, span.end, span.cost, in_slot=True),)
                yield _Step(target, span.end, span.cost, ((label.slot, meant),), said)

    def _numbers_of(self, label: Number) -> Phonemes:
        """Return the words of the vocabulary for the numbers of a range, unless it is long."""
        values = range(label.lowest, label.highest + 1, label.step)
        words = [str(value) for value in values] if len(values) <= MOST_NUMBERS else []
        return np.array([self._vocabulary.numbers[word] for word in words], dtype=np.intp)

    def _wild(self, slot: str, target: int, position: int) -> Iterator[_Step]:
        following = [word for word in self._heard.words if word.start >= position]
        if not following or following[0].start != position:
            return
        for taken in range(1, len(following) + 1):
            text = " ".join(word.surface for word in following[:taken])
            end = following[taken - 1].end
            yield _Step(target, end, 0.0, ((slot, text),), (Said("", text, position, end, 0.0),))

    def _plausible(self, number: int, position: int, worst: float) -> list[Span]:
        """Return where a word may end, unless that would bend a word or number into another.

        A word costs more that ends in the middle of a word that was heard.
        """
        asked = (number, position, worst)
        if asked not in self._spans:
            key = self._vocabulary.keys[number]
            bent = _BENT * self._vocabulary.lengths[number]
            others = [word for word in self._known if word.key != key]
            digits = self._digits if key[0].isdigit() else ()
            never = [word for word in digits if word.key != key]
            self._spans[asked] = [
                Span(span.end, span.cost + _SPLIT * (span.end not in self._borders))
                for span in self._laid.spans(number, position, worst)
                if (span.cost <= bent or not _covers_any(others, position, span.end))
                and not _covers_any(never, position, span.end)
            ]
        return self._spans[asked]


def _covers_any(words: list[HeardWord], start: int, end: int) -> bool:
    """Whether half of one of `words` or more lies between `start` and `end`."""
    return any(
        2 * (min(end, word.end) - max(start, word.start)) >= word.end - word.start > 0
        for word in words
    )
