"""Which phoneme of a word was heard as which: the path behind an edit distance."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from voice2mqtt.nlu.matching.phonetic.phonemes import PhonemeInventory


@dataclass(frozen=True, slots=True)
class Pair:
    """A phoneme said and the one heard for it, as positions; None where there is none."""

    said: int | None
    heard: int | None
    cost: float


def align(said: Sequence[int], heard: Sequence[int], sounds: PhonemeInventory) -> list[Pair]:
    """Return the cheapest alignment of two runs of phonemes, in their order."""
    missed: list[float] = sounds.loss[list(said)].tolist()
    skipped: list[float] = sounds.loss[list(heard)].tolist()
    unlike: list[list[float]] = sounds.substitution[np.ix_(said, heard)].tolist()
    costs = [list(accumulate(skipped, initial=0.0))]
    for lost, others in zip(missed, unlike, strict=True):
        before = costs[-1]
        now = [before[0] + lost]
        for j, cost in enumerate(others):
            now.append(min(before[j] + cost, before[j + 1] + lost, now[j] + skipped[j]))
        costs.append(now)
    path: list[Pair] = []
    i, j = len(said), len(heard)
    while i or j:
        total = costs[i][j]
        if i and j and total == costs[i - 1][j - 1] + unlike[i - 1][j - 1]:
            i, j = i - 1, j - 1
            path.append(Pair(i, j, unlike[i][j]))
        elif i and total == costs[i - 1][j] + missed[i - 1]:
            i -= 1
            path.append(Pair(i, None, missed[i]))
        else:
            j -= 1
            path.append(Pair(None, j, skipped[j]))
    return path[::-1]
