"""The words that were spoken, from how the model wrote them: the protocol's Lexical form.

"Set it to -20.5%" was said as "set it to minus twenty point five percent". English only.
"""

import re
from collections.abc import Iterator

from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.decoding.verbaliser import MAX_SPELT_DIGITS, spelt

_WORD = re.compile(
    r"""
    (?P<minus> (?<!\S)[-\u2212] (?=[$€£]?\d) )
    | (?P<currency> [$€£] (?=\d) )?
      (?P<whole> \d{1,3}(?:,\d{3})+(?![\d,]) | \d+ )
      (?: \.(?P<decimals> \d+) | :(?P<minutes> [0-5]\d)(?!\d) | (?P<nth> st|nd|rd|th)(?!\w) )?
      (?: [ ](?P<scale> thousand|million|billion)\b )?
    | (?P<other> [^\W\d]+(?:'[^\W\d]+)* | [%°&+] )
    """,
    re.VERBOSE,
)
_SIGNS = {"%": "percent", "°": "degrees", "&": "and", "+": "plus"}
_CURRENCIES = {
    "$": ("dollar", "dollars", "cents"),
    "€": ("euro", "euros", "cents"),
    "£": ("pound", "pounds", "pence"),
}
"""Singular, plural, and the name of the hundredths."""
_CENT_DECIMALS = 2
"""With more or fewer decimals an amount is a number of dollars: "one point five"."""


def lexical(text: str) -> str:
    """Return the words of English `text`: lower case, no marks, numbers and signs as words."""
    return " ".join(word for words, _ in lexical_spans(text) for word in words)


def lexical_spans(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Yield the words of `text` as `lexical` has them, with the characters that stand for them."""
    for match in _WORD.finditer(text.lower()):
        yield tuple(_words(match)), match.span()


def _words(match: re.Match[str]) -> Iterator[str]:
    if match["minus"]:
        yield "minus"
    elif match["other"]:
        yield _SIGNS.get(match["other"], match["other"])
    elif match["currency"]:
        yield from _money(match)
    else:
        yield from _number(match)


def _money(match: re.Match[str]) -> Iterator[str]:
    singular, plural, hundredths = _CURRENCIES[match["currency"]]
    whole, decimals = _whole(match), match["decimals"] or ""
    if len(decimals) != _CENT_DECIMALS:
        yield from _number(match)
        yield singular if (whole, decimals) == ("1", "") else plural
        return
    yield from _cardinal(whole)
    yield singular if whole == "1" else plural
    if int(decimals):
        yield from ("and", *_cardinal(decimals), hundredths)


def _number(match: re.Match[str]) -> Iterator[str]:
    whole, minutes = _whole(match), match["minutes"]
    if match["nth"]:
        forms = normaliser("en").spell_ordinal(int(whole[:MAX_SPELT_DIGITS]))
        yield from forms[0] if forms and len(whole) <= MAX_SPELT_DIGITS else (whole + match["nth"],)
    elif len(whole) > 1 and whole.startswith("0") and not minutes:
        yield from _digits(whole)
    else:
        yield from _cardinal(whole)
    if match["decimals"]:
        yield from ("point", *_digits(match["decimals"]))
    if match["scale"]:
        yield match["scale"]
    if minutes == "00":
        yield "o'clock"
    elif minutes:
        yield from (*(["oh"] if minutes.startswith("0") else []), *_cardinal(minutes))


def _whole(match: re.Match[str]) -> str:
    return str(match["whole"]).replace(",", "")


def _digits(digits: str) -> Iterator[str]:
    for digit in digits:
        yield from _cardinal(digit)


def _cardinal(digits: str) -> tuple[str, ...]:
    forms = spelt(digits, "en")
    return forms[0] if forms else (digits,)
