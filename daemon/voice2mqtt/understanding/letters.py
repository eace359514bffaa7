"""Letters as they are compared, whatever they belong to: no case, no forms, no apostrophes."""

import unicodedata
from functools import lru_cache

APOSTROPHES = "'\u2019\u2018\u02bc\u00b4`"
SILENT = "\u00ad"
"""Stands for a character that is passed over, where the places of the others must not move."""

_NO_LETTERS = dict.fromkeys(map(ord, APOSTROPHES + SILENT))
_DOTLESS = "\u0131"
_DOTTED = "i\u0307"


class _Cleaned(dict[int, int | str | None]):
    """What nobody sees is left out, what only controls becomes a space; filled as it is met."""

    def __missing__(self, code: int) -> int | str | None:
        category = unicodedata.category(chr(code))
        self[code] = None if category == "Cf" else " " if category == "Cc" else code
        return self[code]


_CLEANED = _Cleaned()


def cleaned(text: str) -> str:
    """Return `text` without zero-width and control characters."""
    return text.translate(_CLEANED)


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
