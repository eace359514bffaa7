"""One spelling for all that sounds the same: case, punctuation, numbers, symbols.

The owner's templates and the host's words pass through here, so that they meet. What was heard
may be read in several ways ("twenty five" is 25, or 20 and then 5); those are kept side by side
in `Readings`. Knows nothing of the table.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from voice2mqtt.understanding.numbers import Numerals, numerals


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it is compared (`key`; numbers are digits) and as it was written."""

    key: str
    surface: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read on from a position: as the word `key`, as `number`, or both."""

    end: int
    """The position after it."""
    key: str = ""
    """"" if this cannot be taken for a word."""
    number: int | float | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """All ways to read a text: `starts[p]` are the readings that begin at position `p`.

    Positions 0 to `len(tokens)` lie between the words heard; further ones are inside a word
    that was heard as one and can be read as several ("25").
    """

    tokens: tuple[Token, ...]
    starts: tuple[tuple[Reading, ...], ...]

    @property
    def end(self) -> int:
        """The position after the last word."""
        return len(self.tokens)


_APOSTROPHES = re.compile(r"['\u2019\u2018\u02bc\u00b4`\u00ad]")
_SYMBOLS = "%°€$£&+"
_LOOSE_POINT = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)")
_TOKEN = re.compile(rf"\d+(?:[.,:]\d+)*|[{re.escape(_SYMBOLS)}]|[^\s\d{re.escape(_SYMBOLS)}]+")
_LONGEST_NUMBER = 15
"""Digits; what is longer is a name, not a quantity."""


class _Blanks(dict[int, int | str]):
    """Characters that only separate words become spaces; filled as they are met."""

    def __missing__(self, code: int) -> int | str:
        sign = chr(code)
        kept = unicodedata.category(sign)[0] in "LMN" or sign in ".,:" or sign in _SYMBOLS
        self[code] = code if kept else " "
        return self[code]


class Normaliser:
    """Normalisation in one language."""

    def __init__(self, language: str) -> None:
        self._numerals: Numerals = numerals(language)
        self._decimal_comma = not language.startswith("en")
        self._blanks = _Blanks()
        self._spans = _spans(self)
        self._beginnings = {keys[:length] for keys in self._spans for length in range(1, len(keys))}

    def tokens(self, text: str) -> tuple[Token, ...]:
        """Split `text` into words, each with its key."""
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        plain = _LOOSE_POINT.sub(" ", _APOSTROPHES.sub("", plain).translate(self._blanks))
        found = _TOKEN.findall(plain)
        return tuple(Token(self._key(word), word) for word in found)

    def normalise(self, text: str) -> str:
        """Return `text` as the keys of its words; the same text again gives the same."""
        return " ".join(token.key for token in self.tokens(text))

    def readings(self, text: str) -> Readings:
        """Return every way to read `text`."""
        tokens = self.tokens(text)
        starts: list[list[Reading]] = [[] for _ in range(len(tokens) + 1)]
        for position, token in enumerate(tokens):
            number = _number(token.key)
            starts[position].append(Reading(position + 1, token.key, number))
            self._add_spans(tokens, position, starts)
            if isinstance(number, int):
                self._add_spelled(number, position, starts)
        return Readings(tokens, tuple(tuple(start) for start in starts))

    def goes_on(self, tokens: tuple[Token, ...]) -> bool:
        """Tell whether the last words may be the beginning of a longer number."""
        keys = tuple(token.key for token in tokens)
        return any(keys[at:] in self._beginnings for at in range(len(keys)))

    def spell(self, number: float) -> tuple[tuple[str, ...], ...]:
        """Return the ways to say `number`, as words, the usual one first."""
        return self._numerals.spell(number)

    def _key(self, word: str) -> str:
        if not word[0].isdigit():
            number = self._numerals.cardinals.get((word,))
            return word if number is None else str(number)
        if len(word) > _LONGEST_NUMBER or ":" in word:
            return word
        decimal, thousands = (",", ".") if self._decimal_comma else (".", ",")
        whole = word.replace(thousands, "") if _is_grouped(word, thousands, decimal) else word
        whole = whole.replace(",", ".")
        try:
            return f"{float(whole):g}" if "." in whole else str(int(whole))
        except ValueError:
            return word

    def _add_spans(
        self, tokens: tuple[Token, ...], position: int, starts: list[list[Reading]]
    ) -> None:
        keys: tuple[str, ...] = (tokens[position].key,)
        for end in range(position + 1, len(tokens)):
            keys = (*keys, tokens[end].key)
            if keys not in self._spans:
                break
            number = self._spans[keys]
            if number is not None:
                starts[position].append(Reading(end + 1, str(number), number))

    def _add_spelled(self, number: int, position: int, starts: list[list[Reading]]) -> None:
        if not 0 <= number <= 10**9:
            return
        for words in dict.fromkeys(self._numerals.spell(number)):
            if len(words) < 2:
                continue
            at = position
            for word in words[:-1]:
                starts.append([])
                starts[at].append(Reading(len(starts) - 1, self._key(word)))
                at = len(starts) - 1
            starts[at].append(Reading(position + 1, self._key(words[-1])))


def _spans(normaliser: Normaliser) -> dict[tuple[str, ...], int | None]:
    """Numbers said in several words, by their keys, with all their beginnings (None)."""
    spans: dict[tuple[str, ...], int | None] = {}
    for words, number in normaliser._numerals.cardinals.items():  # noqa: SLF001 - our own part
        keys = tuple(normaliser._key(word) for word in words)  # noqa: SLF001 - our own part
        if len(keys) > 1:
            spans[keys] = number
            for length in range(2, len(keys)):
                spans.setdefault(keys[:length], None)
    return spans


def _is_grouped(word: str, thousands: str, decimal: str) -> bool:
    return bool(re.fullmatch(rf"\d{{1,3}}(\{thousands}\d{{3}})+(\{decimal}\d+)?", word))


def _number(key: str) -> int | float | None:
    if not key[0].isdigit() or len(key) > _LONGEST_NUMBER:
        return None
    try:
        return int(key) if key.isdigit() else float(key)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def normaliser(language: str) -> Normaliser:
    """Return the normaliser of `language` ("en", "de-AT")."""
    return Normaliser(language)
