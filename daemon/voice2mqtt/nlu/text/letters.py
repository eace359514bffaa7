"""Letters as they are compared, whatever they belong to: no case, no forms, no apostrophes."""

import unicodedata
from functools import lru_cache

APOSTROPHES = "'\u2019\u2018\u02bc\u00b4`"
SILENT = "\u00ad"
"""Stands for a character that is passed over, where the places of the others must not move."""

_NO_LETTERS = dict.fromkeys(map(ord, APOSTROPHES + SILENT))
_DOTLESS = "\u0131"
_DOTTED = "i\u0307"
_UNSEEN = ("Cf", "Me")
"""Categories of what shapes other characters; the second draws a keycap around a digit."""
_FORM = "VARIATION SELECTOR"
"""In the name of what chooses the form of the character before it, such as an emoji's."""


class _Cleaned(dict[int, int | str | None]):
    """What nobody sees is left out, what only controls becomes a space; filled as it is met."""

    def __missing__(self, code: int) -> int | str | None:
        sign = chr(code)
        category = unicodedata.category(sign)
        is_form = _FORM in unicodedata.name(sign, "")
        unseen = category in _UNSEEN or is_form
        self[code] = None if unseen else " " if category == "Cc" else code
        return self[code]


_CLEANED = _Cleaned()


def cleaned(text: str) -> str:
    """Return `text` without control characters and those that only shape others."""
    return text.translate(_CLEANED)


def spelled(word: str) -> tuple[str, ...]:
    """Return the letters, marks and digits of `word` in lower case, else whatever is in it.

    Accents are kept apart from the bare letter. A word that is not empty has at least one.
    """
    plain = unicodedata.normalize("NFC", word).lower()
    written = (letter for letter in plain if unicodedata.category(letter)[0] in "LMN")
    return tuple(written) or tuple(plain)


@lru_cache(maxsize=20_000)
def folded(word: str) -> str:
    """Return `word` without case, apostrophes and compatibility forms."""
    result = ""
    # Folding one form may bring forth another; three rounds settle every character there is.
    for _ in range(3):
        result = unicodedata.normalize("NFKC", word.casefold())
        # Turkish tells two i apart by the dot, which casefolding mixes up.
        result = result.replace(_DOTLESS, "i").replace(_DOTTED, "i")
        word = result = result.translate(_NO_LETTERS)
    return result
