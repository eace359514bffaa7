"""The model of the decision: how much likelier each command was said than something else.

For each meaning m (row and slots) there is one log-likelihood ratio, in nats:

    L(m) = log P(evidence | m was said) - log P(evidence | something else was said)
         = log(s / act + (1 - s) exp(slope (strictness - d)))

- s is m's share of the host's confidence: that of the hypotheses which say m word for word;
- d is the phonetic distance of m from the nearest hypothesis (`phonetic/search.py`).

So what is said word for word and doubted is carried out with a share of `act`, and what only sounds
like a command up to a distance of `strictness`; evidence of both kinds adds up. From L = 0 on a
command is carried out, from `ask` on the speaker is asked whether it was meant. If another meaning
is within a margin of it, what is missing of the margin is taken from L; where too little is left,
the speaker is asked which was meant.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.matching.candidate import Candidate, Meaning
from voice2mqtt.nlu.matching.weights import WEIGHTS, Thresholds

_ROUNDING = 0.02
"""Of the sum of a host's confidences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A meaning, and what speaks for it."""

    meaning: Meaning
    share: float = 0.0
    """Its share of the host's confidence."""
    near: Candidate | None = None
    """Where it was found by sound; None if that was not needed, or does not count."""
    strictness: float = 0.0
    """Of its row."""
    is_credible: bool = True
    """Whether the host believes it about as much as anything else."""
    doubt: str = ""
    """Why it is only asked about, however near it sounds."""

    def odds(self, weights: Thresholds = WEIGHTS.thresholds) -> float:
        """Return L, in nats."""
        likelihood = self.share / weights.act
        if self.near:
            sound = math.exp(weights.slope * (self.strictness - self.near.distance))
            likelihood += (1 - self.share) * sound
        return math.log(likelihood)

    def why(self, weights: Thresholds = WEIGHTS.thresholds) -> str:
        """Return what speaks for it, in words."""
        if self.near and not self.share:
            doubt = f", and {self.doubt}" if self.doubt else ""
            return f"sounds alike, {self.near.distance:.2f} away{doubt}"
        if self.share >= weights.act:
            return "word for word"
        if self.odds(weights) < 0:
            return f"the host gives this only {self.share:.0%}"
        return "word for word, and the other readings sound like it"


def shares(hypotheses: Sequence[Hypothesis]) -> list[float]:
    """Return the share of the host's confidence that each of `hypotheses` has.

    Confidences that are more than 1 together rate each hypothesis by itself, and stay as they are.
    A host that tells none is sure of each.
    """
    told = [1.0 if one.confidence is None else one.confidence for one in hypotheses]
    total = sum(told)
    if total == 0:
        return [1.0] * len(told)
    return [one / total for one in told] if total <= 1 + _ROUNDING else told


def least_share(known: Sequence[float], ratio: float) -> float:
    """Return the share that is `ratio` of the largest one."""
    return ratio * max(known, default=0.0)


def credible(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return those that count word for word."""
    return _likely(hypotheses, WEIGHTS.thresholds.credible)


def searchable(
    hypotheses: Sequence[Hypothesis], weights: Thresholds = WEIGHTS.thresholds
) -> list[Hypothesis]:
    """Return those in which a command may be found by sound.

    None that the host found as a sentence of the table: it has been compared with the table.
    """
    return [one for one in _likely(hypotheses, weights.searched) if not one.within]


def _likely(hypotheses: Sequence[Hypothesis], ratio: float) -> list[Hypothesis]:
    known = shares(hypotheses)
    least = least_share(known, ratio)
    return [one for one, share in zip(hypotheses, known, strict=True) if share >= least]


def believed(said: Sequence[Weighed], least: float) -> list[Weighed]:
    """Return `said`, surest first, with shares that are at most 1 together.

    Where each hypothesis is rated by itself, the others have what the first one leaves, or nothing.
    What has less than `least` is not credible.
    """
    left = 1 + _ROUNDING
    found = []
    for one in said:
        if share := min(one.share, left):
            found.append(replace(one, share=share, is_credible=one.share >= least))
        left = max(0.0, left - one.share)
    return found
