"""Beam search constrained by a grammar: the likeliest of its sentences.

Textbook beam search, one token a step, over the states of a `TokenGrammar`. Open decoding rides
along as one more beam, greedy and without a grammar, since a batch costs little more than its
longest member. Arrays of log-probabilities are [beam, token of the vocabulary], in nats.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voice2mqtt.speechhost.decoding.dictation import Dictated, decoded_text, is_endless, max_tokens
from voice2mqtt.speechhost.decoding.moonshine import (
    Decoding,
    Encoding,
    Floats,
    Moonshine,
    TokenScores,
)
from voice2mqtt.speechhost.decoding.scoring import SECOND_COMMAND_NATS, rough_score
from voice2mqtt.speechhost.decoding.token_grammar import State, TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import END, Tokenizer

_PRUNE_NATS = 12.0
"""Beams so far under the best beam, or under the best finished sentence, are dropped.

A finished sentence counts without the bonus for length that longer ones have yet to earn: else a
"yes" that nobody said would end all long sentences in noise. Set by hand.
"""
_MAX_FINISHED = 40
_WIDE_START_TOKENS = 3
"""For so many tokens the beam is `_WIDE_START` times as wide, since words that are sentences by
themselves (yes, no, pause) crowd out the beginnings of long ones, which seem unlikely at first."""
_WIDE_START = 3


@dataclass(frozen=True, slots=True, eq=False)
class DecodingPass:
    """What one decoding of some audio found."""

    hypotheses: dict[tuple[int, ...], TokenScores]
    """Sentences of the grammar as tokens, the end included."""
    dictated: Dictated
    decoding: Decoding

    def token_scores(self, strings: Sequence[tuple[int, ...]]) -> list[TokenScores]:
        """Return the scores of each of `strings` in this audio, whether it was found or not."""
        missed = [string for string in strings if string not in self.hypotheses]
        known = self.hypotheses | dict(zip(missed, self.decoding.score(missed), strict=True))
        return [known[string] for string in strings]

    def rough_scores(self) -> dict[tuple[int, ...], float]:
        """Return the score of each hypothesis as long as its prior is not known."""
        return {found[0]: _rough_score(found) for found in self.hypotheses.items()}


@dataclass(frozen=True, slots=True)
class _Beam:
    tokens: tuple[int, ...]
    scores: TokenScores
    state: State

    @property
    def rough_score(self) -> float:
        """In nats, as of a sentence."""
        return _rough_score((self.tokens, self.scores))

    def scores_with(self, token: int, log_probability: float, best: float) -> TokenScores:
        """Return the scores with `token` appended, where the likeliest token has `best`."""
        before = self.scores
        is_second = before.second_length > 0 or token in self.state.second_starts
        return TokenScores(
            log_probabilities=(*before.log_probabilities, log_probability),
            gaps=(*before.gaps, best - log_probability),
            second_length=before.second_length + is_second,
        )


class _OpenBeam:
    """The greedy beam of open decoding."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.log_probability = 0.0

    @property
    def ended(self) -> bool:
        return self.tokens[-1:] == [END] or is_endless(self.tokens)

    def extend(self, log_probs: Floats) -> None:
        self.tokens.append(int(log_probs.argmax()))
        self.log_probability += float(log_probs[self.tokens[-1]])


class BeamSearch:
    """Decoding constrained by one grammar."""

    def __init__(
        self, model: Moonshine, tokenizer: Tokenizer, grammar: TokenGrammar, width: int
    ) -> None:
        """`width` is the number of beams."""
        self._model = model
        self._tokenizer = tokenizer
        self._grammar = grammar
        self._width = width

    def decode(self, encoding: Encoding, abandoned: Callable[[], bool]) -> DecodingPass:
        """Decode `encoding`; once `abandoned`, return what was found so far."""
        decoding = Decoding(self._model, encoding)
        finished: dict[tuple[int, ...], TokenScores] = {}
        beams, open_beam = [_Beam((), TokenScores((), ()), self._grammar.start)], _OpenBeam()
        # One row for each beam, and the last one for open decoding until it has ended.
        log_probs = np.repeat(decoding.first, 2, axis=0)
        parents = [0, 0]
        for _ in range(max_tokens(encoding.duration_s)):
            if not open_beam.ended:
                open_beam.extend(log_probs[-1])
            row_best = log_probs.max(axis=1).tolist()
            self._collect_finished(beams, log_probs, row_best, finished)
            best = max(map(_rough_score, finished.items()), default=-np.inf)
            extended = self._extend(beams, log_probs, row_best, best - _PRUNE_NATS)
            rows, beams = [row for row, _ in extended], [beam for _, beam in extended]
            tokens = [beam.tokens[-1] for beam in beams]
            if not open_beam.ended:
                rows, tokens = [*rows, len(log_probs) - 1], [*tokens, open_beam.tokens[-1]]
            if not tokens or abandoned():
                break
            log_probs = decoding.step([parents[row] for row in rows], tokens)
            parents = list(range(len(tokens)))
        decoding.release_cache()
        dictated = Dictated(
            text=decoded_text(self._tokenizer, open_beam.tokens),
            log_probability=open_beam.log_probability,
            tokens=len(open_beam.tokens),
        )
        return DecodingPass(finished, dictated, decoding)

    def _collect_finished(
        self,
        beams: Sequence[_Beam],
        log_probs: Floats,
        row_best: Sequence[float],
        finished: dict[tuple[int, ...], TokenScores],
    ) -> None:
        """Add the sentences that may end here to `finished`, and keep the best of all."""
        for row, beam in enumerate(beams):
            if beam.state.is_end:
                log_probability = float(log_probs[row, END])
                finished[*beam.tokens, END] = beam.scores_with(END, log_probability, row_best[row])
        for tokens, _ in sorted(finished.items(), key=_rough_score)[:-_MAX_FINISHED]:
            del finished[tokens]

    def _extend(
        self,
        beams: Sequence[_Beam],
        log_probs: Floats,
        row_best: Sequence[float],
        min_score: float,
    ) -> list[tuple[int, _Beam]]:
        """Return the best extensions of `beams`, each with the row it came from."""
        if not beams:
            return []
        scores, choices = [], []
        for row, beam in enumerate(beams):
            allowed = beam.state.tokens
            if beam.state.wildcard:
                likely = np.argpartition(log_probs[row], -self._width)[-self._width :]
                allowed = np.union1d(allowed, likely[self._tokenizer.is_text[likely]])
            score = beam.rough_score + log_probs[row, allowed]
            if beam.state.second_starts:
                score[np.isin(allowed, list(beam.state.second_starts))] -= SECOND_COMMAND_NATS
            scores.append(score)
            choices.append(np.stack([np.full(len(allowed), row), allowed]))
        score, choice = np.concatenate(scores), np.concatenate(choices, axis=1)
        is_start = len(beams[0].tokens) < _WIDE_START_TOKENS
        best = np.argsort(-score)[: self._width * (_WIDE_START if is_start else 1)]
        if len(best):
            min_score = max(min_score, float(score[best[0]]) - _PRUNE_NATS)
        extended = []
        for index in best[score[best] > min_score]:
            row, token = int(choice[0, index]), int(choice[1, index])
            beam = beams[row]
            state = self._grammar.follow(beam.state, token)
            token_scores = beam.scores_with(token, float(log_probs[row, token]), row_best[row])
            extended.append((row, _Beam((*beam.tokens, token), token_scores, state)))
        return extended


def _rough_score(found: tuple[tuple[int, ...], TokenScores]) -> float:
    tokens, scores = found
    return rough_score(tokens, scores.log_probability, scores.second_length)
