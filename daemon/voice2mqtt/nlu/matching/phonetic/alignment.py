"""Which phoneme was heard as which: the backtrace of a weighted Levenshtein distance."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from voice2mqtt.nlu.matching.phonetic.phonemes import PhonemeInventory


@dataclass(frozen=True, slots=True)
class Pair:
    """Indices of a phoneme said and the one heard for it; None for an insertion or a deletion."""

    said: int | None
    heard: int | None
    cost: float


def align(said: Sequence[int], heard: Sequence[int], inventory: PhonemeInventory) -> list[Pair]:
    """Return the cheapest alignment of two phoneme sequences, in their order."""
    deleted: list[float] = inventory.deletion_costs[list(said)].tolist()
    inserted: list[float] = inventory.deletion_costs[list(heard)].tolist()
    substituted: list[list[float]] = inventory.substitution_costs[np.ix_(said, heard)].tolist()
    costs = [list(accumulate(inserted, initial=0.0))]
    for deletion, substitutions in zip(deleted, substituted, strict=True):
        above = costs[-1]
        row = [above[0] + deletion]
        for j, cost in enumerate(substitutions):
            row.append(min(above[j] + cost, above[j + 1] + deletion, row[j] + inserted[j]))
        costs.append(row)
    path: list[Pair] = []
    i, j = len(said), len(heard)
    while i or j:
        total = costs[i][j]
        if i and j and total == costs[i - 1][j - 1] + substituted[i - 1][j - 1]:
            i, j = i - 1, j - 1
            path.append(Pair(i, j, substituted[i][j]))
        elif i and total == costs[i - 1][j] + deleted[i - 1]:
            i -= 1
            path.append(Pair(i, None, deleted[i]))
        else:
            j -= 1
            path.append(Pair(None, j, inserted[j]))
    return path[::-1]
