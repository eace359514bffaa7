"""The words that were spoken, from how the model wrote them: the protocol's Lexical form.

"Set it to -20.5%" was said as "set it to minus twenty point five percent". The words of numbers are
CLDR's, those of signs, amounts of money and times the language's own, from its data file; what has
no words in a language stays as it is written.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.nlu.text.token_lattice import MINUS
from voice2mqtt.speechhost.decoding.verbaliser import MAX_SPELT_DIGITS, spelt

_SIGNS = "%°&+"
"""Stay what they are in a language that has no words for them."""
_SCALES = tuple(count * 10**power for power in (3, 6, 9) for count in (1, 2))
"""Numbers that end in the words for a scale: "million", "millions"."""
_HUNDREDTHS = 2
"""With more or fewer decimals an amount is a number of dollars: "one point five"."""


def lexical(text: str, language: str = "en") -> str:
    """Return the words of `text`: lower case, no marks, numbers and signs as words."""
    return " ".join(word for words, _ in lexical_spans(text, language) for word in words)


def lexical_spans(
    text: str, language: str = "en"
) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Yield the words of `text` as `lexical` has them, with the span of each."""
    return _speaker(language).spans(text)


@lru_cache(maxsize=8)
def _speaker(language: str) -> "_Speaker":
    return _Speaker(language)


class _Speaker:
    """Says in one language what was written."""

    def __init__(self, code: str) -> None:
        self._code = code
        language = language_named(code)
        self._hundredths = language.hundredths
        self._joint = language.number_joint
        self._said = language.symbols
        self._point = normaliser(code).point
        self._clock: dict[str, str] = {}
        """The first phrase for a time with these slots, in this order: "hm" for "{h} h {m}"."""
        for phrase in (phrase for one in language.clock if one.minute == 0 for phrase in one.say):
            self._clock.setdefault("".join(re.findall(r"{(\w)}", phrase)), phrase)
        decimal, thousands = ",." if language.decimal_comma else ".,"
        signs = {sign for sign in language.symbols if len(sign) == 1} - {MINUS, *self._hundredths}
        currency = _any_of(self._hundredths)
        self._token = re.compile(
            rf"""
            (?P<minus> (?<!\S)[-{MINUS}] (?={currency}?\d) )
            | (?P<currency> {currency} (?=\d) )?
              (?P<whole> \d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?![\d{thousands}]) | \d+ )
              (?: {re.escape(decimal)}(?P<decimals> \d+)
                | :(?P<minutes> [0-5]\d)(?!\d)
                | (?P<nth> {_any_of(language.ordinal_endings)})(?!\w) )?
              (?: [ ](?P<scale> {_any_of(self._scales())})\b )?
            | (?P<word> [^\W\d]+(?:['\u2019][^\W\d]+)* )
            | (?P<sign> {_any_of({*_SIGNS, *signs})} )
            """,
            re.VERBOSE,
        )

    def spans(self, text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
        """Yield the spoken words of `text`, with the span of what they are written as."""
        for match in self._token.finditer(text.lower()):
            yield tuple(" ".join(self._words(match)).split()), match.span()

    def _words(self, match: re.Match[str]) -> Iterator[str]:
        if match["word"]:
            yield match["word"].replace("\u2019", "'")
        elif sign := match["sign"] or (match["minus"] and MINUS):
            yield self._said.get(sign, (sign,))[0]
        elif match["currency"]:
            yield from self._money(match)
        else:
            yield from self._number(match)

    def _money(self, match: re.Match[str]) -> Iterator[str]:
        several, *_, one = self._said[match["currency"]] * 2
        whole, decimals = self._whole(match), match["decimals"] or ""
        if len(decimals) != _HUNDREDTHS:
            yield from self._number(match)
            yield one if (whole, decimals) == ("1", "") else several
            return
        yield self._cardinal(whole)
        yield one if whole == "1" else several
        if int(decimals):
            yield from (self._joint, self._cardinal(decimals), self._hundredths[match["currency"]])

    def _number(self, match: re.Match[str]) -> Iterator[str]:
        whole = self._whole(match)
        if (match["minutes"] and not self._clock) or (match["decimals"] and not self._point):
            yield match[0]
            return
        if match["minutes"]:
            yield self._time(whole, match["minutes"])
        elif match["nth"]:
            is_short = len(whole) <= MAX_SPELT_DIGITS
            forms = normaliser(self._code).spell_ordinal(int(whole)) if is_short else ()
            yield " ".join(forms[0]) if forms else whole + match["nth"]
        elif len(whole) > 1 and whole.startswith("0"):
            yield self._digits(whole)
        else:
            yield self._cardinal(whole)
        if match["decimals"]:
            yield from (self._point, self._digits(match["decimals"]))
        yield match["scale"] or ""

    def _time(self, hour: str, minutes: str) -> str:
        fewer_or_more = "hd" if minutes < "10" else "he"
        wanted = ("h",) if minutes == "00" else (fewer_or_more, "hm")
        phrase = next((self._clock[slots] for slots in wanted if slots in self._clock), "{h} {m}")
        said = self._cardinal(minutes)
        return phrase.format(h=self._cardinal(hour), m=said, d=said, e=said)

    def _whole(self, match: re.Match[str]) -> str:
        return re.sub(r"\D", "", match["whole"])

    def _digits(self, digits: str) -> str:
        return " ".join(map(self._cardinal, digits))

    def _cardinal(self, digits: str) -> str:
        forms = spelt(digits, self._code)
        return " ".join(forms[0]) if forms else digits

    def _scales(self) -> set[str]:
        forms = (form for number in _SCALES for form in normaliser(self._code).spell(number)[:1])
        return {form[-1] for form in forms if len(form) > 1}


def _any_of(texts: Iterable[str]) -> str:
    longest_first = sorted(texts, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})"
