"""What was heard, as one sequence of phonemes with the word boundaries of the recogniser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voice2mqtt.nlu.matching.phonetic.phonemes import (
    INFINITE,
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
    skip_cost: float
    """The cost of ignoring the word."""
    in_number: bool = False
    """Whether it is part of a number of several words: "hundred" is not "a hundred one"."""
    is_article: bool = False
    is_known: bool = False
    """Whether it is a word of the table."""


@dataclass(frozen=True)
class Observation:
    """One hypothesis of the recogniser, pronounced."""

    phonemes: Phonemes
    words: tuple[ObservedWord, ...]
    numbers: dict[int, list[tuple[int, int | float]]]
    """Start phoneme to (end phoneme, number) of each number that was recognised as such."""
    has_number: bool
    """Whether there is any number, including those inside a time or an amount."""
    lattice: TokenLattice

    @classmethod
    def of(
        cls,
        text: str,
        normaliser: Normaliser,
        lexicon: PhoneticLexicon,
        inventory: PhonemeInventory,
    ) -> Observation:
        """Pronounce `text`; a word of `lexicon` gets its pronunciation from there."""
        lattice = normaliser.lattice(text)
        known = [lexicon.word_ids.get(token.key) for token in lattice.tokens]
        pronounced = inventory.phonemes_of([token.surface for token in lattice.tokens])
        sequences = [
            phonemes if word is None else np.array(lexicon.phonemes[word], dtype=np.intp)
            for word, phonemes in zip(known, pronounced, strict=True)
        ]
        in_number = _parts_of_numbers(lattice)
        boundaries = np.cumsum([0, *(len(phonemes) for phonemes in sequences)]).tolist()
        words = tuple(
            ObservedWord(
                key=token.key,
                surface=token.surface,
                start=start,
                end=end,
                skip_cost=float(
                    INFINITE if at in in_number else inventory.deletion_costs[phonemes].sum()
                ),
                in_number=at in in_number,
                is_article=token.key in normaliser.articles,
                is_known=known[at] is not None,
            )
            for at, (token, phonemes, start, end) in enumerate(
                zip(lattice.tokens, sequences, boundaries, boundaries[1:], strict=False)
            )
        )
        numbers: dict[int, list[tuple[int, int | float]]] = {}
        for at, end, number in _numbers(lattice):
            # "Ten to eight" is a time, not 10 followed by 8.
            if not lattice.is_part_of_unit(at, end):
                numbers.setdefault(boundaries[at], []).append((boundaries[end], number))
        return cls(
            phonemes=np.concatenate(sequences),
            words=words,
            numbers=numbers,
            has_number=any(True for _ in _numbers(lattice)),
            lattice=lattice,
        )


def _numbers(lattice: TokenLattice) -> Iterator[tuple[int, int, float]]:
    """Yield (first token, end token, number) of every number that spans whole tokens."""
    for at, arcs in enumerate(lattice.arcs[: lattice.end]):
        for arc in arcs:
            if arc.number is not None and arc.end <= lattice.end:
                yield at, arc.end, arc.number


def _parts_of_numbers(lattice: TokenLattice) -> set[int]:
    """Return the indices of the tokens that are digits or a sign inside a longer number."""
    return {
        index
        for at, end, _ in _numbers(lattice)
        if at + 1 < end
        for index in range(at, end)
        if lattice.tokens[index].key == MINUS or lattice.tokens[index].key[0].isdigit()
    }
