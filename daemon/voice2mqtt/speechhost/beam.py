"""Beam search: the likeliest sentences of a grammar, and what open decoding hears beside them.

Open decoding rides along as one more beam, since a batch costs little more than its longest
member. It knows nothing of what the sentences mean.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voice2mqtt.speechhost.dictation import Dictated, most_tokens
from voice2mqtt.speechhost.moonshine import Decoding, Encoding, Floats, Moonshine
from voice2mqtt.speechhost.token_grammar import State, TokenGrammar
from voice2mqtt.speechhost.tokens import END, Vocabulary

_PRUNE_NATS = 12.0
"""Unfinished sentences so far under the best finished one are given up."""
_MOST_FINISHED = 40


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A sentence of the grammar as the model would write it."""

    tokens: tuple[int, ...]
    """The end included."""
    log_probability: float


@dataclass(frozen=True, slots=True)
class _Beam:
    tokens: tuple[int, ...]
    log_probability: float
    state: State


class BeamSearch:
    """Decoding constrained by one grammar."""

    def __init__(
        self, model: Moonshine, vocabulary: Vocabulary, grammar: TokenGrammar, width: int = 8
    ) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._grammar = grammar
        self._width = width

    def decode(
        self, encoding: Encoding, abandoned: Callable[[], bool]
    ) -> tuple[list[Hypothesis], Dictated]:
        """Return the likeliest sentences of the grammar, best first, and open decoding."""
        decoding = Decoding(self._model, encoding, self._width + 1)
        finished: list[Hypothesis] = []
        beams = [_Beam((), 0.0, self._grammar.start)]
        free: list[int] = []
        free_log_probability = 0.0
        following, parents = decoding.first, [0]
        free_row = 0
        for _ in range(most_tokens(encoding.duration_s)):
            if not free or free[-1] != END:
                free.append(int(following[free_row].argmax()))
                free_log_probability += float(following[free_row, free[-1]])
            ended = [
                Hypothesis((*beam.tokens, END), beam.log_probability + float(following[row, END]))
                for beam, row in zip(beams, parents, strict=True)
                if beam.state.is_end
            ]
            finished = sorted([*finished, *ended], key=lambda h: -h.log_probability)
            finished = finished[:_MOST_FINISHED]
            least = finished[0].log_probability - _PRUNE_NATS if finished else -np.inf
            grown = self._grow(beams, parents, following, least)
            rows, beams = [row for row, _ in grown], [beam for _, beam in grown]
            tokens = [beam.tokens[-1] for beam in beams]
            if free[-1] != END:
                rows, tokens, free_row = [*rows, free_row], [*tokens, free[-1]], len(rows)
            if not tokens or abandoned():
                break
            following = decoding.step(rows, tokens)
            parents = list(range(len(beams)))
        dictated = Dictated(
            text=self._vocabulary.decode(free),
            log_probability=free_log_probability,
            tokens=len(free),
        )
        return finished, dictated

    def _grow(
        self, beams: list[_Beam], rows: list[int], following: Floats, least: float
    ) -> list[tuple[int, _Beam]]:
        """Return the best extensions of `beams`, each with the row it came from."""
        scores, choices = [], []
        for index, (beam, row) in enumerate(zip(beams, rows, strict=True)):
            allowed = beam.state.tokens
            if beam.state.wild:
                likely = np.argpartition(following[row], -self._width)[-self._width :]
                allowed = np.union1d(allowed, likely[self._vocabulary.is_text[likely]])
            scores.append(beam.log_probability + following[row, allowed])
            choices.append(np.stack([np.full(len(allowed), index), allowed]))
        if not beams:
            return []
        score, choice = np.concatenate(scores), np.concatenate(choices, axis=1)
        best = np.argsort(-score)[: self._width]
        return [
            (rows[index], _Beam((*beams[index].tokens, token), float(score[i]), state))
            for i in best
            if score[i] > least
            for index, token in [(int(choice[0, i]), int(choice[1, i]))]
            for state in [self._grammar.follow(beams[index].state, token)]
        ]
