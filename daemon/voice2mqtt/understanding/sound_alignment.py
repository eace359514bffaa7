"""Which phoneme of a word was heard as which: the path behind an edit distance."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice2mqtt.understanding.sounds import Sounds


@dataclass(frozen=True, slots=True)
class Pair:
    """A phoneme said and the one heard for it, as positions; None where there is none."""

    said: int | None
    heard: int | None
    cost: float


def align(said: Sequence[int], heard: Sequence[int], sounds: Sounds) -> list[Pair]:
    """Return the cheapest alignment of two runs of phonemes, in their order."""
    lost, unlike = sounds.loss, sounds.substitution
    costs: list[list[float]] = []
    steps: list[list[Pair | None]] = []
    for i in range(len(said) + 1):
        costs.append([])
        steps.append([])
        for j in range(len(heard) + 1):
            ways: list[tuple[float, Pair | None]] = [] if i or j else [(0.0, None)]
            if i and j:
                cost = float(unlike[said[i - 1], heard[j - 1]])
                ways.append((costs[i - 1][j - 1] + cost, Pair(i - 1, j - 1, cost)))
            if i:
                cost = float(lost[said[i - 1]])
                ways.append((costs[i - 1][j] + cost, Pair(i - 1, None, cost)))
            if j:
                cost = float(lost[heard[j - 1]])
                ways.append((costs[i][j - 1] + cost, Pair(None, j - 1, cost)))
            total, step = min(ways, key=lambda way: way[0])
            costs[i].append(total)
            steps[i].append(step)
    path: list[Pair] = []
    i, j = len(said), len(heard)
    while (step := steps[i][j]) is not None:
        path.append(step)
        i -= step.said is not None
        j -= step.heard is not None
    return path[::-1]
