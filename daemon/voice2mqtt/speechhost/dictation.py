"""Open decoding: the likeliest token after the likeliest token, whatever the words.

It also tells what is no speech at all. The model was taught on speech only and puts words to
any sound; what gives it away is a lone "you", the same words over and over, or no letters.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice2mqtt.speechhost.moonshine import Decoding, Encoding, Moonshine
from voice2mqtt.speechhost.tokens import END, Vocabulary

_TOKENS_PER_S = 6.5
"""The fastest speakers; a model that says more is in a loop."""
_LONGEST_LOOP = 16
"""Tokens."""
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
    words = " ".join(_NOT_LETTERS.sub(" ", text).lower().split())
    return words not in _NO_SPEECH and not _LOOP.search(words)


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
    model: Moonshine, vocabulary: Vocabulary, encoding: Encoding, abandoned: Callable[[], bool]
) -> Dictated:
    """Decode `encoding` without a grammar; stops early once `abandoned`."""
    decoding = Decoding(model, encoding)
    following = decoding.first
    tokens: list[int] = []
    total = 0.0
    while len(tokens) < most_tokens(encoding.duration_s) and not abandoned():
        token = int(following[0].argmax())
        total += float(following[0, token])
        tokens.append(token)
        if token == END or is_looping(tokens):
            break
        following = decoding.step([0], [token])
    return Dictated(
        text=vocabulary.decode(tokens), log_probability=total, tokens=max(len(tokens), 1)
    )
