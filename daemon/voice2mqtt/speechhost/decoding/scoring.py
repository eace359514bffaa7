"""How sure a command is: the sentences of a grammar weighed as meanings.

Several sentences mean the same ("Lights on." "lights on"), so likelihoods are summed per
meaning. A sum of log-probabilities favours short sentences and what is often written; a bonus
per token and part of what the words are worth unheard make up for it.

The confidences of a transcript are one distribution, what was said being certain: they sum to 1.
First, whether a sentence of the grammar was said at all (`said`): a logistic function of what the
audio adds to each of its tokens (up to some nats: rare words would speak for the others beside
them), of how badly the worst of them fits for what the audio adds to it (one word that does not,
among others that do, is a value that the table does not have), of how far they fall behind what
open decoding heard, which counts the more the surer that is of its own words (in noise it errs,
but where it hears a near miss clearly, the near miss was said), and of how much longer than they
it is: who said more than the command said something else. Then, which meaning: by their scores,
so that a meaning which leads the next by 1 nat is 2.7 times as likely. What remains is for what
open decoding heard.

The weights were fitted by cross-validation on spoken orders, on synthetic commands of two other
homes, clean and in noise, on both with a value taken out of the table, and on talk.
`bench/decoder.py` prints how often what is reported with some confidence is right. Knows nothing
of audio.
"""

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

TOKEN_BONUS_NATS = 0.8
PRIOR_SHARE = 0.4
"""How much of the log-probability that words have unheard is taken off."""
ROUGH_TOKEN_BONUS_NATS = 1.2
"""The bonus where the prior is not taken off: it stands for both."""
JOINT_NATS = 3.0
"""What it takes to believe that a second command follows: few do.

As long as the prior is not known, its tokens have no bonus either: models repeat themselves.
"""
LEAST_SAID = 0.5
"""Below, what open decoding heard is likelier than any sentence of the grammar."""

_SAID_FOR_SOMETHING_ELSE = 0.1

_INTERCEPT = 0.0
_ADDED_BY_AUDIO = 2.28
_MOST_ADDED_NATS = 4.0
"""Of a token."""
_MISFIT = 0.2
_BEHIND_OPEN = 0.12
_SHORT_OF_OPEN = 3.8
_MOST_BEHIND_NATS = 25.0
_OPEN_DOUBT_NATS = 0.3
"""Doubt per token of open decoding that is had even where it hears well."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the grammar, as the decoder scored it."""

    tokens: tuple[int, ...]
    """The end included."""
    meaning: Hashable
    log_probability: float
    second: int = 0
    """How many of them are in a second command."""

    @property
    def rough_score(self) -> float:
        """In nats, to compare sentences by before their prior is known."""
        return rough_score(self.tokens, self.log_probability, self.second)


def rough_score(tokens: tuple[int, ...], log_probability: float, second: int = 0) -> float:
    """Return the score of a sentence whose prior is not known."""
    bonus = ROUGH_TOKEN_BONUS_NATS * (len(tokens) - second) - JOINT_NATS * bool(second)
    return log_probability + bonus


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """All sentences that mean the same."""

    best: Sentence
    others_nats: float
    """What the other sentences add to the score of the best."""

    @property
    def rough_score(self) -> float:
        """In nats, as of `Sentence`."""
        return self.best.rough_score + self.others_nats


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredMeaning:
    """A meaning, weighed by all that was learnt about its best sentence."""

    meaning: Meaning
    likely: tuple[float, ...]
    """Log-probability of each token of the best sentence, over all looks at the audio."""
    behind: tuple[float, ...]
    """In nats, the same: how much likelier another token was in its place."""
    prior: tuple[float, ...]
    """Log-probability of each token unheard."""
    letters: int
    """How long the words of the best sentence are."""

    @property
    def log_probability(self) -> float:
        """Of the best sentence, in the audio."""
        return sum(self.likely)

    @property
    def score(self) -> float:
        """In nats; only differences between meanings tell anything."""
        best = self.meaning.best
        bonus = TOKEN_BONUS_NATS * len(best.tokens) - JOINT_NATS * bool(best.second)
        prior = PRIOR_SHARE * sum(self.prior)
        return self.log_probability + bonus - prior + self.meaning.others_nats

    @property
    def added(self) -> float:
        """What the audio adds to a token, on average."""
        of_tokens = self._added()
        return sum(of_tokens) / len(of_tokens)

    @property
    def misfit(self) -> float:
        """How much likelier another token was, less what the audio adds to this one, at worst."""
        within = zip(self.behind[self._first :], self._added(), strict=True)
        return max(behind - added for behind, added in within)

    def _added(self) -> list[float]:
        """Return what the audio adds to each token that counts."""
        of_tokens = zip(self.likely[self._first :], self.prior[self._first :], strict=True)
        return [min(_MOST_ADDED_NATS, heard - unheard) for heard, unheard in of_tokens]

    @property
    def _first(self) -> int:
        """The first token that counts: beginnings are often missed, but one word is all of it."""
        return 1 if len(self.likely) > 2 else 0


