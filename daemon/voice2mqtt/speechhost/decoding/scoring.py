"""How sure a command is: the sentences of a grammar weighed as meanings.

Several sentences mean the same ("Lights on." "lights on"), so their probabilities are summed per
meaning. A sum of log-probabilities favours short sentences and those that are often written; a
bonus per token, and subtracting a part of the prior, make up for it.

The confidences of an n-best list are a posterior distribution: with the open hypothesis, which
takes what remains, they sum to 1. It has two factors.

1. Was any sentence of the grammar said? Its log-odds are a weighted sum of terms of the best
   meaning (`weights.Grammar`):
   - evidence: what the audio tells of the tokens, each capped, since rare words would else
     outweigh the others beside them;
   - misfit: one word that does not fit among others that do is a value that the table does not
     have;
   - behind: how far the sentence falls behind the open hypothesis, which counts the more, the
     surer open decoding is of its own words. In noise it errs, but where it hears a near miss
     clearly, the near miss was said;
   - shorter: who said more than the command said something else;
   - contradicted: another word was clearly heard, such as an opposite.
2. Which meaning? A softmax of the scores: a lead of 1 nat makes a meaning 2.7 times as likely.

`bench/decoder.py` prints how often what is reported with some confidence is right.

All scores are in nats.
"""

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from voice2mqtt.nlu.matching.weights import WEIGHTS, Grammar

TOKEN_BONUS_NATS = 0.8
PRIOR_SHARE = 0.4
"""The part of a sentence's log-probability in silence that is subtracted."""
ROUGH_TOKEN_BONUS_NATS = 1.2
"""The bonus as long as the prior is not known: it stands for both."""
SECOND_COMMAND_NATS = 3.0
"""The price of a second command: few people say one.

As long as the prior is not known, its tokens have no bonus either: models repeat themselves.
"""
MAX_EVIDENCE_NATS = 4.0
"""Of a token."""
MAX_BEHIND_NATS = 25.0
"""Farther behind tells no more."""
MIN_DOUBT_NATS = 0.3
"""Doubt per token of open decoding that is assumed even where it hears well."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the grammar, as the decoder scored it."""

    tokens: tuple[int, ...]
    """The end included."""
    meaning: Hashable
    log_probability: float
    second_length: int = 0
    """How many of the tokens are in a second command."""

    @property
    def rough_score(self) -> float:
        """To compare sentences by as long as their prior is not known."""
        return rough_score(self.tokens, self.log_probability, self.second_length)


def rough_score(tokens: tuple[int, ...], log_probability: float, second_length: int = 0) -> float:
    """Return the score of a sentence whose prior is not known."""
    bonus = ROUGH_TOKEN_BONUS_NATS * (len(tokens) - second_length)
    bonus -= SECOND_COMMAND_NATS * bool(second_length)
    return log_probability + bonus


@dataclass(frozen=True, slots=True, kw_only=True)
class Synonyms:
    """All sentences that mean the same."""

    best: Sentence
    others_nats: float
    """What the other sentences add to the score of the best."""

    @property
    def rough_score(self) -> float:
        """As of `Sentence`."""
        return self.best.rough_score + self.others_nats


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredMeaning:
    """A meaning with all scores of its best sentence; tuples have one value for each token."""

    meaning: Synonyms
    log_probabilities: tuple[float, ...]
    """In the audio, on average over all passes."""
    gaps: tuple[float, ...]
    """How much likelier the likeliest token was in its place, on average over all passes."""
    prior: tuple[float, ...]
    """Log-probabilities in silence."""
    letters: int
    """Length of the words of the best sentence."""

    @property
    def log_probability(self) -> float:
        """Of the best sentence, in the audio."""
        return sum(self.log_probabilities)

    @property
    def score(self) -> float:
        """Only differences between meanings tell anything."""
        best = self.meaning.best
        bonus = TOKEN_BONUS_NATS * len(best.tokens)
        bonus -= SECOND_COMMAND_NATS * bool(best.second_length)
        prior = PRIOR_SHARE * sum(self.prior)
        return self.log_probability + bonus - prior + self.meaning.others_nats

    @property
    def evidence(self) -> float:
        """What the audio adds to the log-probability of a token, on average."""
        of_tokens = self._token_evidence()
        return sum(of_tokens) / len(of_tokens)

    @property
    def misfit(self) -> float:
        """The largest gap of a token, less its evidence."""
        of_tokens = zip(self.gaps[self._first :], self._token_evidence(), strict=True)
        return max(gap - evidence for gap, evidence in of_tokens)

    def _token_evidence(self) -> list[float]:
        log_probabilities, prior = self.log_probabilities[self._first :], self.prior[self._first :]
        differences = (ours - before for ours, before in zip(log_probabilities, prior, strict=True))
        return [min(MAX_EVIDENCE_NATS, difference) for difference in differences]

    @property
    def _first(self) -> int:
        """The first token that counts: beginnings are often missed. Of a single word, its own."""
        return 1 if len(self.log_probabilities) > 2 else 0


