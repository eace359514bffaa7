"""Letters in place of phonemes, for a language or a machine that has none."""

import unicodedata
from collections.abc import Sequence


class Letters:
    """Takes each letter of a word for a sound. Accents are kept apart from the bare letter."""

    def pronounce(self, words: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Return the letters and digits of each of `words`, in lower case."""
        return [tuple(letter for letter in _plain(word) if letter.isalnum()) for word in words]


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower()
