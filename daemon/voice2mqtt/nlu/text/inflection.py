"""Which words are forms of one word: "light" and "lights", "ferme" and "fermez"."""

from collections.abc import Iterator
from functools import lru_cache

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.text.letters import folded, unaccented

_MIN_STEM = 3
"""Letters of a stem; shorter ones are shared by words that have nothing in common."""


class Inflection:
    """The inflection of one language, by the endings in its data file.

    A crude stemmer, as light ones for search are (Savoy 2006): two words are forms of one if both
    are a stem in common and an ending.
    """

    def __init__(self, language: str) -> None:
        """`language` is a tag such as "de" or "en-GB"; one without data has no inflection."""
        known = language_named(language)
        endings = known.endings
        self._irregular = {word: line for line in known.forms for word in map(folded, line.split())}
        self._endings = ("", *endings) if endings else ()
        self.stems = lru_cache(maxsize=4_000)(self._stems)
        """All stems of a word: what is left of it without an ending."""

    def are_forms(self, one: str, other: str) -> bool:
        """Return whether both are forms of one word; a word is not a form of itself."""
        return one != other and not self.stems(one).isdisjoint(self.stems(other))

    def _stems(self, word: str) -> frozenset[str]:
        stems = set(self._each_stem(word)) if word.isalpha() else set()
        if word in self._irregular:
            stems.add(self._irregular[word])
        # A recogniser may lose the accents of a word that it does not know.
        return frozenset(stems | set(map(unaccented, stems)))

    def _each_stem(self, word: str) -> Iterator[str]:
        for ending in self._endings:
            stem = word.removesuffix(ending)
            if word.endswith(ending) and len(stem) >= _MIN_STEM:
                yield stem
