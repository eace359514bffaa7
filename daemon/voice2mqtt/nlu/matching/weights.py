"""The weights of the decision: `weights.json`, which `bench/fit.py` writes.

There are two sums of named terms, one for each kind of evidence, and the thresholds between which
a question is asked. `docs/understanding.md` tells what they mean for a user.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import Any, Self

VERSION = 1
"""Of the file: what its names mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Named terms, or a weight for each."""

    def parts(self, weights: Self) -> Mapping[str, float]:
        """Return each term times its weight, by name."""
        ours: dict[str, float] = asdict(self)
        return {name: ours[name] * weight for name, weight in asdict(weights).items()}

    def sum(self, weights: Self) -> float:
        """Return the weighted sum of the terms."""
        return sum(self.parts(weights).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound(Terms):
    """How far a sentence of the table sounds from what was heard: the terms of its distance.

    All are costs of articulation (`phonetic/costs.py`). Those of single words count less where the
    host is in doubt (`phonetic/search.py`).
    """

    sentence: float = 0.0
    """Of the whole sentence, per phoneme. Its weight is 1: a distance is told in its unit."""
    slot: float = 0.0
    """Of the farthest word that fills a slot, per phoneme: it changes what is published."""
    clear_word: float = 0.0
    """Of the farthest word on which all hypotheses agree, in all, times the share of it that is not
    explained: it was heard clearly, so if the table does not have it, something else was said."""

    def distance(self, weights: Self) -> float:
        """Return the phonetic distance: the weighted sum, at most 1."""
        return min(1.0, self.sum(weights))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar(Terms):
    """Was any sentence of the grammar said? The terms of the log-odds, in nats where it is told."""

    intercept: float = 1.0
    evidence: float = 0.0
    """log P(token | audio) - log P(token | silence), on average over the tokens."""
    misfit: float = 0.0
    """The largest gap of a token to the likeliest one in its place, less its evidence."""
    behind: float = 0.0
    """How far it falls behind the open hypothesis, in units of that one's own doubt per token."""
    shorter: float = 0.0
    """By which share it is shorter than the open hypothesis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """Thresholds of probabilities, and of ratios of them."""

    act: float
    """Posterior of a meaning from which it is carried out, below which the speaker is asked: of
    what our host is so sure of, one in fifty is wrong."""
    rival: float
    """Share of the best meaning's posterior from which another one casts doubt."""
    number_rival: float
    """The same for a number that sounds like a part of the best one, such as eight beside eighteen:
    hosts are sure of the wrong one of these far more often than they say."""
    ten_rival: float
    """The same for a ten beside its teen, such as fifty beside fifteen: of 108 tens of 18 voices
    hosts gave 18 as the teen, and two with this; of 108 teens 14 are asked about."""
    contradicted: float
    """At most so likely is the grammar where the open hypothesis contradicts its best sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """All of them."""

    sound: Sound
    grammar: Grammar
    confidence: Confidence

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return what `document` holds.

        Raises:
            ValueError: it is of another version, or a weight is missing or unknown.
        """
        if document.get("version") != VERSION:
            raise ValueError(f"weights of version {document.get('version')}, not {VERSION}")
        kinds = {"sound": Sound, "grammar": Grammar, "confidence": Confidence}
        for name, kind in kinds.items():
            if set(document[name]) != {field.name for field in fields(kind)}:
                raise ValueError(f"the weights of '{name}' are not those of {kind.__name__}")
        return cls(**{name: kind(**document[name]) for name, kind in kinds.items()})

    def document(self) -> dict[str, Any]:
        """Return what `of` reads."""
        return {"version": VERSION, **asdict(self)}


WEIGHTS = Weights.of(
    json.loads(resources.files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))
)
"""Those in use."""
