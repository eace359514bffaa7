"""How sure a command is: the sentences of a grammar weighed as meanings.

Several sentences mean the same ("Lights on." "lights on"), so likelihoods are summed per meaning.
A sum of log-probabilities favours short sentences; a bonus per token makes up for it. How far
the best meaning leads the second (the *margin*, in nats) tells a likely command from a doubtful
one; how likely its words are, by themselves and against what open decoding heard, tells a
command from other talk. It knows nothing of audio.

The confidence of the best meaning is the odds of its margin, so that 1 nat is 0.73 and 2.5 nats
are 0.92; the others share what is left by their scores.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

TOKEN_BONUS_NATS = 1.2
LEAST_PER_TOKEN_NATS = -2.0
"""Words less likely than this were not said."""
LEAST_AGAINST_OPEN_NATS = -1.0
"""Per token; where open decoding hears something so much likelier, that was said."""
LONE_MARGIN_NATS = 14.0
"""The margin of a meaning without a rival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the grammar, as the decoder scored it."""

    text: str
    meaning: Hashable
    log_probability: float
    tokens: int
    """How many, the end included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """All sentences that mean the same."""

    best: Sentence
    score: float
    """In nats, token bonus included; only differences between meanings tell anything."""


def by_meaning(sentences: Iterable[Sentence]) -> list[Meaning]:
    """Gather `sentences` into meanings, best first."""
    gathered: dict[Hashable, list[Sentence]] = {}
    for sentence in sentences:
        gathered.setdefault(sentence.meaning, []).append(sentence)
    meanings = [
        Meaning(best=max(alike, key=_score), score=_log_sum_exp([_score(s) for s in alike]))
        for alike in gathered.values()
    ]
    return sorted(meanings, key=lambda meaning: -meaning.score)


def margin(meanings: Sequence[Meaning]) -> float:
    """Return by how many nats the best of `meanings` leads."""
    if len(meanings) < 2:
        return LONE_MARGIN_NATS
    return meanings[0].score - meanings[1].score


def was_said(best: Sentence, open_log_probability: float) -> bool:
    """Return whether `best` was said, rather than something outside the grammar."""
    per_token = best.log_probability / best.tokens
    against_open = (best.log_probability - open_log_probability) / best.tokens
    return per_token > LEAST_PER_TOKEN_NATS and against_open > LEAST_AGAINST_OPEN_NATS


def confidences(meanings: Sequence[Meaning]) -> list[float]:
    """Return how sure each of `meanings`, best first, is; together at most 1."""
    if not meanings:
        return []
    best = 1 / (1 + math.exp(-margin(meanings)))
    total = _log_sum_exp([m.score for m in meanings[1:]]) if len(meanings) > 1 else 0.0
    return [best, *((1 - best) * math.exp(m.score - total) for m in meanings[1:])]


def _score(sentence: Sentence) -> float:
    return sentence.log_probability + TOKEN_BONUS_NATS * sentence.tokens


def _log_sum_exp(values: Sequence[float]) -> float:
    peak = max(values)
    return peak + math.log(sum(math.exp(value - peak) for value in values))
