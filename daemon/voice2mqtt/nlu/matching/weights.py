"""The weights of the decision: `weights.json`, which `bench/fit.py` writes.

There are two sums of named terms, one for each kind of evidence, and the thresholds between which
a question is asked. `docs/understanding.md` tells what they mean for a user.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import Any, Self

VERSION = 2
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

    def probability(self, weights: Self) -> float:
        """Return the probability that has the sum as its log-odds."""
        return 1 / (1 + math.exp(-self.sum(weights)))


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
    """By which share it is shorter than the open hypothesis: who said more said something else."""
    contradicted: float = 0.0
    """1 where the open hypothesis has another word in its place (`contradiction.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced(Terms):
    """The same of an engine that scores the sentences which sound like the open hypothesis."""

    intercept: float = 1.0
    behind: float = 0.0
    """As of `Grammar`."""
    distance: float = 0.0
    """Phonetic, from the open hypothesis."""
    least_evidence: float = 0.0
    """Of the token of the best sentence of which the audio tells least: how much likelier it is
    than in silence. A value that the table does not have."""
    shorter: float = 0.0
    """As of `Grammar`."""
    contradicted: float = 0.0
    """As of `Grammar`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The thresholds of the decision (`odds.py`); margins are told as ratios of probabilities."""

    act: float
    """Share of the host's confidence from which a meaning is carried out, below which the speaker
    is asked: of what our host is so sure of, one in fifty is wrong."""
    ask: float
    """L from which the speaker is asked, in nats."""
    slope: float
    """L per distance of sound, in nats: a hundredth nearer is 7 times as likely."""
    credible: float
    """Ratio to the confidence of the surest hypothesis below which another one counts only by its
    sound ..."""
    searched: float
    """... and below which it is not even searched by sound."""
    rival: float
    """Ratio to the best meaning's likelihood from which another one casts doubt."""
    number_rival: float
    """The same for a number that sounds like a part of the best one, such as eight beside eighteen:
    hosts are sure of the wrong one of these far more often than they say."""
    ten_rival: float
    """The same for a ten beside its teen, such as fifty beside fifteen: of 108 tens of 18 voices
    hosts gave 18 as the teen, and two with this; of 108 teens 14 are asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """All of them."""

    sound: Sound
    grammar: Grammar
    forced: Forced
    thresholds: Thresholds

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return what `document` holds.

        Raises:
            ValueError: it is of another version, or a weight is missing or unknown.
        """
        if document.get("version") != VERSION:
            raise ValueError(f"weights of version {document.get('version')}, not {VERSION}")
        kinds = {"sound": Sound, "grammar": Grammar, "forced": Forced, "thresholds": Thresholds}
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
