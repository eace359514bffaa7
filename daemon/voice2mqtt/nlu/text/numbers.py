"""Number words to numbers.

Languages differ in where they put spaces ("twenty five", "fünfundzwanzig", "vingt-cinq"), and
recognisers do not follow them. So numbers are looked up in compact form, folded and without spaces:
below 1000 as CLDR spells them, above by their millions, thousands and hundreds.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache, partial

from voice2mqtt.languages.language import language_named, primary_of
from voice2mqtt.nlu.text.letters import folded, unaccented
from voice2mqtt.nlu.text.scales import Words, scales_of
from voice2mqtt.nlu.text.speller import Forms, Speller

_ORDINALS_BELOW = 101
_KIN_BELOW = 100
_COUNTED = (*range(2, 20), *range(20, 100, 10), *range(101, 1000, 10))
"""Counts that may have another form beside a scale: "kétezer", "doscientos un mil"."""
_EXEMPLARY = (21, 45, 200, 342)
"""If one of these has another form there too, all may have: "διακόσιες χιλιάδες"."""
_MAX_CHARACTERS = 160
"""Longer words are no numbers."""
MIN_DIGITS = 3
"""Digits said one by one that make one number: "to five" is not 25."""
_MIN_UNACCENTED = 4
"""Letters of a number without its accents; shorter ones are also other words."""
_DIGITS = range(1, 10)
_CENTURIES = range(10, 21)
"""First halves of a year said in pairs: "nineteen ninety nine"."""


class Numerals:
    """The number words of one language, with letters folded."""

    def __init__(self, code: str) -> None:
        language = language_named(code)
        speller = Speller(code)
        self.spell = speller.spell
        """The ways to say a number; () if the language is unknown."""
        self.spell_ordinal = speller.spell_ordinal
        self.word = lru_cache(maxsize=4_000)(self._word)
        """The folded word if it may be part of a number, else ""."""
        self._alike = [(re.compile(old), new) for old, new in language.alike]
        self._joint = folded(language.number_joint)
        further = language.further_numbers
        self._small: dict[str, float] = {_compact(said.split()): n for said, n in further.items()}
        self._ordinals: dict[str, float] = dict(language.further_ordinals)
        self._decades = {folded(word): years for word, years in language.decades.items()}
        self.words: set[str] = {self._joint, *self._small, *self._decades} - {""}
        """All words that may be part of a number"""
        self.words.update(folded(word) for said in further for word in said.split())
        for number in range(1000):
            self._add(self._small, number, self.spell(number))
        for kin in language.kin:
            kindred = Speller(kin)
            for number in range(_KIN_BELOW):
                self._add(self._small, number, kindred.spell(number))
        for number in range(_ORDINALS_BELOW):
            self._add(self._ordinals, number, self.spell_ordinal(number))
        self._learn_scales(code, speller)
        self._digits = {said: int(n) for said, n in self._small.items() if n in range(10)}
        self._zeros = frozenset(language.zeros)
        self._digits.update(dict.fromkeys(self._zeros, 0))
        self._longest_digit = max(map(len, self._digits), default=0)
        self.words.update(self._zeros)
        self._centuries = {
            said: n
            for said, n in self._small.items()
            if language.years_in_pairs and n in _CENTURIES
        }
        self._parts = [(_compact(words.split()), part) for words, part in language.parts.items()]
        self.words.update(folded(word) for words in language.parts for word in words.split())
        points = [word for word in (speller.decimal_point(), *language.points) if word]
        self.point = points[0] if points else ""
        """The usual word for the decimal point; "" if the language is unknown."""
        self._points = [folded(word) for word in points]
        self.words.update(self._points)
        self._letters = frozenset("".join((*self.words, *self._small, *self._ordinals)))
        self._initials = frozenset(word[0] for word in self._small if word)
        self.beginning = lru_cache(maxsize=4_000)(self._beginning)
        """How many letters of a folded word are a number that other letters follow"""
        self.ending = lru_cache(maxsize=4_000)(self._ending)
        """How many letters of a folded word stand before a number that it ends with"""
        self.beginnings = self._first_words()
        """Words that more words of a number may follow"""

    def letters(self, surface: str) -> str:
        """Return the folded `surface` if all its letters are some of number words, else ""."""
        plain = self.alike(folded(surface))
        return plain if self._letters.issuperset(plain) else ""

    def _beginning(self, word: str) -> int:
        if word[:1] not in self._initials:
            return 0
        lengths = range(len(word) - 1, 0, -1)
        return next((end for end in lengths if self._whole(word[:end]) is not None), 0)

    def _ending(self, word: str) -> int:
        cuts = range(1, len(word))
        return next((cut for cut in cuts if word[cut:] in self._small), 0)

    def alike(self, word: str) -> str:
        """Return the folded `word` in one spelling, where the language has two."""
        for pattern, replacement in self._alike:
            word = pattern.sub(replacement, word)
        return word

    def _word(self, surface: str) -> str:
        plain = folded(surface)
        return next((word for word in (plain, self.alike(plain)) if word in self.words), "")

    def compact(self, number: float) -> str:
        """Return the usual words of `number` in compact form; "" if the language is unknown."""
        forms = self.spell(number)
        return _compact(forms[0]) if forms else ""

    def cardinal(self, compact: str) -> float | None:
        """Return the number that `compact` says; None if it says none."""
        if len(compact) > _MAX_CHARACTERS:
            return None
        whole = self._whole(compact)
        if whole is not None:
            return whole
        number = self._with_part(compact)
        if number is not None:
            return number
        return self._scaled_part(compact) or self._year(compact) or self._one_by_one(compact)

    def ordinal(self, compact: str) -> int | None:
        """Return n if `compact` says the n-th, else None."""
        number = self._ordinals.get(compact)
        return None if number is None else int(number)

    def decade(self, compact: str) -> int | None:
        """Return the year with which the decade `compact` begins, else None."""
        for word, years in self._decades.items():
            if compact == word:
                return years
            if compact.endswith(word):
                before = compact.removesuffix(word)
                century = self._centuries.get(before)
                hundreds = self._whole(before) if century is None else 100 * century
                if hundreds and hundreds % 100 == 0:
                    return int(hundreds) + years
        return None

    def _whole(self, compact: str, below: int = 1_000_000_000) -> float | None:
        number = self._small.get(compact)
        if number is not None:
            return number if number < below else None
        if compact.isdecimal():
            return int(compact)
        for scale in self._scales:
            if scale.size < below:
                for head, rest, is_bare in scale.splits(compact):
                    number = self._scaled(head, scale.size, rest, may_shorten=is_bare)
                    if number is not None:
                        return number
        return None

    def _scaled(self, head: int | str, size: int, rest: str, *, may_shorten: bool) -> float | None:
        times = head if isinstance(head, int) else self._whole(head, min(size, self._count_below))
        if not times:
            return None
        if not rest:
            return times * size
        if may_shorten and self._next_scale_unsaid and self._small.get(rest) in _DIGITS:
            return times * size + self._small[rest] * size // 10
        for said in (rest, *(rest.removeprefix(joint) for joint in self._joints)):
            number = self._whole(said, size)
            if number:
                return times * size + number
        return None

    def _with_part(self, compact: str) -> float | None:
        """Return the number with a part or with decimals that `compact` says, else None."""
        for words, part in self._parts:
            if compact.endswith(words):
                number = self._whole(compact.removesuffix(words))
                if number is not None:
                    return number + part
        for point in self._points:
            whole_part, found, decimals = compact.partition(point)
            if found:
                return self._decimal(whole_part, decimals)
        return None

    def _scaled_part(self, compact: str) -> float | None:
        """Return the 2,500,000 of "two point five million", else None."""
        for scale in self._scales:
            for head in scale.counts_in(compact):
                number = self._with_part(head)
                if number:
                    return round(number * scale.size, 6)
        return None

    def _decimal(self, whole: str, decimals: str) -> float | None:
        number = 0 if not whole or whole in self._zeros else self._whole(whole)
        digits = self._decimals(decimals)
        return float(f"{number:.0f}.{digits}") if number is not None and digits else None

    def _decimals(self, compact: str) -> str:
        """Return the decimals, said one by one or as a number; "" if there are none."""
        number = self._small.get(compact)
        return f"{number:.0f}" if number is not None else self._spoken_digits(compact)

    def _spoken_digits(self, compact: str) -> str:
        """Return the digits that `compact` says one by one, else ""."""
        for cut in range(1, min(len(compact), self._longest_digit) + 1):
            digit = self._digits.get(compact[:cut])
            if digit is not None:
                rest = self._spoken_digits(compact[cut:])
                if rest or cut == len(compact):
                    return f"{digit}{rest}"
        return ""

    def _one_by_one(self, compact: str) -> int | None:
        digits = self._spoken_digits(compact)
        return int(digits) if len(digits) >= MIN_DIGITS and digits[0] != "0" else None

    def _year(self, compact: str) -> int | None:
        """Return the number that `compact` says in pairs, else None."""
        for said, century in self._centuries.items():
            if compact.startswith(said):
                rest = compact.removeprefix(said)
                years = self._small.get(rest, 0)
                digits = self._spoken_digits(rest)
                if years in range(10, 100):
                    return int(100 * century + years)
                if len(digits) == 2 and digits[0] == "0":
                    return int(100 * century) + int(digits)
        return None

    def _learn_scales(self, code: str, speller: Speller) -> None:
        """Learn what the language counts by, also without the region of `code`."""
        language, primary = language_named(code), primary_of(code)
        spellers = [speller] if primary == code else [speller, Speller(primary)]
        further = {folded(word): size for word, size in language.further_scales.items()}
        self._scales = scales_of(partial(self._folded_forms, spellers), further)
        self._count_below = 10_000 if any(scale.size == 10_000 for scale in self._scales) else 1000
        self._next_scale_unsaid = language.next_scale_unsaid
        self._joints = {self._joint, *(j for scale in self._scales for j in scale.joints)} - {""}
        self.words.update(word for scale in self._scales for word in (*scale.after, *scale.before))
        self.words.update(list(map(self.alike, self.words)))
        self._add_counts(spellers)
        self._add_unaccented(self._small)
        self._add_unaccented(self._ordinals)

    def _folded_forms(self, spellers: Sequence[Speller], number: int) -> list[Words]:
        """Return the ways to say `number` as folded words, which may be part of one."""
        forms = [tuple(map(folded, form)) for speller in spellers for form in speller.spell(number)]
        self.words.update(word for form in forms for word in form)
        return forms

    def _add(self, known: dict[str, float], number: int, forms: Forms) -> None:
        for words in forms:
            known.setdefault(_compact(words), number)
            self.words.update(map(folded, words))

    def _add_unaccented(self, known: dict[str, float]) -> None:
        """Add the forms that a recogniser writes which loses accents: "veintidos"."""
        for compact, number in list(known.items()):
            plain = unaccented(compact)
            if plain != compact and plain.isascii() and len(plain) >= _MIN_UNACCENTED:
                known.setdefault(plain, number)
                self.words.add(plain)
            known.setdefault(self.alike(compact), number)

    def _add_counts(self, spellers: Sequence[Speller]) -> None:
        """Add the forms that a count has only beside a scale: "kétezer", "doscientos un mil"."""
        larger = (math.inf, *(scale.size for scale in self._scales))
        for scale, next_size in zip(self._scales, larger, strict=False):
            most = int(min(next_size / scale.size, 1000))
            said = partial(self._folded_forms, spellers)
            if not any(any(scale.counts_in("".join(form))) for form in said(3 * scale.size)):
                # The rules know no word of this scale.
                continue
            every = any(
                self._whole("".join(form)) != count * scale.size
                for count in _EXEMPLARY
                if count < most
                for form in said(count * scale.size)
            )
            for count in range(2, most) if every else _COUNTED:
                for form in said(count * scale.size) if count < most else ():
                    for head in scale.counts_in("".join(form)):
                        self._small.setdefault(head, count)

    def _first_words(self) -> set[str]:
        sizes = [scale.size for scale in self._scales]
        numbers = (*range(1000), *(n * size for n in (1, 3) for size in sizes))
        forms = [form for number in numbers for form in self.spell(number)]
        return {folded(word) for form in forms for word in form[:-1]}


def _compact(words: tuple[str, ...] | list[str]) -> str:
    return "".join(map(folded, words))


@lru_cache(maxsize=8)
def numerals(code: str) -> Numerals:
    """Return the numerals of the language `code` ("en", "de-AT"); empty if CLDR lacks it."""
    return Numerals(code)
