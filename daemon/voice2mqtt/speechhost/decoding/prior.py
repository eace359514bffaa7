"""How likely words are before anything is heard.

The model has read much, and finds some sentences likelier than others whatever the audio. Its
opinion of a second of silence tells how much; what the audio adds to that is the evidence that
a sentence was said.
"""

from collections.abc import Sequence

import numpy as np

from voice2mqtt.speechhost.decoding.moonshine import SAMPLE_RATE_HZ, Decoding, Moonshine

_REMEMBERED = 20_000


class Prior:
    """Log-probabilities of tokens given silence; those of each string are worked out once."""

    def __init__(self, model: Moonshine) -> None:
        silence = model.encode(np.zeros(SAMPLE_RATE_HZ, np.float32))
        self._decoding = Decoding(model, silence)
        self._known: dict[tuple[int, ...], tuple[float, ...]] = {}

    def log_probabilities(self, strings: Sequence[tuple[int, ...]]) -> list[tuple[float, ...]]:
        """Return how likely each token of each of `strings`, the end included, is in silence."""
        known = {s: likely for s in strings if (likely := self._known.get(s)) is not None}
        new = [string for string in dict.fromkeys(strings) if string not in known]
        # One by one: the model's small integers are scaled by all that it works on at once, and
        # what was said before must not change what is heard now.
        known |= {string: self._decoding.score([string])[0].likely for string in new}
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known |= known
        return [known[string] for string in strings]
