"""What was heard, as one run of phonemes that remembers where its words began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voice2mqtt.nlu.matching.phonetic.phonemes import (
    FAR,
    PhonemeInventory,
    Phonemes,
    PhoneticLexicon,
)
from voice2mqtt.nlu.text.normaliser import Normaliser
from voice2mqtt.nlu.text.token_lattice import MINUS, TokenLattice


@dataclass(frozen=True, slots=True)
class ObservedWord:
    """A word as it was heard, from phoneme `start` to `end`."""

    key: str
    surface: str
    start: int
    end: int
    lost: float
    """What it costs to leave the word out of account."""
    in_number: bool = False
    """Whether it is a part of a number said in several words: "hundred" is not "a hundred one"."""
    is_article: bool = False
    is_known: bool = False
    """Whether the table has it."""


@dataclass(frozen=True)
class Observation:
    """An utterance."""

    phonemes: Phonemes
    words: tuple[ObservedWord, ...]
    numbers: dict[int, list[tuple[int, int | float]]]
    """Start to (end, number) of each number that was heard as such."""
    has_number: bool
    """Whether there is one, be it a part of a time or an amount."""
    readings: TokenLattice

    @classmethod
    def of(
        cls,
        text: str,
        normaliser: Normaliser,
        vocabulary: PhoneticLexicon,
        sounds: PhonemeInventory,
    ) -> Observation:
        """Pronounce `text`; a word of `vocabulary` sounds as it does there."""
        readings = normaliser.readings(text)
        known = [vocabulary.numbers.get(token.key) for token in readings.tokens]
        spoken = [
            phonemes if number is None else np.array(vocabulary.phonemes[number], dtype=np.intp)
            for number, phonemes in zip(
                known, sounds.of([token.surface for token in readings.tokens]), strict=True
            )
        ]
        in_number = _parts_of_numbers(readings)
        borders = np.cumsum([0, *(len(phonemes) for phonemes in spoken)]).tolist()
        words = tuple(
            ObservedWord(
                key=token.key,
                surface=token.surface,
                start=start,
                end=end,
                lost=float(FAR if at in in_number else sounds.loss[phonemes].sum()),
                in_number=at in in_number,
                is_article=token.key in normaliser.articles,
                is_known=known[at] is not None,
            )
            for at, (token, phonemes, start, end) in enumerate(
                zip(readings.tokens, spoken, borders, borders[1:], strict=False)
            )
        )
        numbers: dict[int, list[tuple[int, int | float]]] = {}
        for at, end, number in _numbers(readings):
            # "Ten to eight" is a time, and no 10 with an 8 behind it.
            if not readings.is_torn(at, end):
                numbers.setdefault(borders[at], []).append((borders[end], number))
        return cls(
            phonemes=np.concatenate(spoken),
            words=words,
            numbers=numbers,
            has_number=any(True for _ in _numbers(readings)),
            readings=readings,
        )


def _numbers(readings: TokenLattice) -> Iterator[tuple[int, int, float]]:
    """Yield (start, end, number) of the numbers that are said in whole words."""
    for at, ways in enumerate(readings.starts[: readings.end]):
        for way in ways:
            if way.number is not None and way.end <= readings.end:
                yield at, way.end, way.number


def _parts_of_numbers(readings: TokenLattice) -> set[int]:
    """Return the places of the words that are numbers or signs in a longer number."""
    return {
        place
        for at, end, _ in _numbers(readings)
        if at + 1 < end
        for place in range(at, end)
        if readings.tokens[place].key == MINUS or readings.tokens[place].key[0].isdigit()
    }