def by_meaning(
    sentences: Iterable[Sentence], *, max_meanings: int, within_nats: float
) -> list[Synonyms]:
    """Group `sentences` by meaning, best first; at most so many, and so close to the best."""
    gathered: dict[Hashable, list[Sentence]] = {}
    for sentence in sentences:
        gathered.setdefault(sentence.meaning, []).append(sentence)
    meanings = []
    for alike in gathered.values():
        best = max(alike, key=lambda sentence: sentence.rough_score)
        total = _log_sum_exp([sentence.rough_score for sentence in alike])
        meanings.append(Synonyms(best=best, others_nats=total - best.rough_score))
    meanings.sort(key=lambda meaning: -meaning.rough_score)
    min_score = meanings[0].rough_score - within_nats if meanings else 0.0
    return [meaning for meaning in meanings[:max_meanings] if meaning.rough_score >= min_score]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHypothesis:
    """What open decoding heard, on average over all passes."""

    text: str
    """Of the first pass."""
    log_probability: float
    per_token: float
    """Log-probability of a token, on average."""
    letters: float
    """Length of the words."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """How likely each meaning is, and that any sentence of the grammar was said at all."""

    meanings: tuple[ScoredMeaning, ...]
    """Likeliest first."""
    open_hypothesis: OpenHypothesis
    terms: Grammar | None
    """Of the best meaning."""

    @classmethod
    def of(cls, meanings: Iterable[ScoredMeaning], open_hypothesis: OpenHypothesis) -> "Posterior":
        """Weigh `meanings` against the open hypothesis."""
        ranked = tuple(sorted(meanings, key=lambda one: -one.score))
        terms = grammar_terms(ranked[0], open_hypothesis) if ranked else None
        return cls(ranked, open_hypothesis, terms)

    @property
    def grammar_probability(self) -> float:
        """Probability that a sentence of the grammar was said."""
        return self.terms.probability(WEIGHTS.grammar) if self.terms else 0.0

    @property
    def uncontradicted_probability(self) -> float:
        """The same if the word that contradicts it was misheard."""
        terms = self.terms and replace(self.terms, contradicted=0.0)
        return terms.probability(WEIGHTS.grammar) if terms else 0.0

    def contradicted(self) -> "Posterior":
        """Return it where the open hypothesis says something else, however alike they sound."""
        return replace(self, terms=self.terms and replace(self.terms, contradicted=1.0))

    @property
    def best_confidence(self) -> float:
        """Confidence of the best meaning; 0 without any."""
        return next((confidence for _, confidence in self.confidences()), 0.0)

    def confidences(self) -> Iterator[tuple[tuple[int, ...], float]]:
        """Yield the best sentence of each meaning, as tokens, and the meaning's confidence."""
        for tokens, share in self.shares():
            yield tokens, self.grammar_probability * share

    def shares(self) -> Iterator[tuple[tuple[int, ...], float]]:
        """Yield the same if a sentence of the grammar was said for sure."""
        if self.meanings:
            total = _log_sum_exp([one.score for one in self.meanings])
            for one in self.meanings:
                yield one.meaning.best.tokens, math.exp(one.score - total)


def grammar_terms(best: ScoredMeaning, open_hypothesis: OpenHypothesis) -> Grammar:
    """Return what tells whether the best meaning was said, or something else."""
    behind = max(0.0, open_hypothesis.log_probability - best.log_probability)
    shorter = max(0.0, open_hypothesis.letters - best.letters) / max(1.0, open_hypothesis.letters)
    return Grammar(
        evidence=best.evidence,
        misfit=best.misfit,
        behind=min(MAX_BEHIND_NATS, behind) / (MIN_DOUBT_NATS - open_hypothesis.per_token),
        shorter=shorter,
    )


def _log_sum_exp(values: Sequence[float]) -> float:
    peak = max(values)
    return peak + math.log(sum(math.exp(value - peak) for value in values))
