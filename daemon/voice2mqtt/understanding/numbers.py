"""How a language says its numbers; the only file that knows the CLDR rules (unicode-rbnf).

Languages differ in where they put spaces ("twenty five", "fünfundzwanzig", "vingt-cinq"), and
recognisers do not keep to it. So numbers are looked up with all spaces taken out. Knows nothing
of sentences.
"""

import re
from functools import lru_cache

from unicode_rbnf import FormatPurpose, RbnfEngine

from voice2mqtt.understanding.language import language_named

_EVERY_FORM_BELOW = 101
"""Inflected forms are worth their time only for numbers that are really inflected."""
_HIGHEST_THOUSAND = 99
_LONGEST_LETTERS = 100
"""Longer words are no numbers."""

Forms = tuple[tuple[str, ...], ...]
"""Ways to say one number, each as words; the usual one first."""


class Numerals:
    """The number words of one language, casefolded and without hyphens."""

    def __init__(self, code: str) -> None:
        language = language_named(code)
        self._engine = _engine(code)
        self.spell = lru_cache(maxsize=10_000)(self._spell)
        """The ways to say a number; () if the language is unknown."""
        self._respelled = [(re.compile(old), new) for old, new in language.respelled]
        self._halves = tuple(half.replace(" ", "") for half in language.halves)
        self._small: dict[str, float] = dict(language.further_numbers)
        self._thousands: dict[str, float] = {}
        self._ordinals: dict[str, float] = {}
        self.words: set[str] = {word for half in language.halves for word in half.split()}
        """All words that numbers are made of."""
        for number in range(1000):
            self._learn(self._small, number, self.spell(number))
        for thousands in range(1, _HIGHEST_THOUSAND + 1):
            self._learn(self._thousands, 1000 * thousands, self.spell(1000 * thousands))
        for number in range(_EVERY_FORM_BELOW):
            self._learn(self._ordinals, number, self.spell_ordinal(number))
        self._point = self._decimal_point()
        self.beginnings = self._first_words()
        """Words after which a number may go on."""
        if self._point:
            self.words.add(self._point)

    def _spell(self, number: float) -> Forms:
        rulesets = None if 0 <= number < _EVERY_FORM_BELOW else self._plain_rulesets()
        return self._forms(number, FormatPurpose.CARDINAL, rulesets)

    def spell_ordinal(self, number: int) -> Forms:
        """Return the ways to say the `number`-th; () if the language is unknown."""
        return self._forms(number, FormatPurpose.ORDINAL, None)

    def cardinal(self, compact: str) -> float | None:
        """Return the number that `compact`, words with no spaces, says; None if it is none."""
        if len(compact) > _LONGEST_LETTERS:
            return None
        whole = self._whole(compact)
        if whole is not None:
            return whole
        for half in self._halves:
            if compact.endswith(half):
                number = self._whole(compact.removesuffix(half))
                if number is not None:
                    return number + 0.5
        if self._point and self._point in compact:
            return self._decimal(*compact.split(self._point, 1))
        return None

    def ordinal(self, compact: str) -> int | None:
        """Return n if `compact` says the n-th; None if it says no such thing."""
        number = self._ordinals.get(compact)
        return None if number is None else int(number)

    def _whole(self, compact: str) -> float | None:
        if compact in self._small:
            return self._small[compact]
        for cut in range(len(compact), 0, -1):
            thousands = self._thousands.get(compact[:cut])
            if thousands is not None:
                rest = self._small.get(compact[cut:]) if compact[cut:] else 0
                return None if rest is None else thousands + rest
        return None

    def _decimal(self, whole: str, fraction: str) -> float | None:
        number = self._whole(whole)
        digits = self._digits(fraction)
        return float(f"{number:.0f}.{digits}") if number is not None and digits else None

    def _digits(self, compact: str) -> str:
        """Return the digits of a fraction, said one by one or as a number; "" if it is none."""
        number = self._small.get(compact)
        if number is not None:
            return f"{number:.0f}"
        for cut in range(len(compact) - 1, 0, -1):
            first = self._small.get(compact[:cut])
            if first is not None and first < 10:
                rest = self._digits(compact[cut:])
                return f"{first:.0f}{rest}" if rest else ""
        return ""

    def _learn(self, known: dict[str, float], number: int, forms: Forms) -> None:
        for words in forms:
            known.setdefault("".join(words), number)
            self.words.update(words)

    def _first_words(self) -> set[str]:
        forms = [form for number in range(1000) for form in self.spell(number)]
        return {word for form in forms for word in form[:-1]}

    def _decimal_point(self) -> str:
        forms = self._forms(0.5, FormatPurpose.CARDINAL, None)
        return forms[0][1] if forms and len(forms[0]) == 3 else ""

    def _plain_rulesets(self) -> list[str] | None:
        wanted = ("spellout-numbering", "spellout-cardinal", "spellout-cardinal-verbose")
        known = self._engine.rulesets if self._engine else ()
        return [name for name in wanted if name in known] or None

    def _forms(self, number: float, purpose: FormatPurpose, rulesets: list[str] | None) -> Forms:
        if self._engine is None:
            return ()
        said = self._engine.format_number(number, purpose, rulesets).text_by_ruleset.values()
        texts = [text.casefold().replace("\xad", "") for text in said]
        for pattern, replacement in self._respelled:
            texts += [pattern.sub(replacement, text) for text in texts]
        forms = (tuple(re.split(r"[\s\-\u2010-\u2015]+", text)) for text in texts)
        # Some ordinal rules give digits ("1."), which are no words.
        return tuple(dict.fromkeys(form for form in forms if not re.search(r"\d", "".join(form))))


@lru_cache(maxsize=8)
def numerals(code: str) -> Numerals:
    """Return the numerals of the language `code` ("en", "de-AT"); no words if CLDR lacks it."""
    return Numerals(code)


def _engine(code: str) -> RbnfEngine | None:
    name = code.replace("-", "_")
    for candidate in (name, name.split("_")[0]):
        try:
            return RbnfEngine.for_language(candidate)
        except ValueError:
            continue
    return None
