"""Beam search: the likeliest sentences of a grammar, and what open decoding hears beside them.

Open decoding rides along as one more beam, since a batch costs little more than its longest
member. It knows nothing of what the sentences mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from voice2mqtt.speechhost.decoding.dictation import Dictated, is_endless, most_tokens, words_of
from voice2mqtt.speechhost.decoding.moonshine import (
    Decoding,
    Encoding,
    Floats,
    Moonshine,
    TokenScores,
)
from voice2mqtt.speechhost.decoding.scoring import JOINT_NATS, rough_score
from voice2mqtt.speechhost.decoding.token_grammar import State, TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer

_PRUNE_NATS = 12.0
"""Sentences so far under the best are given up, be that finished or as long as they are.

A finished one counts with the bonus for length taken off that longer ones will have: else a "yes"
that nobody said would end all long sentences in noise.
"""
_MOST_FINISHED = 40
_BEGINNING = 3
"""Tokens; so far more beams are followed, since words that are sentences by themselves (yes, no,
pause) crowd out the beginnings of long ones, which seem unlikely until more of them is heard."""
_WIDER = 3


@dataclass(frozen=True, slots=True, eq=False)
class DecodingPass:
    """What one decoding of some audio found."""

    hypotheses: dict[tuple[int, ...], TokenScores]
    """Sentences of the grammar as tokens, the end included."""
    dictated: Dictated
    decoding: Decoding

    def fits(self, strings: Sequence[tuple[int, ...]]) -> list[TokenScores]:
        """Return how well each of `strings` fits here, whether it was found or not."""
        missed = [string for string in strings if string not in self.hypotheses]
        known = self.hypotheses | dict(zip(missed, self.decoding.score(missed), strict=True))
        return [known[string] for string in strings]

    def rough_scores(self) -> dict[tuple[int, ...], float]:
        """Return the score of each sentence that was found, while their priors are not known."""
        return {found[0]: _rough_score(found) for found in self.hypotheses.items()}

    def with_more(self, other: "DecodingPass") -> "DecodingPass":
        """Return this look with what `other`, at the same audio, found besides."""
        return replace(self, hypotheses=other.hypotheses | self.hypotheses)


@dataclass(frozen=True, slots=True)
class _Beam:
    tokens: tuple[int, ...]
    fit: TokenScores
    state: State

    @property
    def rough_score(self) -> float:
        """In nats, as of a sentence."""
        return _rough_score((self.tokens, self.fit))

    def fit_with(self, token: int, likely: float, likeliest: float) -> TokenScores:
        """Return the fit with `token` said next, so `likely`; the best would be `likeliest`."""
        before = self.fit
        second = before.second + (before.second > 0 or token in self.state.opening)
        return TokenScores((*before.likely, likely), (*before.behind, likeliest - likely), second)


class _Free:
    """The beam of open decoding."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.log_probability = 0.0

    @property
    def ended(self) -> bool:
        return self.tokens[-1:] == [END] or is_endless(self.tokens)

    def grow(self, following: Floats) -> None:
        self.tokens.append(int(following.argmax()))
        self.log_probability += float(following[self.tokens[-1]])


class BeamSearch:
    """Decoding constrained by one grammar."""

    def __init__(
        self, model: Moonshine, vocabulary: Tokenizer, grammar: TokenGrammar, width: int
    ) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._grammar = grammar
        self._width = width

    def decode(self, encoding: Encoding, abandoned: Callable[[], bool]) -> DecodingPass:
        """Decode `encoding`; once `abandoned`, what was found so far."""
        decoding = Decoding(self._model, encoding)
        finished: dict[tuple[int, ...], TokenScores] = {}
        beams, free = [_Beam((), TokenScores((), ()), self._grammar.start)], _Free()
        following = np.repeat(decoding.first, 2, axis=0)
        parents = [0, 0]
        for _ in range(most_tokens(encoding.duration_s)):
            if not free.ended:
                free.grow(following[-1])
            likeliest = following.max(axis=1).tolist()
            self._finish(beams, following, likeliest, finished)
            best = max(map(_rough_score, finished.items()), default=-np.inf)
            grown = self._grow(beams, following, likeliest, best - _PRUNE_NATS)
            rows, beams = [row for row, _ in grown], [beam for _, beam in grown]
            tokens = [beam.tokens[-1] for beam in beams]
            if not free.ended:
                rows, tokens = [*rows, len(following) - 1], [*tokens, free.tokens[-1]]
            if not tokens or abandoned():
                break
            following = decoding.step([parents[row] for row in rows], tokens)
            parents = list(range(len(tokens)))
        decoding.end()
        dictated = Dictated(
            text=words_of(self._vocabulary, free.tokens),
            log_probability=free.log_probability,
            tokens=len(free.tokens),
        )
        return DecodingPass(finished, dictated, decoding)

    def _finish(
        self,
        beams: Sequence[_Beam],
        following: Floats,
        likeliest: Sequence[float],
        finished: dict[tuple[int, ...], TokenScores],
    ) -> None:
        """Add the sentences that may end here to `finished`, which keeps the best."""
        for row, beam in enumerate(beams):
            if beam.state.is_end:
                likely = float(following[row, END])
                finished[*beam.tokens, END] = beam.fit_with(END, likely, likeliest[row])
        for tokens, _ in sorted(finished.items(), key=_rough_score)[:-_MOST_FINISHED]:
            del finished[tokens]

    def _grow(
        self,
        beams: Sequence[_Beam],
        following: Floats,
        likeliest: Sequence[float],
        least: float,
    ) -> list[tuple[int, _Beam]]:
        """Return the best extensions of `beams`, each with the row it came from."""
        if not beams:
            return []
        scores, choices = [], []
        for row, beam in enumerate(beams):
            allowed = beam.state.tokens
            if beam.state.wild:
                likely = np.argpartition(following[row], -self._width)[-self._width :]
                allowed = np.union1d(allowed, likely[self._vocabulary.is_text[likely]])
            score = beam.rough_score + following[row, allowed]
            if beam.state.opening:
                score[np.isin(allowed, list(beam.state.opening))] -= JOINT_NATS
            scores.append(score)
            choices.append(np.stack([np.full(len(allowed), row), allowed]))
        score, choice = np.concatenate(scores), np.concatenate(choices, axis=1)
        width = self._width * (_WIDER if len(beams[0].tokens) < _BEGINNING else 1)
        best = np.argsort(-score)[:width]
        least = max(least, float(score[best[0]]) - _PRUNE_NATS) if len(best) else least
        grown = []
        for index in best[score[best] > least]:
            row, token = int(choice[0, index]), int(choice[1, index])
            beam = beams[row]
            state = self._grammar.follow(beam.state, token)
            fit = beam.fit_with(token, float(following[row, token]), likeliest[row])
            grown.append((row, _Beam((*beam.tokens, token), fit, state)))
        return grown


def _rough_score(found: tuple[tuple[int, ...], TokenScores]) -> float:
    tokens, fit = found
    return rough_score(tokens, fit.log_probability, fit.second)
