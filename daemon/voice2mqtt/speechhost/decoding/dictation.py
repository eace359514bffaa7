"""Open decoding: the likeliest strings of tokens, whatever the words.

It also tells what is no speech at all. The model was taught on speech only and puts words to
any sound; what gives it away is a lone "you", no letters, or the same words over and over. People
repeat themselves too ("stop, stop, stop", "five five five five"), but they say few words again, and
come to an end: what a model repeats is a sentence, or never ends.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voice2mqtt.speechhost.decoding.moonshine import Decoding, Encoding, Moonshine
from voice2mqtt.speechhost.decoding.phrase_bias import NOWHERE, PhraseBias
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer

_TOKENS_PER_S = 12.0
"""The fastest speakers, when they spell: behind each letter may be a mark."""
_LONGEST_LOOP = 16
"""Tokens."""
_ENDLESS = 24
"""Tokens of a loop that has no end: nobody says a word twelve times."""
_BEAMS = 16
"""How many strings are followed: what hears a command by its sound profits from the next best."""
_HOPELESS_NATS = 8.0
"""Strings so far under the best are not worth waiting for."""
_Beam = tuple[float, tuple[int, ...], float]
"""Score, tokens, and how much of the score was lent; the rest is log-probability."""
_NO_SPEECH = frozenset({"", "you"})
_LOOP = re.compile(r"\b((?:\w+\W+){3,}?\w+)(?:\W+\1\b){2,}")
"""More than three words, three times."""
_REPETITION = re.compile(r"\b(.{3,}?)(?:\W+\1\b){2,}")
_NOT_LETTERS = re.compile(r"[^\w' ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictated:
    """The words heard without a grammar."""

    text: str
    log_probability: float
    tokens: int
    """How many, the end included."""


def is_speech(text: str, openly: str | None = None) -> bool:
    """Return whether somebody spoke, as far as the words tell.

    A sentence of a grammar may say anything again where there are words in what was heard `openly`
    instead, and nothing where there are none.
    """
    words = plain(text)
    if words in _NO_SPEECH:
        return False
    if openly is None:
        return not _LOOP.search(words)
    return plain(openly) not in _NO_SPEECH or not _REPETITION.search(words)


def plain(text: str) -> str:
    """Return the words of `text` in lower case, without marks."""
    return " ".join(_NOT_LETTERS.sub(" ", text).lower().split())


def is_endless(tokens: Sequence[int]) -> bool:
    """Return whether `tokens` end in a loop that is too long for anybody to say."""
    return _is_looping(tokens, least=_ENDLESS)


def words_of(vocabulary: Tokenizer, tokens: Sequence[int]) -> str:
    """Return the text of `tokens`; none if they stop in the middle of a loop."""
    return "" if _is_looping(tokens, least=0) else vocabulary.decode(tokens)


def _is_looping(tokens: Sequence[int], least: int) -> bool:
    """Return whether the last tokens, at least so many, are the same few three times over."""
    for length in range(1, _LONGEST_LOOP + 1):
        count = max(3 * length, least)
        if count <= len(tokens) and tokens[-count:-length] == tokens[length - count :]:
            return True
    return False


def most_tokens(duration_s: float) -> int:
    """Return how many tokens can be said in `duration_s`."""
    return int(duration_s * _TOKENS_PER_S) + 2


def dictate(
    model: Moonshine,
    vocabulary: Tokenizer,
    encoding: Encoding,
    abandoned: Callable[[], bool],
    hints: PhraseBias | None = None,
) -> list[Dictated]:
    """Decode `encoding` without a grammar, likeliest first; stops early once `abandoned`.

    `hints` make what they help at most as likely as what is heard without them.
    """
    found = _search(model, vocabulary, encoding, abandoned, hints)
    likeliest = found[0][0]
    if hints and not abandoned():
        unaided = _search(model, vocabulary, encoding, abandoned, None)
        likeliest = unaided[0][0]
        # What was lent, or only in sight, may have crowded out what needs no help.
        found = found if found[0][2] > 0 and found[0][0] >= likeliest else unaided
    return [
        Dictated(
            text=words_of(vocabulary, tokens),
            log_probability=min(score, max(score - lent, likeliest)),
            tokens=max(len(tokens), 1),
        )
        for score, tokens, lent in found
    ]


def _search(
    model: Moonshine,
    vocabulary: Tokenizer,
    encoding: Encoding,
    abandoned: Callable[[], bool],
    hints: PhraseBias | None,
) -> list[_Beam]:
    """Return the best strings, or those so far once `abandoned`, best first."""
    decoding = Decoding(model, encoding)
    following = decoding.first
    beams: list[_Beam] = [(0.0, (), 0.0)]
    places = [NOWHERE]
    ended: list[_Beam] = []

    def words(beam: _Beam) -> str:
        return plain(vocabulary.decode(beam[1]))

    for _ in range(most_tokens(encoding.duration_s)):
        scores = following + np.array([[score] for score, *_ in beams])
        if hints:
            lent = np.stack([hints.changes(*at) for at in zip(places, following, strict=True)])
            scores += lent
        best = np.argpartition(scores, -_BEAMS, axis=None)[-_BEAMS:]
        rows, grown = [], []
        for row, token in zip(*np.unravel_index(best, scores.shape), strict=True):
            tokens = (*beams[row][1], int(token))
            more = float(lent[row, token]) if hints else 0.0
            beam = float(scores[row, token]), tokens, beams[row][2] + more
            if token == END or is_endless(tokens):
                ended.append(beam)
            else:
                rows.append(int(row))
                grown.append(beam)
        beams = grown
        if not grown or _is_settled(ended, max(grown)[0], words) or abandoned():
            break
        if hints:
            places = [
                hints.after(places[row], tokens[-1], following[row])
                for row, (_, tokens, _) in zip(rows, grown, strict=True)
            ]
        following = decoding.step(rows, [tokens[-1] for _, tokens, _ in grown])
    unended = [beam for beam in beams if not ended or not words_of(vocabulary, beam[1])]
    return sorted(ended + unended, reverse=True)


def _is_settled(ended: Sequence[_Beam], best_nats: float, texts: Callable[[_Beam], str]) -> bool:
    """Return whether what is still growing, at `best_nats`, has no more to tell."""
    if not ended:
        return False
    if best_nats < max(ended)[0] - _HOPELESS_NATS:
        return True
    return len(ended) >= _BEAMS and len(set(map(texts, ended))) >= _BEAMS
