"""Times of day in words and in digits: "half past seven" and 7:30.

Works on keys (`normaliser.py`); the phrases are in the data file of the language, and their
placeholders are explained in `TimeWords` of `language.py`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from voice2mqtt.nlu.text.token_lattice import Keys

Numbers = Sequence[Sequence[tuple[int, float]]]
"""[position]: (end, number) of each number that is said from there"""

_HOURS = range(25)
_MINUTES = {
    "{m}": (1, range(1, 60)),
    "{d}": (1, range(1, 10)),
    "{e}": (1, range(10, 60)),
    "{t}": (1, range(60)),
    "{l}": (-1, range(1, 30)),
}
"""Placeholder of minutes to (sign: past or to the hour, numbers that may be said)"""
_DIGITS = re.compile(r"(\d{1,2}):([0-5]\d)")


class Time(NamedTuple):
    """A time of day."""

    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class TimePhrase:
    """One way to say a time: keys, with placeholders among them."""

    minute: int
    parts: Keys

    @property
    def is_ahead(self) -> bool:
        """Whether it names the next hour: "ten to eight"."""
        return "{n}" in self.parts

    @property
    def reads_in_order(self) -> bool:
        """Whether its numbers are the hour and the minute, in this order: not "ten to eight"."""
        hour = next((at for at, part in enumerate(self.parts) if part in ("{h}", "{n}")), 0)
        return "{l}" not in self.parts and not {"{m}", "{d}"} & set(self.parts[:hour])

    @property
    def is_plain(self) -> bool:
        """Whether its numbers say it all: "seven thirty", but not "half past seven"."""
        return self.minute == 0 and not self.is_ahead and self.reads_in_order

    def counted(self, minute: int) -> int | None:
        """Return how many minutes it names for the minute `minute`; None if it cannot say it."""
        for part in self.parts:
            if part in _MINUTES:
                sign, counts = _MINUTES[part]
                count = sign * (minute - self.minute)
                return count if count in counts else None
        return 0 if minute == self.minute else None

    def filled(self, hour: str, count: int, time: Time) -> Keys:
        """Return its keys with the placeholders replaced."""
        digits = f"{time.hour}:{time.minute:02}"
        filling = {"{h}": hour, "{n}": hour, "{t}": digits}
        return tuple(
            filling.get(part, str(count) if part in _MINUTES else part) for part in self.parts
        )

    def time(self, hour: int, count: int) -> Time | None:
        """Return the time when it names `hour` and `count` minutes; None if there is none."""
        sign = next((_MINUTES[part][0] for part in self.parts if part in _MINUTES), 0)
        minute = self.minute + sign * count
        if self.is_ahead:
            hour = hour - 1 if hour > 1 else 12 if hour else 23
        return Time(hour % 24, minute) if 0 <= minute < 60 else None


_BARE = TimePhrase(0, ("{h}", "{e}"))
"""Every language says "seven thirty"."""


class TimePhrases:
    """The time phrases of one language; `hours` have names, such as noon."""

    def __init__(self, phrases: Sequence[TimePhrase], hours: Mapping[str, int]) -> None:
        self._hours = hours
        self._phrases = (*phrases, _BARE)
        self._starting: dict[str, list[TimePhrase]] = {}
        """By their first word, or by the one after the number that they begin with"""
        for phrase in self._phrases:
            word = next((part for part in phrase.parts[:2] if part[0] != "{"), "")
            self._starting.setdefault(word, []).append(phrase)

    def times(self, keys: Keys, numbers: Numbers, at: int) -> Iterator[tuple[int, Time, bool]]:
        """Yield (end, time, is plain) of each time that is said from `at`."""
        if keys[at] in self._hours:
            yield at + 1, Time(self._hours[keys[at]], 0), True
        in_digits = time_of(keys[at])
        if in_digits:
            yield at + 1, in_digits, True
        words = [keys[at]]
        if numbers[at] or in_digits or keys[at] in self._hours:
            ends = {at + 1, *(end for end, _ in numbers[at])}
            words += ["", *(keys[end] for end in ends if end < len(keys))]
        for word in dict.fromkeys(words):
            for phrase in self._starting.get(word, ()):
                yield from self._said(phrase, keys, numbers, at)

    def phrases(self, time: Time) -> Iterator[tuple[Keys, bool]]:
        """Yield (keys, whether their numbers may fill slots) of each way to say `time`."""
        for phrase in self._phrases:
            count = phrase.counted(time.minute)
            if count is not None:
                named = time.hour + phrase.is_ahead
                names = (name for name, hour in self._hours.items() if hour == named % 24)
                for hour in dict.fromkeys((str(named % 24), str(named % 12 or 12), *names)):
                    # 13:10 is not 1 and 10; but 12:30 is "half one" in some languages.
                    is_itself = hour == str(named % 24) or (phrase.is_ahead and named == 13)
                    yield phrase.filled(hour, count, time), phrase.reads_in_order and is_itself

    def _said(
        self, phrase: TimePhrase, keys: Keys, numbers: Numbers, at: int
    ) -> Iterator[tuple[int, Time, bool]]:
        partial: list[tuple[int, int, int]] = [(at, 0, 0)]
        for part in phrase.parts:
            partial = [
                longer
                for end, hour, count in partial
                if end < len(keys)
                for longer in self._part(part, keys, numbers, end, hour, count)
            ]
        for end, hour, count in partial:
            time = phrase.time(hour, count)
            if time:
                yield end, time, phrase.is_plain

    def _part(
        self, part: str, keys: Keys, numbers: Numbers, at: int, hour: int, count: int
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (end, hour, count of minutes) after `part` of a phrase, if it is said at `at`."""
        if part in ("{h}", "{n}"):
            if keys[at] in self._hours:
                yield at + 1, self._hours[keys[at]], count
            yield from ((end, int(n), count) for end, n in numbers[at] if n in _HOURS)
        elif part == "{t}":
            if in_digits := time_of(keys[at]):
                yield at + 1, *in_digits
        elif part in _MINUTES:
            said = _MINUTES[part][1]
            yield from ((end, hour, int(n)) for end, n in numbers[at] if n in said)
        elif keys[at] == part:
            yield at + 1, hour, count


def time_of(key: str) -> Time | None:
    """Return the time that `key` is in digits, else None."""
    found = _DIGITS.fullmatch(key)
    return Time(int(found[1]) % 24, int(found[2])) if found and int(found[1]) in _HOURS else None
