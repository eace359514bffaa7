"""How a language says its numbers; the only file that knows the CLDR rules (unicode-rbnf).

Knows cardinals and ordinals as words and back. Knows nothing of sentences.
"""

import re
from functools import lru_cache

from unicode_rbnf import FormatPurpose, RbnfEngine

COUNTED = 1000
"""Numbers below are known in words both ways; above, only their digits are understood."""

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")


class Numerals:
    """The number words of one language. Words are casefolded, without hyphens or soft hyphens."""

    def __init__(self, language: str) -> None:
        self._engine = _engine(language)
        self.cardinals: dict[tuple[str, ...], int] = {}
        self.ordinals: dict[tuple[str, ...], int] = {}
        for number in range(COUNTED + 1):
            for words in self.spell(number):
                self.cardinals.setdefault(words, number)
        for number in range(100):
            for words in self._forms(number, FormatPurpose.ORDINAL):
                self.ordinals.setdefault(words, number)

    def spell(self, number: float) -> tuple[tuple[str, ...], ...]:
        """Return the ways to say `number`, the usual one first; () if the language is unknown."""
        return self._forms(number, FormatPurpose.CARDINAL)

    def _forms(self, number: float, purpose: FormatPurpose) -> tuple[tuple[str, ...], ...]:
        if self._engine is None:
            return ()
        texts = self._engine.format_number(number, purpose).text_by_ruleset.values()
        forms = (tuple(_SEPARATORS.split(text.casefold().replace("\xad", ""))) for text in texts)
        # Some ordinal rules give digits ("1."), which are no words.
        return tuple(dict.fromkeys(form for form in forms if not re.search(r"\d", "".join(form))))


@lru_cache(maxsize=8)
def numerals(language: str) -> Numerals:
    """Return the numerals of `language` ("en", "de-AT"); without words if CLDR lacks it."""
    return Numerals(language)


def _engine(language: str) -> RbnfEngine | None:
    name = language.replace("-", "_")
    for candidate in (name, name.split("_")[0]):
        try:
            return RbnfEngine.for_language(candidate)
        except ValueError:
            continue
    return None
