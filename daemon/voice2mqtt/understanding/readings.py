"""What was heard, with all the ways to read it side by side.

"Twenty five" is 25, or 20 and then 5; "7:30" may be "half past seven". Which of them is meant
only the table can tell, so all are offered, as arcs between positions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from voice2mqtt.understanding.language import Language
from voice2mqtt.understanding.numbers import Numerals

MOST_NUMBER_WORDS = 9
"""Words that one number may have."""
_CURRENCIES = ("€", "$", "£")


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
    number: float | None = None


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


@dataclass(frozen=True, slots=True)
class _Clock:
    """One way to say a time of day: `before` HOUR `after`; the hour may be the one to come."""

    minute: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    hour_shift: int


class Reader:
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
        self._signs: dict[str, list[tuple[str, ...]]] = {}
        """Sign to the several words, or the other sign, that it is read as."""
        self._said_signs: dict[tuple[str, ...], str] = {}
        for sign, said in language.symbols.items():
            for words in said:
                keys = tuple(token.key for token in split(words))
                if keys != (sign,):
                    self._signs.setdefault(sign, []).append(keys)
                    if len(keys) > 1:
                        self._said_signs[keys] = sign
        self._clock = [_clock(minute, said, split) for minute, said in language.clock]

    def read(self, tokens: tuple[Token, ...]) -> Readings:
        """Return every way to read `tokens`."""
        starts: list[list[Reading]] = [[] for _ in range(len(tokens) + 1)]
        for at, token in enumerate(tokens):
            starts[at].append(Reading(at + 1, token.key, number_of(token.key)))
            starts[at] += self._numbers(tokens, at)
            starts[at] += self._signs_said(tokens, at)
            for keys in self._spelt(token.key):
                _lay(keys, at, at + 1, starts, as_numbers=False)
            for end, keys in (*self._signs_read(tokens, at), *self._times(tokens, at)):
                _lay(keys, at, end, starts)
        return Readings(tokens, tuple(tuple(dict.fromkeys(start)) for start in starts))

    def _numbers(self, tokens: tuple[Token, ...], at: int) -> Iterator[Reading]:
        """Yield the numbers said in several words from here."""
        compact = ""
        digits = True
        for end in range(at, min(at + MOST_NUMBER_WORDS, len(tokens))):
            token = tokens[end]
            word = token.surface.casefold()
            said = number_of(word)
            if said is not None:
                spelt = self._numerals.spell(said)
                word = "".join(spelt[0]) if spelt else ""
            elif word in self._numerals.words:
                digits = False
            else:
                break
            compact += word
            if end > at and not digits:
                number = self._numerals.cardinal(compact)
                if number is not None:
                    yield Reading(end + 1, self._key(compact), _whole(number))
                nth = self._numerals.ordinal(compact)
                if nth is not None:
                    yield Reading(end + 1, self._key(compact), nth)
        if tokens[at].key == "\u2212" and at + 1 < len(tokens):
            yield from (
                Reading(after.end, "", -after.number)
                for after in self._single_and_several(tokens, at + 1)
                if after.number is not None
            )

    def _single_and_several(self, tokens: tuple[Token, ...], at: int) -> Iterator[Reading]:
        yield Reading(at + 1, "", number_of(tokens[at].key))
        yield from self._numbers(tokens, at)

    def _signs_said(self, tokens: tuple[Token, ...], at: int) -> Iterator[Reading]:
        for keys, sign in self._said_signs.items():
            if tuple(token.key for token in tokens[at : at + len(keys)]) == keys:
                yield Reading(at + len(keys), sign)

    def _signs_read(
        self, tokens: tuple[Token, ...], at: int
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (end, keys) of what a sign here is read as."""
        key = tokens[at].key
        for keys in self._signs.get(key, ()):
            yield at + 1, keys
        after = tokens[at + 1].key if at + 1 < len(tokens) else ""
        if key in _CURRENCIES and number_of(after) is not None:
            # "$5" is said "five dollars".
            yield at + 2, (after, key)

    def _spelt(self, key: str) -> Iterator[tuple[str, ...]]:
        """Yield the keys of a number's words, where it has several.

        They are words only: who says 25 does not mean 20 and then 5.
        """
        number = number_of(key)
        if number is None or number < 0:
            return
        nth = key.endswith("th")
        forms = self._numerals.spell_ordinal(int(number)) if nth else self._numerals.spell(number)
        for words in forms:
            if len(words) > 1:
                yield tuple(self._key(word) for word in words)

    def _times(self, tokens: tuple[Token, ...], at: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (end, keys): a time in digits in words, and one in words in digits."""
        hours, colon, minutes = tokens[at].key.partition(":")
        if colon and hours.isdecimal() and minutes.isdecimal():
            hour, minute = int(hours), int(minutes)
            yield at + 1, (str(hour), str(minute))
            if minute == 0:
                yield at + 1, (str(hour),)
            for clock in self._clock:
                if clock.minute == minute:
                    named = hour + clock.hour_shift
                    for spoken in dict.fromkeys((named % 24 or 12, named % 12 or 12)):
                        yield at + 1, (*clock.before, str(spoken), *clock.after)
        for clock in self._clock:
            length = len(clock.before) + 1 + len(clock.after)
            keys = tuple(token.key for token in tokens[at : at + length])
            middle = keys[len(clock.before) : len(keys) - len(clock.after)]
            if keys == (*clock.before, *middle, *clock.after) and len(middle) == 1:
                said = middle[0]
                if said.isdecimal() and int(said) <= 24:
                    hour = (int(said) - clock.hour_shift) or 12
                    yield at + length, (str(hour), str(clock.minute))
                    yield at + length, (f"{hour}:{clock.minute:02}",)


def number_of(key: str) -> float | None:
    """Return the number that a key stands for, be it cardinal or ordinal; None for a word."""
    digits = key.removesuffix("th").replace(",", ".")
    if not digits or not digits[0].isdecimal() or len(digits) > 15:
        return None
    try:
        return _whole(float(digits))
    except ValueError:
        return None


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _lay(
    keys: tuple[str, ...],
    start: int,
    end: int,
    starts: list[list[Reading]],
    *,
    as_numbers: bool = True,
) -> None:
    """Add the path of `keys` from `start` to `end`, through positions of its own."""
    for last, key in enumerate(keys, start=1 - len(keys)):
        if last < 0:
            starts.append([])
        target = len(starts) - 1 if last < 0 else end
        starts[start].append(Reading(target, key, number_of(key) if as_numbers else None))
        start = target


def _clock(minute: int, said: str, split: Callable[[str], Sequence[Token]]) -> _Clock:
    before, _, after = said.replace("{n}", "{h}").partition("{h}")
    return _Clock(
        minute,
        tuple(token.key for token in split(before)),
        tuple(token.key for token in split(after)),
        hour_shift=1 if "{n}" in said else 0,
    )
