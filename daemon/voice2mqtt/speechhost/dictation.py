"""Open decoding: the likeliest strings of tokens, whatever the words.

It also tells what is no speech at all. The model was taught on speech only and puts words to
any sound; what gives it away is a lone "you", the same words over and over, or no letters.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voice2mqtt.speechhost.lending import NOWHERE, Lending
from voice2mqtt.speechhost.moonshine import Decoding, Encoding, Moonshine
from voice2mqtt.speechhost.tokens import END, Vocabulary

_TOKENS_PER_S = 6.5
"""The fastest speakers; a model that says more is in a loop."""
_LONGEST_LOOP = 16
"""Tokens."""
_BEAMS = 16
"""How many strings are followed: what hears a command by its sound profits from the next best."""
_HOPELESS_NATS = 8.0
"""Strings so far under the best are not worth waiting for."""
_Beam = tuple[float, tuple[int, ...]]
"""Log-probability and tokens."""
_NO_SPEECH = frozenset({"", "you"})
_LOOP = re.compile(r"\b(.{3,}?)(?:\W+\1\b){2,}")
_NOT_LETTERS = re.compile(r"[^\w' ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictated:
    """The words heard without a grammar."""

    text: str
    log_probability: float
    tokens: int
    """How many, the end included."""


def is_speech(text: str) -> bool:
    """Return whether somebody spoke, as far as the words tell."""
    words = plain(text)
    return words not in _NO_SPEECH and not _LOOP.search(words)


def plain(text: str) -> str:
    """Return the words of `text` in lower case, without marks."""
    return " ".join(_NOT_LETTERS.sub(" ", text).lower().split())


def is_looping(tokens: Sequence[int]) -> bool:
    """Return whether `tokens` end in the same few three times over."""
    return any(
        tokens[-length:] == tokens[-2 * length : -length] == tokens[-3 * length : -2 * length]
        for length in range(2, min(_LONGEST_LOOP, len(tokens) // 3) + 1)
    )


def most_tokens(duration_s: float) -> int:
    """Return how many tokens can be said in `duration_s`."""
    return int(duration_s * _TOKENS_PER_S) + 2


def dictate(
    model: Moonshine,
    vocabulary: Vocabulary,
    encoding: Encoding,
    abandoned: Callable[[], bool],
    hints: Lending | None = None,
) -> list[Dictated]:
    """Decode `encoding` without a grammar, likeliest first; stops early once `abandoned`.

    What `hints` lend counts as likelihood.
    """
    decoding = Decoding(model, encoding)
    following = decoding.first
    beams: list[_Beam] = [(0.0, ())]
    places = [NOWHERE]
    ended: list[_Beam] = []

    def words(beam: _Beam) -> str:
        return plain(vocabulary.decode(beam[1]))

    for _ in range(most_tokens(encoding.duration_s)):
        scores = following + np.array([[total] for total, _ in beams])
        if hints:
            scores += np.stack([hints.changes(place) for place in places])
        best = np.argpartition(scores, -_BEAMS, axis=None)[-_BEAMS:]
        rows, grown = [], []
        for row, token in zip(*np.unravel_index(best, scores.shape), strict=True):
            tokens = (*beams[row][1], int(token))
            beam = float(scores[row, token]), tokens
            if token == END or is_looping(tokens):
                ended.append(beam)
            else:
                rows.append(int(row))
                grown.append(beam)
        if not grown or _is_settled(ended, max(grown)[0], words) or abandoned():
            break
        following = decoding.step(rows, [tokens[-1] for _, tokens in grown])
        if hints:
            places = [
                hints.after(places[row], tokens[-1])
                for row, (_, tokens) in zip(rows, grown, strict=True)
            ]
        beams = grown
    found = sorted(ended or beams, reverse=True)
    return [
        Dictated(text=vocabulary.decode(tokens), log_probability=total, tokens=max(len(tokens), 1))
        for total, tokens in found
    ]


def _is_settled(ended: Sequence[_Beam], best_nats: float, texts: Callable[[_Beam], str]) -> bool:
    """Return whether what is still growing, at `best_nats`, has no more to tell."""
    if not ended:
        return False
    if best_nats < max(ended)[0] - _HOPELESS_NATS:
        return True
    return len(ended) >= _BEAMS and len(set(map(texts, ended))) >= _BEAMS
