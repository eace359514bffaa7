"""Finds the ways to read what was heard: numbers, signs, amounts and times.

Works on tokens (`normaliser.py`) and lays what it finds as arcs (`token_lattice.py`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from voice2mqtt.languages.language import Language
from voice2mqtt.nlu.text.amounts import CURRENCIES, Amounts
from voice2mqtt.nlu.text.fractions import Fractions
from voice2mqtt.nlu.text.letters import APOSTROPHES, folded
from voice2mqtt.nlu.text.numbers import Numerals
from voice2mqtt.nlu.text.times import Keys, Numbers, TimePhrase, TimePhrases, time_of
from voice2mqtt.nlu.text.token_lattice import MINUS, ORDINAL, LatticeArc, Token, TokenLattice

MOST_NUMBER_WORDS = 16
"""Words that one number may have."""
_LONGEST_NUMBER = 17
_POINTED_TIME = re.compile(r"(\d{1,2})\.([0-5]\d)")


class LatticeBuilder:
    """Finds the readings of one language; given what splits text and what makes keys."""

    def __init__(
        self,
        language: Language,
        numerals: Numerals,
        split: Callable[[str], Sequence[Token]],
        key: Callable[[str], str],
    ) -> None:
        self._numerals = numerals
        self._key = key
        self._signs: dict[str, list[Keys]] = {}
        """Sign to the several words, or the other sign, that it is read as."""
        self._said_signs: dict[str, list[tuple[Keys, str]]] = {}
        """First word to all words and their sign."""

        def keys_of(words: str) -> Keys:
            return tuple(token.key for token in split(words))

        for sign, said in language.symbols.items():
            for keys in map(keys_of, said):
                if keys != (sign,):
                    self._signs.setdefault(sign, []).append(keys)
                    if len(keys) > 1:
                        self._said_signs.setdefault(keys[0], []).append((keys, sign))
        self._clock = TimePhrases(
            [
                TimePhrase(times.minute, _keys_around_placeholders(words, keys_of))
                for times in language.clock
                for words in times.say
            ],
            {key(name): hour for name, hour in language.hours.items()},
        )
        self._ones = frozenset(map(keys_of, language.ones))
        self._time_point = "." if language.decimal_comma else ""
        elided = language.elided
        self._elided = elided and re.compile(rf"({elided})[{APOSTROPHES}](.+)", re.IGNORECASE)
        self._fractions = Fractions(language, keys_of)
        self._amounts = Amounts(
            {keys_of(words): part for words, part in language.parts.items()},
            {key(word) for word in language.cents},
            {key(word) for word in language.joints},
        )

    def read(self, text: str, tokens: tuple[Token, ...]) -> TokenLattice:
        """Return every way to read `tokens`, the words of `text`."""
        starts: list[list[LatticeArc]] = [[] for _ in range(len(tokens) + 1)]
        keys = tuple(token.key for token in tokens)
        for at, key in enumerate(keys):
            starts[at].append(LatticeArc(at + 1, key, number_of(key)))
            wrong = self._fractions.ends(keys, at)
            starts[at] += (said for said in self.numbers(tokens, at) if said.end not in wrong)
            starts[at] += self._signs_said(keys, at)
            if keys[at : at + 2] in self._ones:
                starts[at].append(LatticeArc(at + 1, number=1))
        numbers = [_cardinals(start) for start in starts]
        amounts = [list(self._amounts_said(keys, numbers, starts, at)) for at in range(len(keys))]
        for at, key in enumerate(keys):
            for words in self._spelt(key):
                _lay(words, at, at + 1, starts, as_numbers=False)
            for words in self._unjoined(tokens[at]):
                _lay(words, at, at + 1, starts)
            for end, words in (*self._signs_read(keys, at), *amounts[at]):
                _lay(words, at, end, starts)
        for at in range(len(keys)):
            for end, part in dict.fromkeys(self._fractions.said(starts, at)):
                starts[at].append(LatticeArc(end, number=part))
        wholes = {(at, end) for at, said in enumerate(amounts) for end, _ in said}
        wholes.update(self._lay_times(tokens, numbers, starts))
        arcs = tuple(tuple(dict.fromkeys(start)) for start in starts)
        readings = TokenLattice(text, tokens, arcs, frozenset(wholes))
        return replace(readings, starts=tuple(_no_torn_ordinals(readings)))

    def _lay_times(
        self, tokens: tuple[Token, ...], numbers: Numbers, starts: list[list[LatticeArc]]
    ) -> Iterator[tuple[int, int]]:
        """Lay the times; yield from where to where they are more than their numbers."""
        keys = tuple(self._in_digits(token) for token in tokens)
        for at, key in enumerate(keys):
            for end, time, is_plain in dict.fromkeys(self._clock.times(keys, numbers, at)):
                if not is_plain:
                    yield at, end
                hour, minute = str(time.hour), str(time.minute)
                digits = f"{hour}:{time.minute:02}"
                ways = [((digits,), False), ((hour, minute), True), *self._clock.phrases(time)]
                if minute == "0" and end == at + 1 and time_of(key):
                    ways.append(((hour,), True))
                for words, as_numbers in ways:
                    _lay(words, at, end, starts, as_numbers=as_numbers)
                    if digits in words and self._time_point and minute != "0":
                        # The table's "7.30" has the key of a decimal.
                        pointed = self._key(digits.replace(":", self._time_point))
                        spelt = tuple(pointed if word == digits else word for word in words)
                        _lay(spelt, at, end, starts, as_numbers=False)

    def _in_digits(self, token: Token) -> str:
        """Return the key of `token`, with a colon where it may be a time with a point."""
        found = _POINTED_TIME.fullmatch(token.surface) if self._time_point else None
        return f"{int(found[1])}:{found[2]}" if found else token.key

    def _amounts_said(
        self, keys: Keys, numbers: Numbers, starts: list[list[LatticeArc]], at: int
    ) -> Iterator[tuple[int, Keys]]:
        """Yield (end, keys) of amounts in the order in which they may be written."""
        for after, number in numbers[at]:
            for unit in starts[after] if after < len(keys) else ():
                if unit.key in CURRENCIES:
                    # "Five dollars" is written "$5".
                    yield unit.end, (unit.key, self._key(f"{number:.2f}"))
                if unit.number is None and number == int(number):
                    for end, more in self._amounts.added(keys, numbers, unit.key, unit.end):
                        amount = self._key(f"{number + more:.2f}")
                        yield end, (amount, unit.key)
                        if unit.key in CURRENCIES:
                            yield end, (unit.key, amount)

    def numbers(self, tokens: tuple[Token, ...], at: int) -> Iterator[LatticeArc]:
        """Yield the numbers said in several words from `at`, shorter ones first."""
        compact = ""
        digits = True
        for end in range(at, min(at + MOST_NUMBER_WORDS, len(tokens))):
            token = tokens[end]
            said = number_of(token.surface)
            word = self._numerals.word(token.surface) if said is None else self._numerals.once(said)
            if not word and number_of(token.key) is not None:
                word = folded(token.surface)
            if not word:
                break
            digits = digits and said is not None
            compact += word
            if end > at and not digits:
                number = self._numerals.cardinal(compact)
                if number is not None:
                    yield LatticeArc(end + 1, self._key(compact), _whole(number))
                nth = self._numerals.ordinal(compact)
                if nth is not None:
                    yield LatticeArc(end + 1, self._key(compact), nth)
        if tokens[at].key == MINUS and at + 1 < len(tokens):
            yield from (
                LatticeArc(after.end, "", -after.number)
                for after in self._single_and_several(tokens, at + 1)
                if after.number is not None
            )

    def _single_and_several(self, tokens: tuple[Token, ...], at: int) -> Iterator[LatticeArc]:
        yield LatticeArc(at + 1, "", number_of(tokens[at].key))
        yield from self.numbers(tokens, at)

    def _signs_said(self, keys: Keys, at: int) -> Iterator[LatticeArc]:
        """Yield the signs that are said in several words from here."""
        for words, sign in self._said_signs.get(keys[at], ()):
            if keys[at : at + len(words)] == words:
                yield LatticeArc(at + len(words), sign)

    def _signs_read(self, keys: Keys, at: int) -> Iterator[tuple[int, Keys]]:
        """Yield (end, keys) of what a sign here is read as."""
        for words in self._signs.get(keys[at], ()):
            yield at + 1, words
        after = keys[at + 1] if at + 1 < len(keys) else ""
        if keys[at] in CURRENCIES and number_of(after) is not None:
            # "$5" is said "five dollars".
            yield at + 2, (after, keys[at])

    def _unjoined(self, token: Token) -> Iterator[Keys]:
        """Yield the keys of the two words of "l'entrée"."""
        found = self._elided and self._elided.fullmatch(token.surface)
        if found:
            words = (self._key(found[1]), self._key(found[2]))
            if all(words):
                yield words

    def _spelt(self, key: str) -> Iterator[Keys]:
        """Yield the keys of a number's words, where it has several.

        They are words only: who says 25 does not mean 20 and then 5.
        """
        number = number_of(key)
        if number is None or number < 0:
            return
        nth = key.endswith(ORDINAL)
        forms = self._numerals.spell_ordinal(int(number)) if nth else self._numerals.spell(number)
        for words in forms:
            if len(words) > 1:
                yield tuple(self._key(word) for word in words)


def number_of(key: str) -> float | None:
    """Return the number that a key stands for, be it cardinal or ordinal; None for a word."""
    if not key or not key[0].isdecimal() or len(key) > _LONGEST_NUMBER:
        return None
    digits = key.removesuffix(ORDINAL).replace(",", ".")
    try:
        return _whole(float(digits))
    except ValueError:
        return None


def _no_torn_ordinals(readings: TokenLattice) -> Iterator[tuple[LatticeArc, ...]]:
    """Yield what begins at each position; the fourth of "siete y cuarto", 7:15, is no 4."""
    for at, start in enumerate(readings.starts):
        yield tuple(
            replace(reading, number=None)
            if reading.key.endswith(ORDINAL) and readings.is_torn(at, reading.end)
            else reading
            for reading in start
        )


def _cardinals(readings: list[LatticeArc]) -> list[tuple[int, float]]:
    return [
        (reading.end, reading.number)
        for reading in readings
        if reading.number is not None and not reading.key.endswith(ORDINAL)
    ]


def _keys_around_placeholders(words: str, keys_of: Callable[[str], Keys]) -> Keys:
    parts = re.split(r"(\{\w\})", words)
    return tuple(key for part in parts for key in ((part,) if part[:1] == "{" else keys_of(part)))


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _lay(
    keys: Keys,
    start: int,
    end: int,
    starts: list[list[LatticeArc]],
    *,
    as_numbers: bool = True,
) -> None:
    """Add the path of `keys` from `start` to `end`, through positions of its own."""
    for last, key in enumerate(keys, start=1 - len(keys)):
        if last < 0:
            starts.append([])
        target = len(starts) - 1 if last < 0 else end
        starts[start].append(LatticeArc(target, key, number_of(key) if as_numbers else None))
        start = target
