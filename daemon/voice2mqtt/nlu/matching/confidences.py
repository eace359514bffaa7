"""How the confidences of an n-best list are read.

A host like ours sends posteriors: its confidences sum to at most 1, and those of hypotheses with
the same meaning add up. Other hosts score each hypothesis by itself (0.9, 0.85, ...), which only
ranks them. Either way, a hypothesis with less than half the confidence of the best one counts for
nothing word for word; by sound, unlikely hypotheses are searched too, since what was said is often
among them.
"""

from collections.abc import Sequence

from voice2mqtt.core.outcome import Hypothesis

MIN_CREDIBLE_SHARE = 0.5
"""Share of the highest confidence below which a hypothesis counts for nothing."""
_COMPLETE_MASS = 0.9
"""Least sum of the confidences of a host that decodes by the table: beside the commands there is
only its unconstrained hypothesis. With less, the hypotheses are a few of the many spellings of the
same by a host without a table."""
_ROUNDING = 0.02
"""Of the sum of a host's confidences"""


def credible(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return those with at least half the confidence of the best one."""
    least = min_confidence(hypotheses)
    return [h for h in hypotheses if h.confidence is None or h.confidence >= least]


def searchable(hypotheses: Sequence[Hypothesis]) -> Sequence[Hypothesis]:
    """Return those in which a command may be found by sound.

    Of a host that decodes by the table only the credible ones: if it gives "next" 0.05 and "yes"
    the rest, "next" was not said.
    """
    return credible(hypotheses) if is_complete(hypotheses) else hypotheses


def is_complete(hypotheses: Sequence[Hypothesis]) -> bool:
    """Return whether the host has shared nearly all of its confidence among `hypotheses`."""
    return sum(hypothesis.confidence or 0.0 for hypothesis in hypotheses) >= _COMPLETE_MASS


def min_confidence(hypotheses: Sequence[Hypothesis]) -> float:
    """Return the least confidence with which a hypothesis counts word for word."""
    return MIN_CREDIBLE_SHARE * max((h.confidence or 0.0 for h in hypotheses), default=0.0)


def has_posteriors(hypotheses: Sequence[Hypothesis]) -> bool:
    """Return whether the confidences are posteriors, which sum to at most 1."""
    confidences = [h.confidence for h in hypotheses if h.confidence is not None]
    return 1 < len(confidences) == len(hypotheses) and 0 < sum(confidences) <= 1 + _ROUNDING
