"""Contextual biasing: how the names in a client's phrase list help open decoding.

Shallow fusion (Zhao and others, "Shallow-Fusion End-to-End Contextual Biasing", Interspeech 2019):
each token along a phrase adds a bias of some nats to the score of a string, so that an unusual
name survives in the beam up to its end. The bias

- never revives a token that the audio rules out, nor puts one far ahead of the others;
- is taken back where a phrase breaks off, so talk that only begins like a phrase gains nothing;
- is kept where a phrase ends with its word, as far as the length of the phrase warrants, and a
  quarter as much for each phrase before it;
- is given once for each phrase, or the best string would be one phrase over and over.

Only names are helped. A sentence would gain so much that "to 40" became the "to 28" of the list;
for sentences there is the grammar. Numbers are not helped for the same reason.

Arrays over the vocabulary have one float for each token, in nats.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine import Floats
from voice2mqtt.speechhost.decoding.token_grammar import State, TokenGrammar
from voice2mqtt.speechhost.decoding.tokenizer import Tokenizer

_TOKEN_BIAS_NATS = 3.0
"""At most, for each token of a phrase, at weight 1, which clients send unless told otherwise."""
_KEPT_PER_LETTER_NATS = 1.15
"""What a whole phrase keeps at weight 1 for each letter but the first, a quarter more at weight 2.
The longer a phrase, the rarer are other words that sound so much like it."""
_MAX_LEAD_NATS = 3.0
"""A token is put so far ahead of the likeliest other one, and no further."""
_RULED_OUT_NATS = 8.0
"""A token so far behind the likeliest was not said, whatever the weight."""

_MAX_WORDS = 3
"""Longer phrases are sentences. Set by hand."""


@dataclass(frozen=True, slots=True)
class BiasState:
    """How far into a phrase a string of tokens is, and which phrases it has had."""

    state: State | None = None
    """Of the grammar of phrases; None outside all phrases."""
    tokens: tuple[int, ...] = ()
    """Of the phrase so far."""
    bias: float = 0.0
    """Nats added since the phrase, or a shorter one, was complete: what may be taken back."""
    completed: frozenset[str] = frozenset()
    """Phrases that have been helped already."""


NO_PHRASE = BiasState()


class PhraseBias:
    """The phrases of one list."""

    def __init__(self, grammar: TokenGrammar, tokenizer: Tokenizer, weight: float) -> None:
        """`grammar` accepts the phrases; `weight` is the client's, 0 to 2."""
        self._grammar = grammar
        self._tokenizer = tokenizer
        first = grammar.start.tokens
        self._first_tokens = first[~tokenizer.has_digits[first]]
        self._kept_per_letter = _KEPT_PER_LETTER_NATS * (3 + weight) / 4
        # Punctuation is the model's to set.
        token_bias = np.float32(_TOKEN_BIAS_NATS * weight)
        self._token_bias = np.where(tokenizer.has_letters, token_bias, 0)

    def score_changes(self, at: BiasState, log_probs: Floats) -> Floats:
        """Return what each token changes in the score of a string `at` a place in a phrase.

        `log_probs` are those of the next token, without bias.
        """
        inside_word = self._tokenizer.inside_word
        continuing = self._continuing_tokens(at)
        changes = np.full(len(inside_word), -at.bias, np.float32)
        changes[continuing] = 0
        phrase = self._complete_phrase(at)
        if phrase and phrase not in at.completed:
            before = sum(not phrase.startswith(other) for other in at.completed)
            kept = self._kept_per_letter * (len(phrase) - 1) / 4**before
            changes[~inside_word] = min(0.0, kept - at.bias)
        bias = np.zeros_like(changes)
        for tokens in (self._first_tokens, continuing):
            bias[tokens] = self._bias(tokens, log_probs)
        return changes + bias

    def advance(self, at: BiasState, token: int, log_probs: Floats) -> BiasState:
        """Return the state of a string after `token`; `log_probs` are those it was chosen from."""
        bias, completed = at.bias, at.completed
        if not self._tokenizer.inside_word[token]:
            phrase = self._complete_phrase(at)
            if phrase and phrase not in completed:
                bias, completed = 0.0, completed | {phrase}
        added = float(self._bias(token, log_probs))
        if at.state is not None and token in self._continuing_tokens(at):
            state = self._grammar.follow(at.state, token)
            return BiasState(state, (*at.tokens, token), bias + added, completed)
        if token in self._first_tokens:
            state = self._grammar.follow(self._grammar.start, token)
            return BiasState(state, (token,), added, completed)
        return BiasState(completed=completed)

    def _bias(self, tokens: int | npt.NDArray[np.int64], log_probs: Floats) -> Floats:
        """Return the bias of `tokens`, each within its limits."""
        behind = log_probs.max() - log_probs[tokens]
        bias = np.minimum(self._token_bias[tokens], behind + np.float32(_MAX_LEAD_NATS))
        return np.where(behind < _RULED_OUT_NATS, bias, np.float32(0))

    def _continuing_tokens(self, at: BiasState) -> npt.NDArray[np.int64]:
        """Return the tokens that continue the phrase, and keep it one that is helped."""
        if at.state is None:
            return np.zeros(0, np.int64)
        tokens = at.state.tokens
        inside_word = self._tokenizer.inside_word
        if int((~inside_word[list(at.tokens)]).sum()) >= _MAX_WORDS:
            tokens = tokens[inside_word[tokens]]
        return tokens[~self._tokenizer.has_digits[tokens]]

    def _complete_phrase(self, at: BiasState) -> str:
        """Return the phrase that is complete if the word ends here; "" if none is."""
        if at.state is None or not at.state.is_end:
            return ""
        return lexical(self._tokenizer.decode(at.tokens))
