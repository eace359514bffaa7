"""Amounts that are no whole number of a unit: "a quarter of an hour", "five dollars fifty".

Works on keys (`normaliser.py`); the words are in the data file of the language.
"""

from collections.abc import Callable, Iterator, Sequence

from voice2mqtt.languages.language import Language
from voice2mqtt.nlu.text.times import Numbers
from voice2mqtt.nlu.text.token_lattice import Keys, LatticeArc

CURRENCIES = ("€", "$", "£")
_FRACTIONS = (0.25, 0.5, 0.75)
_FRACTIONS_AND_ONE = (1.25, 1.5, 1.75)


class Amounts:
    """The fractions of one language, and what it adds to an amount after the unit."""

    def __init__(self, language: Language, keys_of: Callable[[str], Keys]) -> None:
        """`keys_of` splits words into keys."""
        fractions = {keys_of(words): part for words, part in language.fractions.items()}
        articles = [keys_of(article) for article in language.fraction_articles]
        links = ((), *map(keys_of, language.fraction_links))
        self._links = links[1:]
        self._articles = frozenset(articles)
        self._articled = {
            article[0]: [article + words for words in fractions] for article in articles
        }
        self._fractions: dict[str, list[tuple[Keys, float]]] = {}
        """By their first word"""
        for words, part in fractions.items():
            for link in links:
                self._fractions.setdefault(words[0], []).append((words + link, part))
        self._parts = {keys_of(words): part for words, part in language.parts.items()}
        self._before_parts = {words[0] for words in self._parts if not words[0][0].isdecimal()}
        self._below_zero = tuple(map(keys_of, language.below_zero))
        self._bare_units = frozenset(map(keys_of, language.bare_units))
        self._cents = frozenset(map(keys_of, language.cents))
        self._joints = frozenset(map(keys_of, language.joints))

    def articled_fractions(self, keys: Keys, at: int) -> frozenset[int]:
        """Return the ends of fractions whose article is at `at`; the article is no one there."""
        return frozenset(
            at + len(words)
            for words in self._articled.get(keys[at], ())
            if keys[at : at + len(words)] == words
        )

    def fractions(
        self, outgoing: Sequence[Sequence[LatticeArc]], at: int
    ) -> Iterator[tuple[int, float]]:
        """Yield (end, part) of each fraction of one that is said from `at`."""
        yield from self._named(outgoing, at)
        yield from self._linked(outgoing, at)
        for article in outgoing[at]:
            if (article.key,) in self._articles:
                yield from self._named(outgoing, article.end)
                for arc in outgoing[article.end]:
                    # "Eine 3/4 Stunde", in which 3/4 is already 0.75.
                    if arc.end == article.end + 1 and arc.number in _FRACTIONS:
                        yield arc.end, arc.number
        yield from self._joined(outgoing, at)

    def ends_below_zero(self, keys: Keys, at: int) -> Iterator[int]:
        """Yield where words end that are said from `at` and make the number before negative."""
        for words in self._below_zero:
            if keys[at : at + len(words)] == words:
                yield at + len(words)

    def _joined(
        self, outgoing: Sequence[Sequence[LatticeArc]], at: int
    ) -> Iterator[tuple[int, float]]:
        """Yield (end, number) of a number and a fraction in digits: "2 and 1/2".

        A recogniser that takes the article for a one writes "4 en 1,5" of "vier en een half".
        """
        for whole in outgoing[at]:
            if whole.number is None or whole.number < 1 or whole.number != int(whole.number):
                continue
            for end in {arc.end for arc in outgoing[whole.end] if arc.key in self._before_parts}:
                for arc in outgoing[end]:
                    one_more = arc.number in _FRACTIONS_AND_ONE and whole.number > 1
                    is_fraction = arc.number in _FRACTIONS or one_more
                    if arc.number and is_fraction and arc.end == end + 1:
                        yield arc.end, whole.number + arc.number % 1

    def _linked(
        self, outgoing: Sequence[Sequence[LatticeArc]], at: int
    ) -> Iterator[tuple[int, float]]:
        """Yield (end, part) of a fraction in digits with what links it to its unit: "3/4 of an"."""
        for arc in outgoing[at]:
            if arc.number is not None and 0 < arc.number < 1:
                for link in self._links:
                    yield from ((end, arc.number) for end in _ends(outgoing, arc.end, link))

    def _named(
        self, outgoing: Sequence[Sequence[LatticeArc]], at: int
    ) -> Iterator[tuple[int, float]]:
        for first in {arc.key for arc in outgoing[at]} & self._fractions.keys():
            for words, part in self._fractions[first]:
                yield from ((end, part) for end in _ends(outgoing, at, words))

    def counted_alone(self, unit: str) -> bool:
        """Return whether `unit` means one where a part follows: "hora y media"."""
        return (unit,) in self._bare_units

    def added(
        self, keys: Keys, numbers: Numbers, unit: str, at: int
    ) -> Iterator[tuple[int, float]]:
        """Yield (end, addition) of what is said from `at`, after the unit `unit`.

        Parts of a whole ("twenty degrees and a half"), and hundredths of a currency.
        """
        for words, part in self._parts.items():
            if keys[at : at + len(words)] == words:
                yield at + len(words), part
        if keys[at : at + 1] and keys[at] in self._before_parts and at + 1 < len(keys):
            # "Two hours and 1/2": a fraction is one token.
            yield from (
                (end, part) for end, part in numbers[at + 1] if part in _FRACTIONS and end == at + 2
            )
        if unit not in CURRENCIES:
            return
        joined = at + (keys[at : at + 1] in self._joints)
        for end, number in numbers[joined] if joined < len(keys) else ():
            if number in range(1, 100):
                if keys[end : end + 1] in self._cents:
                    yield end + 1, number / 100
                elif joined == at and number >= 10:
                    yield end, number / 100


def _ends(outgoing: Sequence[Sequence[LatticeArc]], at: int, words: Keys) -> set[int]:
    """Return where `words` end that are said from `at`."""
    ends = {at}
    for word in words:
        ends = {arc.end for end in ends for arc in outgoing[end] if arc.key == word}
    return ends