def by_meaning(sentences: Iterable[Sentence], *, most: int, within_nats: float) -> list[Meaning]:
    """Gather `sentences` into meanings, best first; at most so many, so close to the best."""
    gathered: dict[Hashable, list[Sentence]] = {}
    for sentence in sentences:
        gathered.setdefault(sentence.meaning, []).append(sentence)
    meanings = []
    for alike in gathered.values():
        best = max(alike, key=lambda sentence: sentence.rough_score)
        total = _log_sum_exp([sentence.rough_score for sentence in alike])
        meanings.append(Meaning(best=best, others_nats=total - best.rough_score))
    meanings.sort(key=lambda meaning: -meaning.rough_score)
    least = meanings[0].rough_score - within_nats if meanings else 0.0
    return [meaning for meaning in meanings[:most] if meaning.rough_score >= least]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHypothesis:
    """What open decoding heard, on average over all looks at the audio."""

    log_probability: float
    per_token: float
    """The same for each of its tokens."""
    letters: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was heard, likeliest first, and how sure it is that it was a sentence of the grammar."""

    heard: tuple[ScoredMeaning, ...]
    said: float

    @classmethod
    def of(cls, heard: Iterable[ScoredMeaning], openly: OpenHypothesis) -> "Verdict":
        """Weigh `heard` against what open decoding heard."""
        ranked = tuple(sorted(heard, key=lambda one: -one.score))
        said = _said(ranked[0], openly) if ranked else 0.0
        return cls(ranked, said)

    def doubted(self) -> "Verdict":
        """Return it where what was heard openly says something else, however alike they sound."""
        return replace(self, said=min(self.said, _SAID_FOR_SOMETHING_ELSE))

    @property
    def surest(self) -> float:
        """Confidence of the best meaning."""
        return next((confidence for _, confidence in self.confidences()), 0.0)

    def confidences(self) -> Iterator[tuple[tuple[int, ...], float]]:
        """Yield the best sentence of each meaning, as tokens, and how sure the meaning is."""
        if self.heard:
            total = _log_sum_exp([one.score for one in self.heard])
            for one in self.heard:
                yield one.meaning.best.tokens, self.said * math.exp(one.score - total)


def _said(best: ScoredMeaning, openly: OpenHypothesis) -> float:
    behind = min(_MOST_BEHIND_NATS, max(0.0, openly.log_probability - best.log_probability))
    behind /= _OPEN_DOUBT_NATS - openly.per_token
    short = max(0.0, openly.letters - best.letters) / max(1.0, openly.letters)
    odds = _ADDED_BY_AUDIO * best.added - _MISFIT * best.misfit
    odds -= _BEHIND_OPEN * behind + _SHORT_OF_OPEN * short
    return 1 / (1 + math.exp(-(_INTERCEPT + odds)))


def _log_sum_exp(values: Sequence[float]) -> float:
    peak = max(values)
    return peak + math.log(sum(math.exp(value - peak) for value in values))
