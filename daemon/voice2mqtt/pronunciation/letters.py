"""Letters in place of phonemes, for a language or a machine that has none."""

from collections.abc import Sequence

from voice2mqtt.nlu.text.letters import spelled


class Letters:
    """Takes each letter of a word for a sound."""

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the letters and digits of each of `words`, in lower case."""
        return [spelled(word) for word in words]
