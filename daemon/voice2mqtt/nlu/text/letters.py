"""Case folding and cleaning of characters, in every language."""

import unicodedata
from functools import lru_cache
from itertools import takewhile

APOSTROPHES = "'\u2019\u2018\u02bc\u00b4`"
SILENT = "\u00ad"
"""A soft hyphen: replaces a character that is ignored, where offsets must not change."""

UNSPACED = (
    "\u0e00-\u0e4f\u0e80-\u0ecf\u1000-\u103f\u1780-\u17df"
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""The letters and marks of scripts that are written without spaces, as ranges of a regular
expression: Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
UNSPACED_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u17b4-\u17d3\u17dd\u3099\u309a\u30fc"
)
"""Those of them that belong to the letter before"""

_VOWEL_POINTS = (
    *range(0x5B0, 0x5BD),
    0x5BF,
    0x5C1,
    0x5C2,
    0x5C7,
    0x640,
    *range(0x64B, 0x653),
    0x670,
)
"""Of Hebrew and Arabic, with the sign that lengthens a word: most texts are without them."""
_NO_LETTERS = dict.fromkeys((*map(ord, APOSTROPHES + SILENT), *_VOWEL_POINTS))
_DOTLESS = "\u0131"
_DOTTED = "i\u0307"
_UNSEEN = ("Cf", "Me")
"""Categories of invisible characters and of those that enclose others, such as a keycap."""
_FORM = "VARIATION SELECTOR"
"""In the Unicode name of what selects the form of the character before it."""


class _Cleaned(dict[int, int | str | None]):
    """Translation table, filled lazily: no invisible characters, spaces for control characters."""

    def __missing__(self, code: int) -> int | str | None:
        sign = chr(code)
        category = unicodedata.category(sign)
        is_form = _FORM in unicodedata.name(sign, "")
        unseen = category in _UNSEEN or is_form
        self[code] = None if unseen else " " if category == "Cc" else code
        return self[code]


_CLEANED = _Cleaned()


def cleaned(text: str) -> str:
    """Return `text` with spaces for control characters, and without invisible ones."""
    return text.translate(_CLEANED)


def spelled(word: str) -> tuple[str, ...]:
    """Return the letters, marks and digits of `word` in lower case, or any characters if none.

    Letters keep their accents. A word that is not empty has at least one character.
    """
    plain = unicodedata.normalize("NFC", word).lower()
    written = (letter for letter in plain if unicodedata.category(letter)[0] in "LMN")
    return tuple(written) or tuple(plain)


def leading_letters(text: str) -> str:
    """Return the letters that `text` begins with, with apostrophes: the "'s" of "'s lamp"."""
    return "".join(takewhile(_joins, text))


def trailing_letters(text: str) -> str:
    """Return the letters that `text` ends with, with apostrophes: the "l'" of "to l'"."""
    return "".join(takewhile(_joins, reversed(text)))[::-1]


def _joins(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM" or sign in "'\u2019"


def unaccented(word: str) -> str:
    """Return `word` without the marks on its letters."""
    apart = unicodedata.normalize("NFD", word)
    return "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")


@lru_cache(maxsize=4_000)
def folded(word: str) -> str:
    """Return `word` without case, apostrophes and compatibility forms."""
    result = ""
    # Folding may produce a form that folds again; three rounds are enough for every character.
    for _ in range(3):
        result = unicodedata.normalize("NFKC", word.casefold())
        # Turkish has a dotted and a dotless i, which case folding confuses.
        result = result.replace(_DOTLESS, "i").replace(_DOTTED, "i")
        word = result = result.translate(_NO_LETTERS)
    return result
