"""Phoneme substitution and deletion costs from articulatory features.

Vowels differ in height, backness, rounding and length, consonants in place, manner and voicing
(the IPA chart). A symbol is decomposed into base letters and diacritics, so that the IPA of any
language gets sensible costs, and a plain letter, where there are no phonemes, counts as the sound
it is written for. An unknown symbol differs from everything but itself.

Costs have no unit: 0 is the same phoneme, about 0.2 a pair that is often misheard (/t/ for /d/),
1 two unlike consonants. All weights are set by hand.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float32]

# Letter to (height: 0 close, 1 open; backness: 0 front, 1 back; rounded). Rows go from close to
# open, columns from front to back; a cell holds unrounded and rounded letters.
_VOWELS = {
    letter: (height / 6, backness / 2, rounded)
    for height, row in enumerate(
        [
            ["i y", "ɨᵻ ʉᵿ", "ɯ u"],
            ["ɪ ʏ", "- -", "- ʊ"],
            ["e ø", "ɘ ɵ", "ɤ o"],
            ["- -", "ə -", "- -"],
            ["ɛ œ", "ɜɝɚ ɞ", "ʌ ɔ"],
            ["æ -", "ɐ -", "- -"],
            ["a ɶ", "ä -", "ɑ ɒ"],
        ]
    )
    for backness, cell in enumerate(row)
    for rounded, letters in enumerate(cell.split())
    for letter in letters
}

# (letters, place): from the lips to the glottis; neighbouring places are 1 apart.
_PLACES = (
    ("pbmɸβʙwɥ", 0.0),
    ("fvɱʋⱱ", 1.0),
    ("θð", 2.0),
    ("tdnszɹɾlrɬɮɫ", 3.0),
    ("ʃʒ", 4.0),
    ("ʈɖɳʂʐɻɽɭ", 4.5),
    ("cɟɲçʝjʎɕʑ", 5.0),
    ("kɡgŋxɣɰʟ", 6.0),
    ("qɢɴχʁʀ", 7.0),
    ("ħʕ", 8.0),
    ("ʔhɦ", 9.0),
)
_MANNERS = (
    ("plosive", "pbtdʈɖcɟkɡgqɢʔ"),
    ("nasal", "mɱnɳɲŋɴ"),
    ("fricative", "ɸβfvθðszʃʒʂʐçʝxɣχħʕhɦɕʑɬɮ"),
    ("tap", "ɾɽⱱrʙʀʁ"),
    ("lateral", "lɫɭʎʟ"),
    ("glide", "ɹɻʋjwɥɰ"),
)
_VOICELESS = frozenset("pɸfθtsʃʈʂcçɕkxqχħʔhɬ")

_MANNER_COSTS = {
    frozenset(pair): cost
    for pair, cost in (
        (("plosive", "affricate"), 0.3),
        (("fricative", "affricate"), 0.3),
        (("plosive", "tap"), 0.15),
        (("tap", "glide"), 0.3),
        (("tap", "lateral"), 0.35),
        (("lateral", "glide"), 0.35),
        (("plosive", "fricative"), 0.5),
        (("tap", "fricative"), 0.5),
        (("glide", "fricative"), 0.6),
        (("nasal", "lateral"), 0.6),
        (("nasal", "plosive"), 0.6),
    )
}
_UNRELATED_MANNERS = 0.8
_VOWEL_OF_SEMIVOWEL = {"j": "i", "w": "u", "ɥ": "y", "ɹ": "ɚ", "ɻ": "ɚ"}
_VOWEL_CONSONANT_COST = 1.4


@dataclass(frozen=True, slots=True)
class _Vowel:
    height: float
    backness: float
    rounded: float
    long: bool
    glide: str
    """The second element of a diphthong; "" for a monophthong."""


@dataclass(frozen=True, slots=True)
class _Consonant:
    place: float
    manner: str
    voiced: bool


def substitution_cost(one: str, other: str) -> float:
    """Return the cost of hearing `other` for `one`: 0 to 1.4, symmetric."""
    if one == other:
        return 0.0
    match _features(one), _features(other):
        case _Vowel() as first, _Vowel() as second:
            return _vowel_cost(first, second)
        case _Consonant() as first, _Consonant() as second:
            return _consonant_cost(first, second)
        case (_Vowel(), _Consonant()) | (_Consonant(), _Vowel()):
            near = {_VOWEL_OF_SEMIVOWEL.get(one, one), _VOWEL_OF_SEMIVOWEL.get(other, other)}
            features = [_features(symbol) for symbol in near]
            if all(isinstance(feature, _Vowel) for feature in features):
                return 0.3 if len(near) == 1 else 0.3 + substitution_cost(*near)
            return _VOWEL_CONSONANT_COST
    return 1.0


def deletion_cost(symbol: str) -> float:
    """Return the cost of deleting or inserting `symbol`: 0.5 to 0.9."""
    match _features(symbol):
        case _Vowel(long=long, glide=glide):
            return 0.5 if symbol[0] in "əɐᵻ" else 0.9 if long or glide else 0.8
        case _Consonant(place=place) if place == 9.0:
            return 0.5
        case _Consonant(manner="plosive", place=3.0):
            return 0.6
        case _Consonant():
            return 0.7
    return 0.9


def cost_matrix(symbols: Sequence[str], known: Costs) -> Costs:
    """Return the substitution costs [symbol, symbol] between all of `symbols`.

    `known` is the matrix of a prefix of `symbols`; only the rest is computed, since a new symbol
    may turn up while the speaker waits.
    """
    matrix = np.zeros((len(symbols), len(symbols)), np.float32)
    matrix[: len(known), : len(known)] = known
    for number in range(len(known), len(symbols)):
        costs = [substitution_cost(symbols[number], other) for other in symbols[:number]]
        matrix[number, :number] = matrix[:number, number] = costs
    return matrix


@cache
def _features(symbol: str) -> _Vowel | _Consonant | None:
    letters = [
        letter
        for letter in unicodedata.normalize("NFD", symbol)
        if unicodedata.category(letter) != "Mn"
    ]
    vowels = [letter for letter in letters if letter in _VOWELS]
    if vowels:
        height, backness, rounded = _VOWELS[vowels[0]]
        glide = vowels[1] if len(vowels) > 1 else ""
        return _Vowel(height, backness, rounded, "ː" in letters, glide)
    consonants = [
        (place, manner, letter)
        for letter in letters
        for of_place, place in _PLACES
        if letter in of_place
        for manner, of_manner in _MANNERS
        if letter in of_manner
    ]
    if not consonants:
        return None
    place, manner, letter = consonants[-1]
    if len(consonants) > 1 and consonants[0][1] == "plosive" and manner == "fricative":
        manner = "affricate"
    return _Consonant(place, manner, letter not in _VOICELESS)


def _vowel_cost(one: _Vowel, other: _Vowel) -> float:
    apart = 0.45 * abs(one.height - other.height) + 0.3 * abs(one.backness - other.backness)
    apart += 0.1 * abs(one.rounded - other.rounded)
    if one.glide != other.glide:
        if one.glide and other.glide:
            apart += 0.3 * _vowel_cost(_monophthong(one.glide), _monophthong(other.glide))
        else:
            apart += 0.15
    return min(0.8, 0.1 + apart + 0.05 * (one.long != other.long))


def _monophthong(letter: str) -> _Vowel:
    height, backness, rounded = _VOWELS[letter]
    return _Vowel(height, backness, rounded, long=False, glide="")


def _consonant_cost(one: _Consonant, other: _Consonant) -> float:
    place = min(0.45, 0.15 * abs(one.place - other.place))
    manner = 0.0
    if one.manner != other.manner:
        manner = _MANNER_COSTS.get(frozenset((one.manner, other.manner)), _UNRELATED_MANNERS)
    return min(1.0, 0.05 + place + manner + 0.15 * (one.voiced != other.voiced))
