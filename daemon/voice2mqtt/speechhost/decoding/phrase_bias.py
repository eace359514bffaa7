"""Phrases that are likely to be said: how they help open decoding.

Each token along a phrase lends the string some nats, so that an unusual name gets as far as its
end among the strings that are followed; but none that the audio rules out, and none is put far
ahead of the others. What was lent is kept where the phrase ends with the word, as far as its length
warrants (a quarter as much for each phrase before it), and taken back where it breaks off: talk
that only begins like a phrase gains nothing. No phrase lends twice, or the richest string would be
one phrase over and over. Names are helped so, not sentences nor numbers: a sentence would lend so
much that "to 40" became the "to 28" in the list; sentences are what the grammar is for. It knows
nothing of sound.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine import Floats
from voice2mqtt.speechhost.decoding.token_grammar import State, TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer

_LENT_NATS = 3.0
"""At most, for each token of a phrase, at the weight that clients send unless told otherwise."""
_LENT_TO_LETTER_NATS = 1.15
"""So much a whole phrase may keep at that weight, and a quarter more at the highest, for each
letter but the first: other words that sound so much like it are the rarer the longer it is."""
_AHEAD_NATS = 3.0
"""So far, and no further, a token is put ahead of all others."""
_HOPELESS_NATS = 8.0
"""A token so far behind the likeliest was not said, whatever the weight."""

_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class BiasState:
    """How far into a phrase a string of tokens is, and what went before."""

    state: State | None = None
    tokens: tuple[int, ...] = ()
    """Of the phrase so far."""
    lent: float = 0.0
    """Since the phrase, or a shorter one, was complete."""
    helped: frozenset[str] = frozenset()
    """Phrases that have lent what they can."""


NOWHERE = BiasState()


class PhraseBias:
    """The phrases of one list."""

    def __init__(self, grammar: TokenGrammar, vocabulary: Tokenizer, weight: float) -> None:
        self._grammar = grammar
        self._vocabulary = vocabulary
        first = grammar.start.tokens
        self._first = first[~vocabulary.has_digits[first]]
        # Marks are the model's to set.
        self._to_letter = _LENT_TO_LETTER_NATS * (3 + weight) / 4
        self._lends = np.where(vocabulary.has_letters, np.float32(_LENT_NATS * weight), 0)

    def changes(self, place: BiasState, following: Floats) -> Floats:
        """Return what each token, coming next at `place` and so likely, does to the score."""
        inside_word = self._vocabulary.inside_word
        along = self._along(place)
        changes = np.full(len(inside_word), -place.lent, np.float32)
        changes[along] = 0
        phrase = self._completed(place)
        if phrase and phrase not in place.helped:
            before = sum(not phrase.startswith(other) for other in place.helped)
            keeps = self._to_letter * (len(phrase) - 1) / 4**before
            changes[~inside_word] = min(0.0, keeps - place.lent)
        lent = np.zeros_like(changes)
        for tokens in (self._first, along):
            lent[tokens] = self._lent(tokens, following)
        return changes + lent

    def after(self, place: BiasState, token: int, following: Floats) -> BiasState:
        """Return the place behind `token`, which comes next at `place`."""
        lent, helped = place.lent, place.helped
        if not self._vocabulary.inside_word[token]:
            phrase = self._completed(place)
            if phrase and phrase not in helped:
                lent, helped = 0.0, helped | {phrase}
        more = float(self._lent(token, following))
        if place.state is not None and token in self._along(place):
            state = self._grammar.follow(place.state, token)
            return BiasState(state, (*place.tokens, token), lent + more, helped)
        if token in self._first:
            return BiasState(
                self._grammar.follow(self._grammar.start, token), (token,), more, helped
            )
        return BiasState(helped=helped)

    def _lent(self, tokens: int | npt.NDArray[np.int64], following: Floats) -> Floats:
        """Return what is lent to `tokens`, where all are so likely."""
        behind = following.max() - following[tokens]
        lent = np.minimum(self._lends[tokens], behind + np.float32(_AHEAD_NATS))
        return np.where(behind < _HOPELESS_NATS, lent, np.float32(0))

    def _along(self, place: BiasState) -> npt.NDArray[np.int64]:
        """Return the tokens that go on with the phrase at `place`, and keep it one that helps."""
        if place.state is None:
            return np.zeros(0, np.int64)
        tokens = place.state.tokens
        inside_word = self._vocabulary.inside_word
        if int((~inside_word[list(place.tokens)]).sum()) >= _MOST_WORDS:
            tokens = tokens[inside_word[tokens]]
        return tokens[~self._vocabulary.has_digits[tokens]]

    def _completed(self, place: BiasState) -> str:
        """Return the phrase that is whole if the word ends at `place`; "" if none is."""
        if place.state is None or not place.state.is_end:
            return ""
        return lexical(self._vocabulary.decode(place.tokens))
