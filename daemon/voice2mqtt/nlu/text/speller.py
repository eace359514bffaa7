"""Numbers to words, by the CLDR rules; the only file that imports unicode-rbnf."""

import re
from functools import lru_cache
from itertools import product

from unicode_rbnf import FormatPurpose, RbnfEngine
from unicode_rbnf.engine import NoRuleForNumberError

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.text.letters import cleaned

_EVERY_FORM_BELOW = 101
"""Larger whole numbers are spelled without inflected forms, which take time."""

_OTHER_NAMES = {"nb": "no"}
"""Our code of a language to that of the rules, where they differ"""

Forms = tuple[tuple[str, ...], ...]
"""The ways to say one number, each as a tuple of words; the usual one first"""


class Speller:
    """The number words of one language, casefolded and without hyphens."""

    def __init__(self, code: str) -> None:
        self._engine = _engine(code)
        self._respelled = [(re.compile(old), new) for old, new in language_named(code).respelled]
        self.spell = lru_cache(maxsize=10_000)(self._spell)
        """The ways to say a number; () if the language has no words for it."""

    def _spell(self, number: float) -> Forms:
        if number < 0 and number != int(number):
            # The rules drop the decimals of negative numbers.
            return ()
        # Only the inflected rules have decimals in every language.
        is_large = not 0 <= number < _EVERY_FORM_BELOW and number == int(number)
        rulesets = self._plain_rulesets() if is_large else None
        return self._forms(number, FormatPurpose.CARDINAL, rulesets)

    def spell_ordinal(self, number: int) -> Forms:
        """Return the ways to say the `number`-th; () if the language has no words for it."""
        return self._forms(number, FormatPurpose.ORDINAL, None)

    def decimal_point(self) -> str:
        """Return the word between a number and its decimals; "" if the language has none."""
        forms = self._forms(0.5, FormatPurpose.CARDINAL, None)
        if forms and len(forms[0]) == 3:
            return forms[0][1]
        # Written without spaces in some languages.
        joined = ["".join(form) for form in forms if len(form) == 1]
        for half, (zero, *_), (five, *_) in product(joined, self._spell(0), self._spell(5)):
            if half.startswith(zero) and half.endswith(five):
                return half.removeprefix(zero).removesuffix(five)
        return ""

    def _plain_rulesets(self) -> list[str] | None:
        wanted = ("spellout-numbering", "spellout-cardinal", "spellout-cardinal-verbose")
        known = self._engine.rulesets if self._engine else ()
        return [name for name in wanted if name in known] or None

    def _forms(self, number: float, purpose: FormatPurpose, rulesets: list[str] | None) -> Forms:
        if self._engine is None:
            return ()
        try:
            said = self._engine.format_number(number, purpose, rulesets).text_by_ruleset.values()
        except (NoRuleForNumberError, ValueError):
            # No ordinals at all, nothing below zero, nothing above a million: languages differ.
            return ()
        texts = [cleaned(text.casefold()).strip() for text in said]
        for pattern, replacement in self._respelled:
            respelled = [pattern.sub(replacement, text) for text in texts]
            texts = list(dict.fromkeys(texts + respelled))
        forms = (tuple(re.split(r"[\s,\-\u2010-\u2015]+", text)) for text in texts)
        # Some ordinal rules give digits ("1."), which are no words.
        return tuple(dict.fromkeys(form for form in forms if not re.search(r"\d", "".join(form))))


def _engine(code: str) -> RbnfEngine | None:
    name = code.replace("-", "_")
    bare = name.split("_")[0]
    # Some rule files are incomplete, such as "es_419"; only the supported ones count.
    known = RbnfEngine.get_supported_languages()
    names = (name for name in (name, _OTHER_NAMES.get(bare, bare)) if name in known)
    return next(map(RbnfEngine.for_language, names), None)
