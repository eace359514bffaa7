"""Fractions of one with their article: "a quarter of an hour", "eine dreiviertel Stunde".

Works on keys (`normaliser.py`); the words are in the data file of the language.
"""

from collections.abc import Callable, Iterator, Sequence

from voice2mqtt.languages.language import Language
from voice2mqtt.nlu.text.times import Keys
from voice2mqtt.nlu.text.token_lattice import LatticeArc


class Fractions:
    """The fractions of one language; `keys_of` splits words into keys."""

    def __init__(self, language: Language, keys_of: Callable[[str], Keys]) -> None:
        self._articles = frozenset(map(keys_of, language.fraction_articles))
        links = ((), *map(keys_of, language.fraction_links))
        self._phrases: dict[str, list[tuple[Keys, float]]] = {}
        """By their first word"""
        self._bare = {keys_of(words) for words in language.fractions}
        for words, part in language.fractions.items():
            for link in links:
                keys = keys_of(words) + link
                self._phrases.setdefault(keys[0], []).append((keys, part))

    def ends(self, keys: Keys, at: int) -> frozenset[int]:
        """Return the ends of fractions whose article is at `at`; the article is no one there."""
        if not any(keys[at : at + len(article)] == article for article in self._articles):
            return frozenset()
        return frozenset(
            at + 1 + len(words)
            for words in self._bare
            if keys[at + 1 : at + 1 + len(words)] == words
        )

    def said(
        self, outgoing: Sequence[Sequence[LatticeArc]], at: int
    ) -> Iterator[tuple[int, float]]:
        """Yield (end, fraction) of each fraction that is said from `at`."""
        yield from self._named(outgoing, at)
        for arc in outgoing[at]:
            if (arc.key,) in self._articles:
                yield from self._named(outgoing, arc.end)
                for after in outgoing[arc.end]:
                    # "Eine 3/4 Stunde", in which 3/4 is already 0.75.
                    if after.number is not None and 0 < after.number < 1:
                        yield after.end, after.number

    def _named(
        self, outgoing: Sequence[Sequence[LatticeArc]], at: int
    ) -> Iterator[tuple[int, float]]:
        for first in {arc.key for arc in outgoing[at]} & self._phrases.keys():
            for words, part in self._phrases[first]:
                ends = {at}
                for word in words:
                    ends = {r.end for end in ends for r in outgoing[end] if r.key == word}
                yield from ((end, part) for end in ends)
