"""Letters in place of phonemes, where espeak-ng is missing or has no voice."""

from collections.abc import Sequence

from voice2mqtt.nlu.text.letters import spelled


class Letters:
    """A Pronouncer that takes each letter of a word for a phoneme."""

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the letters and digits of each of `words`, in lower case."""
        return [spelled(word) for word in words]
