"""What it costs to hear one phoneme for another, from how the mouth makes them.

Vowels differ in height, backness and rounding; consonants in place, manner and voice. A symbol
is taken apart into its letters and marks, so that any language's IPA gets sensible costs and a
plain letter, where there are no phonemes, counts as the sound it is written for. An unknown
symbol is unlike everything but itself.

0 is the same sound, about 0.2 a pair that is often misheard (t for d), 1 two unlike consonants.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float32]

# Letter: height (0 close to 1 open), backness (0 front to 1 back), rounded.
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

# How unlike two manners are; others are 0.8 apart.
_MANNER_COST = {
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
_GLIDES_OF_VOWELS = {"j": "i", "w": "u", "ɥ": "y", "ɹ": "ɚ", "ɻ": "ɚ"}
_VOWEL_FOR_CONSONANT = 1.4


@dataclass(frozen=True, slots=True)
class _Vowel:
    height: float
    backness: float
    rounded: float
    long: bool
    glide: str
    """Where a diphthong goes; "" for a plain vowel."""


@dataclass(frozen=True, slots=True)
class _Consonant:
    place: float
    manner: str
    voiced: bool


def substitution(one: str, other: str) -> float:
    """Return what it costs to hear `other` where `one` was said; 0 to 1.4, symmetric."""
    if one == other:
        return 0.0
    match _features(one), _features(other):
        case _Vowel() as first, _Vowel() as second:
            return _between_vowels(first, second)
        case _Consonant() as first, _Consonant() as second:
            return _between_consonants(first, second)
        case (_Vowel(), _Consonant()) | (_Consonant(), _Vowel()):
            near = {_GLIDES_OF_VOWELS.get(one, one), _GLIDES_OF_VOWELS.get(other, other)}
            features = [_features(symbol) for symbol in near]
            if all(isinstance(feature, _Vowel) for feature in features):
                return 0.3 if len(near) == 1 else 0.3 + substitution(*near)
            return _VOWEL_FOR_CONSONANT
    return 1.0


def loss(symbol: str) -> float:
    """Return what it costs to miss `symbol`, or to hear it where nothing was said; 0.5 to 0.9."""
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
    """Return the substitution costs between all of `symbols`, in their order.

    `known` are those between the first of them, since one more is learnt while somebody waits.
    """
    matrix = np.zeros((len(symbols), len(symbols)), np.float32)
    matrix[: len(known), : len(known)] = known
    for number in range(len(known), len(symbols)):
        costs = [substitution(symbols[number], other) for other in symbols[:number]]
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


def _between_vowels(one: _Vowel, other: _Vowel) -> float:
    apart = 0.45 * abs(one.height - other.height) + 0.3 * abs(one.backness - other.backness)
    apart += 0.1 * abs(one.rounded - other.rounded)
    if one.glide != other.glide:
        if one.glide and other.glide:
            apart += 0.3 * _between_vowels(_plain(one.glide), _plain(other.glide))
        else:
            apart += 0.15
    return min(0.8, 0.1 + apart + 0.05 * (one.long != other.long))


def _plain(letter: str) -> _Vowel:
    height, backness, rounded = _VOWELS[letter]
    return _Vowel(height, backness, rounded, long=False, glide="")


def _between_consonants(one: _Consonant, other: _Consonant) -> float:
    place = min(0.45, 0.15 * abs(one.place - other.place))
    manner = 0.0
    if one.manner != other.manner:
        manner = _MANNER_COST.get(frozenset((one.manner, other.manner)), 0.8)
    return min(1.0, 0.05 + place + manner + 0.15 * (one.voiced != other.voiced))
