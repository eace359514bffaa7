"""Fits the weights of the decision to evidence, and draws what they tell apart.

Takes the evidence of `bench/evidence.py` (`--evidence DIR`). Minimises the expected cost of a
decision (`deciding.COSTS`), one weight after the other from those in use, cross-validated: what one
sentence or recording gives is never both fitted to and judged on. Writes `weights.json` only if
what was fitted without a fold does better on it than the weights in use, beyond noise; and
`docs/decision.svg` always.
"""

import json
import math
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from bench import deciding, evidence, picture
from bench.deciding import COSTS, Case, Deciding
from bench.report import Options, Report
from voice2mqtt.nlu.matching import weights as in_use
from voice2mqtt.nlu.matching.weights import WEIGHTS, Weights

FOLDS = 5
SEED = 0
STEPS = (0.7, 1.4, 0.5, 2.0)
"""Factors of a weight that are tried, the nearest first: a farther one must be the better beyond
noise."""
_UNIT = "sentence"
"""The term whose weight stays 1: in its unit are a distance and `strictness`."""
THRESHOLDS = ("act", "ask", "slope", "rival")
"""Those that are fitted; the others are of what this evidence has too little of."""
_NOISE_SD = 2.0
"""Standard errors that an improvement must exceed."""
WEIGHTS_FILE = Path(in_use.__file__).with_name("weights.json")
PICTURE = Path(__file__).parents[1] / "docs" / "decision.svg"


@dataclass(frozen=True, slots=True)
class _Gain:
    """By how much costs have fallen, on average over the cases."""

    mean: float
    error: float
    """Standard error"""
    n: int

    @classmethod
    def of(cls, before: Sequence[float], after: Sequence[float]) -> Self:
        gained = [b - a for b, a in zip(before, after, strict=True)]
        error = statistics.stdev(gained) / math.sqrt(len(gained))
        return cls(statistics.mean(gained), error, len(gained))

    @property
    def is_beyond_noise(self) -> bool:
        return self.mean > _NOISE_SD * self.error

    @property
    def interval(self) -> str:
        return f"+- {1.96 * self.error:.4f} (95 %), n = {self.n}"


def run(options: Options) -> Report:
    """Fit, and say what it buys."""
    report, made = Report("fit"), Deciding()
    cases = deciding.cases_of(evidence.read(options), 10 if options.quick else 1)
    folds = _folds(cases)
    before = [cost for fold in folds for cost in _costs(made, fold, WEIGHTS)]
    after: list[float] = []
    for number, fold in enumerate(folds):
        rest = [case for other in folds if other is not fold for case in other]
        fitted = _fitted(made, rest)
        costs = _costs(made, fold, fitted)
        after += costs
        report.add(f"fold {number + 1}: cost with what the others fit", statistics.mean(costs))
    report.add("cost of a decision, weights in use", statistics.mean(before))
    report.add("cost of a decision, fitted, cross-validated", statistics.mean(after))
    gained = _Gain.of(before, after)
    report.add("gained by fitting", gained.mean, note=f"{gained.interval}, seed {SEED}")
    best = WEIGHTS
    if gained.is_beyond_noise:
        best = _fitted(made, cases)
        WEIGHTS_FILE.write_text(json.dumps(best.document(), indent=1) + "\n")
    _buys(report, made, cases, best)
    PICTURE.write_text(picture.distributions(made, cases, best))
    return report


def _buys(report: Report, made: Deciding, cases: Sequence[Case], weights: Weights) -> None:
    """Report what each weight saves, with its interval."""
    costs = _costs(made, cases, weights)
    for part, term in _terms():
        without = _costs(made, cases, deciding.without_term(weights, part, term))
        saved, weight = _Gain.of(without, costs), getattr(getattr(weights, part), term)
        report.add(f"{part}: {term} saves", saved.mean, note=f"{saved.interval}; weight {weight:g}")


def _terms() -> Iterator[tuple[str, str]]:
    for part in ("sound", "grammar"):
        for term, weight in asdict(getattr(WEIGHTS, part)).items():
            if weight:
                yield part, term


def _fitted(made: Deciding, cases: Sequence[Case]) -> Weights:
    """Return the weights that cost least on `cases`, near those in use.

    A step that loses commands beyond noise is not taken, whatever it saves: near misses are more
    frequent among the trials than at home.
    """
    commands = [case for case in cases if case.trial.slots is not None]
    best = WEIGHTS
    for part, term in (*_terms(), *(("thresholds", name) for name in THRESHOLDS)):
        weight = getattr(getattr(best, part), term)
        for step in STEPS if term != _UNIT else ():
            changed = replace(getattr(best, part), **{term: round(weight * step, 3)})
            tried = replace(best, **{part: changed})
            saved = _Gain.of(_costs(made, cases, best), _costs(made, cases, tried))
            lost = _Gain.of(_right(made, commands, best), _right(made, commands, tried))
            if saved.is_beyond_noise and not lost.is_beyond_noise:
                best = tried
    return best


def _right(made: Deciding, cases: Sequence[Case], weights: Weights) -> list[float]:
    return [float(made.outcome(case, weights) == "right") for case in cases]


def _costs(made: Deciding, cases: Sequence[Case], weights: Weights) -> list[float]:
    return [COSTS[made.outcome(case, weights)] for case in cases]


def _folds(cases: Sequence[Case]) -> list[list[Case]]:
    """Return `cases` in `FOLDS` parts; what has one name is in one part."""
    names = sorted({case.trial.name for case in cases})
    random.Random(SEED).shuffle(names)
    fold_of = {name: number % FOLDS for number, name in enumerate(names)}
    folds: list[list[Case]] = [[] for _ in range(FOLDS)]
    for case in cases:
        folds[fold_of[case.trial.name]].append(case)
    return folds
