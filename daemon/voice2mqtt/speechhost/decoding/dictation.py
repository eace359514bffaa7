"""Open decoding: the likeliest strings of tokens, whatever the words; a textbook beam search.

It also tells what is no speech at all. The model was trained on speech only and puts words to
any sound. What gives it away is a lone "you", no letters, or the same words over and over. People
repeat themselves too ("stop, stop, stop", "five five five five"), but they repeat few words and
come to an end: what the model repeats is a whole sentence, or never ends.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voice2mqtt.speechhost.decoding.moonshine import Decoding, Encoding, Moonshine
from voice2mqtt.speechhost.decoding.phrase_bias import NO_PHRASE, PhraseBias
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer
from voice2mqtt.speechhost.engine import NBestEntry

_TOKENS_PER_S = 12.0
"""Of the fastest speakers, who spell: a mark may follow each letter."""
_MAX_LOOP_TOKENS = 16
_ENDLESS_TOKENS = 24
"""A loop of this length never ends: nobody says a word twelve times."""
_BEAMS = 16
"""Many, since matching a command by its sound profits from a long n-best list."""
_PRUNE_NATS = 8.0
"""Strings so far under the best are not worth waiting for. Set by hand."""
_Beam = tuple[float, tuple[int, ...], float]
"""Score, tokens, and the part of the score that is phrase bias; the rest is log-probability."""
_MAX_NBEST = 10
_OPEN_POWER = 0.7
"""Exponent of probabilities, to calibrate them: models are underconfident."""
_NO_SPEECH = frozenset({"", "you"})
"""What the model writes where nobody spoke."""
_LOOP = re.compile(r"\b((?:\w+\W+){3,}?\w+)(?:\W+\1\b){2,}")
"""More than three words, three times."""
_REPETITION = re.compile(r"\b(.{3,}?)(?:\W+\1\b){2,}")
"""Three characters or more, three times."""
_NOT_LETTERS = re.compile(r"[^\w' ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictated:
    """The words heard without a grammar."""

    text: str
    log_probability: float
    tokens: int
    """How many, the end included."""

    @property
    def token_score(self) -> float:
        """See `NBestEntry`."""
        return self.log_probability / self.tokens


def is_speech(text: str, open_text: str | None = None) -> bool:
    """Return whether somebody spoke, as far as the words tell.

    With `open_text`, what open decoding heard, `text` is a sentence of a grammar: it may repeat
    itself where `open_text` has words, and is no speech where it has none.
    """
    words = plain(text)
    if words in _NO_SPEECH:
        return False
    if open_text is None:
        return not _LOOP.search(words)
    return plain(open_text) not in _NO_SPEECH or not _REPETITION.search(words)


def plain(text: str) -> str:
    """Return the words of `text` in lower case, without marks."""
    return " ".join(_NOT_LETTERS.sub(" ", text).lower().split())


def open_nbest(dictated: Sequence[Dictated], lexical: Callable[[str], str]) -> list[NBestEntry]:
    """Return open hypotheses as entries; those that differ only in spelling are one.

    `lexical` returns the words of a text. Empty if nobody spoke. Confidences are calibrated:
    `bench/decoder.py` prints how often what is reported with some confidence is right.
    """
    spelled: dict[str, Dictated] = {}
    probabilities: dict[str, float] = {}
    for one in dictated:
        words = lexical(one.text)
        spelled.setdefault(words, one)
        probabilities[words] = probabilities.get(words, 0.0) + math.exp(one.log_probability)
    calibrated = {words: p**_OPEN_POWER for words, p in probabilities.items()}
    total = max(1.0, sum(calibrated.values()))
    best = sorted(calibrated, key=calibrated.__getitem__, reverse=True)
    if not is_speech(spelled[best[0]].text):
        return []
    best = [words for words in best if words][:_MAX_NBEST]
    return [
        NBestEntry(
            text=spelled[words].text,
            lexical=words,
            confidence=calibrated[words] / total,
            token_score=spelled[words].token_score,
            openly=True,
            understood=math.exp(spelled[words].token_score),
        )
        for words in best
    ]


def is_endless(tokens: Sequence[int]) -> bool:
    """Return whether `tokens` end in a loop that is too long for anybody to say."""
    return _is_looping(tokens, min_length=_ENDLESS_TOKENS)


def decoded_text(tokenizer: Tokenizer, tokens: Sequence[int]) -> str:
    """Return the text of `tokens`; none if they stop in the middle of a loop."""
    return "" if _is_looping(tokens, min_length=0) else tokenizer.decode(tokens)


def _is_looping(tokens: Sequence[int], min_length: int) -> bool:
    """Return whether the last tokens, at least so many, are the same few three times over."""
    for period in range(1, _MAX_LOOP_TOKENS + 1):
        length = max(3 * period, min_length)
        if length <= len(tokens) and tokens[-length:-period] == tokens[period - length :]:
            return True
    return False


def max_tokens(duration_s: float) -> int:
    """Return how many tokens can be said in `duration_s`."""
    return int(duration_s * _TOKENS_PER_S) + 2


def dictate(
    model: Moonshine,
    tokenizer: Tokenizer,
    encoding: Encoding,
    abandoned: Callable[[], bool],
    phrase_bias: PhraseBias | None = None,
) -> list[Dictated]:
    """Decode `encoding` without a grammar, likeliest first; stops early once `abandoned`.

    `phrase_bias` makes what it helps at most as likely as what is heard without it.
    """
    found = _search(model, tokenizer, encoding, abandoned, phrase_bias)
    likeliest = found[0][0]
    if phrase_bias and not abandoned():
        unbiased = _search(model, tokenizer, encoding, abandoned, None)
        likeliest = unbiased[0][0]
        # Biased strings, finished or not, may have crowded out what needs no help.
        found = found if found[0][2] > 0 and found[0][0] >= likeliest else unbiased
    return [
        Dictated(
            text=decoded_text(tokenizer, tokens),
            log_probability=min(score, max(score - bias, likeliest)),
            tokens=max(len(tokens), 1),
        )
        for score, tokens, bias in found
    ]


def _search(
    model: Moonshine,
    tokenizer: Tokenizer,
    encoding: Encoding,
    abandoned: Callable[[], bool],
    phrase_bias: PhraseBias | None,
) -> list[_Beam]:
    """Return the best strings, or those so far once `abandoned`, best first."""
    decoding = Decoding(model, encoding)
    log_probs = decoding.first
    beams: list[_Beam] = [(0.0, (), 0.0)]
    bias_states = [NO_PHRASE]
    ended: list[_Beam] = []

    def words(beam: _Beam) -> str:
        return plain(tokenizer.decode(beam[1]))

    for _ in range(max_tokens(encoding.duration_s)):
        scores = log_probs + np.array([[score] for score, *_ in beams])
        if phrase_bias:
            by_beam = zip(bias_states, log_probs, strict=True)
            changes = np.stack([phrase_bias.score_changes(*at) for at in by_beam])
            scores += changes
        best = np.argpartition(scores, -_BEAMS, axis=None)[-_BEAMS:]
        rows, extended = [], []
        for row, token in zip(*np.unravel_index(best, scores.shape), strict=True):
            tokens = (*beams[row][1], int(token))
            change = float(changes[row, token]) if phrase_bias else 0.0
            beam = float(scores[row, token]), tokens, beams[row][2] + change
            if token == END or is_endless(tokens):
                ended.append(beam)
            else:
                rows.append(int(row))
                extended.append(beam)
        beams = extended
        if not extended or _is_settled(ended, max(extended)[0], words) or abandoned():
            break
        if phrase_bias:
            bias_states = [
                phrase_bias.advance(bias_states[row], tokens[-1], log_probs[row])
                for row, (_, tokens, _) in zip(rows, extended, strict=True)
            ]
        log_probs = decoding.step(rows, [tokens[-1] for _, tokens, _ in extended])
    unended = [beam for beam in beams if not ended or not decoded_text(tokenizer, beam[1])]
    return sorted(ended + unended, reverse=True)


def _is_settled(ended: Sequence[_Beam], best_nats: float, text_of: Callable[[_Beam], str]) -> bool:
    """Return whether the unfinished beams, the best at `best_nats`, can be left out."""
    if not ended:
        return False
    if best_nats < max(ended)[0] - _PRUNE_NATS:
        return True
    return len(ended) >= _BEAMS and len(set(map(text_of, ended))) >= _BEAMS
