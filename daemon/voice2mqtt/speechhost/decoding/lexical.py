"""The words alone of what was written: the protocol's Lexical form, and what is compared by length.

"Set it to -20.5%" was said as "set it to minus twenty point five percent". It knows English only,
and nothing of tokens.
"""

import re
from collections.abc import Iterator

from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.speechhost.decoding.verbaliser import LONGEST_NUMBER, spelt

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
"""One, several, and hundredths of one."""
_CENTS = 2
"""Decimals of an amount of money; with more or less it is a number of dollars."""


def lexical(text: str) -> str:
    """Return the words of English `text`: lower case, no marks, numbers and signs as words."""
    return " ".join(word for found in _WORD.finditer(text.lower()) for word in _said(found))


def _said(found: re.Match[str]) -> Iterator[str]:
    if found["minus"]:
        yield "minus"
    elif found["other"]:
        yield _SIGNS.get(found["other"], found["other"])
    elif found["currency"]:
        yield from _money(found)
    else:
        yield from _number(found)


def _money(found: re.Match[str]) -> Iterator[str]:
    one, several, hundredths = _CURRENCIES[found["currency"]]
    whole, decimals = _whole(found), found["decimals"] or ""
    if len(decimals) != _CENTS:
        yield from _number(found)
        yield one if (whole, decimals) == ("1", "") else several
        return
    yield from _cardinal(whole)
    yield one if whole == "1" else several
    if int(decimals):
        yield from ("and", *_cardinal(decimals), hundredths)


def _number(found: re.Match[str]) -> Iterator[str]:
    whole, minutes = _whole(found), found["minutes"]
    if found["nth"]:
        forms = normaliser("en").spell_ordinal(int(whole[:LONGEST_NUMBER]))
        yield from forms[0] if forms and len(whole) <= LONGEST_NUMBER else (whole + found["nth"],)
    elif len(whole) > 1 and whole.startswith("0") and not minutes:
        yield from _digits(whole)
    else:
        yield from _cardinal(whole)
    if found["decimals"]:
        yield from ("point", *_digits(found["decimals"]))
    if found["scale"]:
        yield found["scale"]
    if minutes == "00":
        yield "o'clock"
    elif minutes:
        yield from (*(["oh"] if minutes.startswith("0") else []), *_cardinal(minutes))


def _whole(found: re.Match[str]) -> str:
    return str(found["whole"]).replace(",", "")


def _digits(digits: str) -> Iterator[str]:
    for digit in digits:
        yield from _cardinal(digit)


def _cardinal(digits: str) -> tuple[str, ...]:
    forms = spelt(digits, "en")
    return forms[0] if forms else (digits,)
