"""Text normalisation: one key for all spellings of a word, by case, punctuation, numbers, symbols.

Applied to the owner's templates and to the words of the host alike, so that they compare equal.
Each word gets a key: letters in lower case, "20" for twenty, "3th" for third, "%" for percent.
Normalisation is idempotent: the key of a key is itself.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from voice2mqtt.languages.language import language_named
from voice2mqtt.nlu.text.inflection import Inflection
from voice2mqtt.nlu.text.lattice_builder import LatticeBuilder
from voice2mqtt.nlu.text.letters import (
    APOSTROPHES,
    SILENT,
    UNSPACED,
    UNSPACED_MARKS,
    cleaned,
    folded,
)
from voice2mqtt.nlu.text.numbers import numerals
from voice2mqtt.nlu.text.token_lattice import (
    DECADE,
    MINUS,
    ORDINAL,
    LatticeArc,
    Token,
    TokenLattice,
    is_cardinal,
    number_of,
)

_ORDINAL_SIGN = "\u00ba"
"""Marks the point of "3."; a text has none of its own after NFKC."""

_VULGAR = re.compile(r"(?<=\d)\s*(?=[½¼¾])")
_FRACTION_BAR = "\u2044"
"""In place of the stroke of a fraction, as in NFKC"""
_WRITTEN_FRACTION = re.compile(r"(?<![\d/.,:])([13])/([24])(?![\d/])")
_FRACTION = re.compile(rf"(?:(\d+)\s+)?(1{_FRACTION_BAR}2|[13]{_FRACTION_BAR}4)(?!\d)")
_DECIMALS = {f"1{_FRACTION_BAR}2": ".5", f"1{_FRACTION_BAR}4": ".25", f"3{_FRACTION_BAR}4": ".75"}
_INITIALS = re.compile(r"(?<![\w.])[^\W\d_](?:\.[^\W\d_])+\.?(?!\w)")
_LOOSE_POINT = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)")
_POINT_WITHOUT_ZERO = re.compile(r"(?<!\S)\.(?=\d+(?![\d.,:]))")
"""A recogniser may write .5 for "point five"."""
_ORDINAL_POINT = re.compile(r"(?<![\d.,:])(\d+)\.(?=\s+[^\W\d_])")
_POINT_OF_ORDINAL = re.compile(r"(?<=\d)\.(?=[\u00aa\u00ba]|er(?!\w))")
"""Spanish writes "2.ª" and "1.er"."""
_DEGREES = re.compile(r"(?<=\d)\s?\u00ba\s?(?=[CFcf](?!\w))")
"""A recogniser may write the ordinal sign for that of degrees: "23\u00baC"."""
_NEGATIVE = re.compile(r"(?<![\w%°])-(?=\d)|(?<=\s)-(?=\s\d)")
_SHARP = "\u266f"
_AFTER_NOTE = re.compile(r"(?<=[^\W\d_])#(?!\w)")
"""Elsewhere, as in "#5", the sign means nothing."""
_STOP = re.compile(r"(?<=[.,:;?!])\s+")
"""No number spans it."""
_HOURS_OF_TWO_DIGITS = range(10, 13)
_MAX_DIGITS = 15
"""More digits are a name, not a quantity."""


class _Separators(dict[int, int | str]):
    """Translation table, filled lazily: all but letters, digits and `kept` become spaces."""

    def __init__(self, kept: str) -> None:
        super().__init__()
        self._kept = kept

    def __missing__(self, code: int) -> int | str:
        sign = chr(code)
        kept = unicodedata.category(sign)[0] in "LMN" or sign in self._kept
        self[code] = code if kept else " "
        return self[code]


class Normaliser:
    """Normalisation in one language."""

    def __init__(self, code: str) -> None:
        self._language = language_named(code)
        self._numerals = numerals(code)
        self._decimal, self._thousands = ",." if self._language.decimal_comma else ".,"
        signs = "".join(
            sorted({*"".join(self._language.symbols), "%", "°", MINUS, _SHARP} - {"c", "f"})
        )
        self._separators = _Separators(f"{APOSTROPHES}{SILENT}{_FRACTION_BAR}.,:{signs}")
        known = sorted((ORDINAL, _ORDINAL_SIGN, *self._language.ordinal_endings), reverse=True)
        endings = "|".join(map(re.escape, known))
        # Each letter of a script without spaces is a word of its own.
        others = rf"[{UNSPACED}][{UNSPACED_MARKS}]*|[^\s\d{re.escape(signs)}{UNSPACED}]+"
        self._ordinal = re.compile(rf"(\d+)(?:{endings})(?!\w)", re.IGNORECASE)
        decades = "|".join({DECADE, *self._language.decade_endings})
        self._decade = re.compile(rf"(\d*0)[{APOSTROPHES}]?(?:{decades})(?!\w)", re.IGNORECASE)
        self._token = re.compile(
            rf"{_FRACTION.pattern.replace('(', '(?:').replace('(?:?', '(?')}"
            rf"|{self._ordinal.pattern.replace('(', '(?:', 1)}"
            rf"|{self._decade.pattern.replace('(', '(?:', 1)}|\d+(?:[.,:]\d+)*"
            rf"|°[cf](?!\w)|[{re.escape(signs)}]|{others}",
            re.IGNORECASE,
        )
        elided = self._language.elided
        self._elision = elided and re.compile(
            rf"(?<![^\W_])((?:{elided})[{APOSTROPHES}])(\s+)(?=[^\W\d_])", re.IGNORECASE
        )
        self._elided_word = elided and re.compile(
            rf"(?<!\w)({elided})[{APOSTROPHES}](\w+)", re.IGNORECASE
        )
        self._signs: dict[str, str] = {}
        for sign, said in self._language.symbols.items():
            for words in said:
                self._signs.setdefault(self._numerals.alike(folded(words)), sign)
        self.key = lru_cache(maxsize=4_000)(self._key)
        """The key of one word; "" if nothing is left of it."""
        self.spell = self._numerals.spell
        """The ways to say a number, as words, the usual one first"""
        self.spell_ordinal = self._numerals.spell_ordinal
        """The same for an ordinal"""
        self.point = self._numerals.point
        """The usual word for the decimal point"""
        self.inflection = Inflection(code)
        self.articles = frozenset(map(self.key, self._language.articles))
        """Keys of the words that are never a misheard number."""
        ones = (tuple(one.split()) for one in self._language.ones)
        self.ones = {self.key(words[-1]): words for words in ones}
        """Key of a unit to its words with the article that means one: "minute" to "a minute"."""
        self._builder = LatticeBuilder(self._language, self._numerals, self.tokens, self.key)

    def tokens(self, text: str) -> tuple[Token, ...]:
        """Split `text` into words, each with its key."""
        return self._split(self._written_out(text))

    def keys(self, text: str) -> list[str]:
        """Return the keys of the words of `text`."""
        return [token.key for token in self.tokens(text)]

    def normalise(self, text: str) -> str:
        """Return the keys of the words of `text`, joined by spaces."""
        return " ".join(self.keys(text))

    def lattice(self, text: str) -> TokenLattice:
        """Return the lattice of all ways to read `text`."""
        written = self._written_out(text)
        return self._builder.build(written, self._split(written))

    def in_digits(self, text: str) -> str:
        """Return `text` with its number words as digits.

        Ordinals and times stay words, and so does a one among other words: it is seldom a number.
        """
        clauses = _STOP.split(self._written_out(text))
        return " ".join(map(self._clause_in_digits, clauses))

    def amounts_in_digits(self, lattice: TokenLattice) -> str:
        """Return the text with each amount that is no whole number before its unit, in digits.

        "An hour and a half" becomes "1.5 hour", "mezz'ora" "0.5 ora". A text without any stays.
        """
        words: list[str] = []
        at, changed = 0, False
        while at < lattice.end:
            if said := next(lattice.broken_amounts(at), None):
                at, number, unit = said
                words.append(f"{self.written(number)} {unit}")
                changed = True
            else:
                words.append(lattice.slice(at, at + 1))
                at += 1
        return " ".join(words) if changed else lattice.text

    def elided_numbers_apart(self, text: str) -> str:
        """Return `text` with elided words before a number in full: "de une" for "d'une"."""

        def apart(found: re.Match[str]) -> str:
            whole = self._language.elisions.get(folded(found[1]), ())
            is_number = number_of(self.key(found[2])) is not None
            return f"{whole[0]} {found[2]}" if whole and is_number else found[0]

        return self._elided_word.sub(apart, text) if self._elided_word else text

    def may_go_on(self, tokens: tuple[Token, ...]) -> bool:
        """Return whether the last word may begin a longer number."""
        return bool(tokens) and self._numerals.word(tokens[-1].surface) in self._numerals.beginnings

    def _clause_in_digits(self, text: str) -> str:
        tokens = self._split(text)
        if not self._numbers(tokens, {}):
            # Looking for times takes several times as long as all the rest.
            return text
        numbers = self._numbers(tokens, dict(self._builder.build(text, tokens).units))
        written, done = "", 0
        ends = {number.end for number in numbers.values()}
        for at, number in numbers.items():
            # Two in a row are a time, or something else that digits would make no clearer.
            if at not in ends and number.end not in numbers:
                written += text[done : tokens[at].start] + number.key
                done = tokens[number.end - 1].end
        return written + text[done:]

    def _numbers(
        self, tokens: tuple[Token, ...], times: Mapping[int, int]
    ) -> dict[int, LatticeArc]:
        """Return the longest cardinals by their start, none inside of `times`."""
        numbers: dict[int, LatticeArc] = {}
        at = 0
        while at < len(tokens):
            number = self._longest_number(tokens, at)
            if at in times:
                number = LatticeArc(times[at], "")
            elif number.number is not None and is_cardinal(number.key):
                numbers[at] = number
            at = number.end
        return numbers

    def _longest_number(self, tokens: tuple[Token, ...], at: int) -> LatticeArc:
        """Return the longest number in words from `at`; an arc without number if there is none."""
        word = tokens[at]
        alone = number_of(word.key)
        longest = LatticeArc(at + 1, word.key, alone)
        if (alone == 1 and len(tokens) > 1) or word.surface[0].isdecimal():
            longest = LatticeArc(at + 1, word.key)
        for said in self._builder.numbers(tokens, at):
            # "The point two people made" is no 0.2, and "ten thirty" may be a time.
            begins = alone is not None or (said.number or 0) >= 1
            if said.key and begins and not _is_pair(tokens[at : said.end], said.number):
                longest = said
        return longest

    def _written_out(self, text: str) -> str:
        """Return `text` in canonical form; the offsets of tokens refer to it."""
        text = _VULGAR.sub(" ", text)
        text = _POINT_WITHOUT_ZERO.sub(f"0{self._decimal}", _DEGREES.sub("°", text))
        text = unicodedata.normalize("NFKC", _POINT_OF_ORDINAL.sub("", cleaned(text)))
        return text.replace(_FRACTION_BAR, "/")

    def _split(self, text: str) -> tuple[Token, ...]:
        # Each step keeps the length, so that offsets in `plain` are offsets in `text`.
        plain = _WRITTEN_FRACTION.sub(rf"\1{_FRACTION_BAR}\2", text)
        plain = _AFTER_NOTE.sub(_SHARP, _NEGATIVE.sub(MINUS, plain))
        if self._language.ordinal_point:
            plain = _ORDINAL_POINT.sub(rf"\g<1>{_ORDINAL_SIGN}", plain)
        plain = _INITIALS.sub(lambda initials: initials[0].replace(".", SILENT), plain)
        plain = _LOOSE_POINT.sub(" ", plain.translate(self._separators))
        if self._elision:
            plain = self._elision.sub(lambda gap: gap[1] + SILENT * len(gap[2]), plain)
        return tuple(token for found in self._token.finditer(plain) if (token := self._word(found)))

    def _word(self, found: re.Match[str]) -> Token | None:
        word = found[0].lstrip(APOSTROPHES)
        start = found.end() - len(word)
        word = word.rstrip(APOSTROPHES)
        surface = word.replace(SILENT, "")
        if fraction := _FRACTION.fullmatch(surface):
            surface = self.written(int(fraction[1] or 0) + float(_DECIMALS[fraction[2]]))
        if surface.endswith(_ORDINAL_SIGN):
            surface = surface[:-1] + self._language.ordinal_endings[0]
        key = self.key(surface)
        return Token(key, surface, start, start + len(word)) if key else None

    def _key(self, word: str) -> str:
        if not word:
            return ""
        ordinal = self._ordinal.fullmatch(word)
        if ordinal:
            return f"{int(ordinal[1])}{ORDINAL}"
        if decade := self._decade.fullmatch(word):
            return f"{int(decade[1])}{DECADE}"
        if word[0].isdecimal():
            return self._digits(word)
        plain = folded(word)
        alike = self._numerals.alike(plain)
        for said in dict.fromkeys((plain, alike)):
            number = self._numerals.cardinal(said)
            if number is not None:
                return self.written(number)
            nth = self._numerals.ordinal(said)
            if nth is not None:
                return f"{nth}{ORDINAL}"
            years = self._numerals.decade(said)
            if years is not None:
                return f"{years}{DECADE}"
        return self._signs.get(alike, alike)

    def _digits(self, word: str) -> str:
        if len(word) > _MAX_DIGITS:
            return word
        if ":" in word:
            hours, minutes = word.split(":", 1)
            is_time = minutes.isdecimal() and len(minutes) == 2 and len(hours) < 3
            return f"{int(hours)}:{minutes}" if is_time and hours.isdecimal() else word
        grouped = rf"\d{{1,3}}(\{self._thousands}\d{{3}})+(\{self._decimal}\d+)?"
        if re.fullmatch(grouped, word):
            word = word.replace(self._thousands, "")
        if re.fullmatch(r"\d+([.,]\d+)?", word):
            return self.written(float(word.replace(",", ".")))
        return word

    def written(self, number: float) -> str:
        """Return the key of `number`: digits, with the language's decimal sign."""
        text = f"{number:.6f}".rstrip("0").rstrip(".")
        return text.replace(".", self._decimal)


def _is_pair(tokens: tuple[Token, ...], number: float | None) -> bool:
    """Return whether two words may be an hour and a minute as well as `number`."""
    said = [number_of(token.key) for token in tokens]
    hour, minute = (said[0] or 0, said[-1] or 0)
    return len(said) == 2 and hour in _HOURS_OF_TWO_DIGITS and number == hour * 100 + minute


@lru_cache(maxsize=8)
def normaliser(code: str) -> Normaliser:
    """Return the normaliser of the language `code` ("en", "de-AT")."""
    return Normaliser(code)
