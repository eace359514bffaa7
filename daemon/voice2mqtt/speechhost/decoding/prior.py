"""How likely words are before anything is heard.

The decoder is a language model too, and finds some sentences likelier than others whatever the
audio. As in internal language model estimation (Meng and others, 2021, arXiv 2011.01991) that part
is estimated by the same decoder without speech: here, a second of silence. What the audio adds to
it is the evidence that a sentence was said.
"""

from collections.abc import Sequence

import numpy as np

from voice2mqtt.speechhost.decoding.moonshine import SAMPLE_RATE_HZ, Decoding, Moonshine

_CACHE_SIZE = 20_000
"""Strings."""


class Prior:
    """Log-probabilities of tokens given silence; each string is scored once."""

    def __init__(self, model: Moonshine) -> None:
        silence = model.encode(np.zeros(SAMPLE_RATE_HZ, np.float32))
        self._decoding = Decoding(model, silence)
        self._known: dict[tuple[int, ...], tuple[float, ...]] = {}

    def log_probabilities(self, strings: Sequence[tuple[int, ...]]) -> list[tuple[float, ...]]:
        """Return the log-probabilities of the tokens of each of `strings`, the end included."""
        known = {s: scores for s in strings if (scores := self._known.get(s)) is not None}
        new = [string for string in dict.fromkeys(strings) if string not in known]
        # One by one: the model's integers are quantised with one scale for a whole batch, and
        # what was asked before must not change the answer now.
        known |= {string: self._decoding.score([string])[0].log_probabilities for string in new}
        if len(self._known) > _CACHE_SIZE:
            self._known.clear()
        self._known |= known
        return [known[string] for string in strings]
