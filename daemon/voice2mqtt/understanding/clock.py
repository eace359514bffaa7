"""Times of day in words and in digits: "half past seven" and 7:30.

Works on keys (`normalise.py`); which words a language has is in `language.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Keys = tuple[str, ...]

_HOURS = frozenset(map(str, range(25)))


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One way to say a time: `before` HOUR `after`; the hour may be the one to come."""

    minute: int
    before: Keys
    after: Keys
    hours_ahead: int


class Clock:
    """How one language tells the time; given (minute, words before and after the hour, ahead)."""

    def __init__(self, phrases: Sequence[tuple[int, Keys, Keys, int]]) -> None:
        self._phrases = [_Phrase(*phrase) for phrase in phrases]
        self._by_first_key: dict[str, list[_Phrase]] = {}
        for phrase in self._phrases:
            first = phrase.before[0] if phrase.before else ""
            self._by_first_key.setdefault(first, []).append(phrase)

    def in_words(self, key: str) -> Iterator[Keys]:
        """Yield how a time in digits is said; nothing if `key` is no time."""
        hours, colon, minutes = key.partition(":")
        if not colon or len(key) > 5 or not hours.isdecimal() or not minutes.isdecimal():
            return
        hour, minute = int(hours), int(minutes)
        yield str(hour), str(minute)
        if minute == 0:
            yield (str(hour),)
        for phrase in self._phrases:
            if phrase.minute == minute:
                named = hour + phrase.hours_ahead
                for said in dict.fromkeys((named % 24 or 12, named % 12 or 12)):
                    yield *phrase.before, str(said), *phrase.after

    def in_digits(self, keys: Keys, at: int) -> Iterator[tuple[int, Keys]]:
        """Yield (end, hour and minute in digits) of each time that is said in words from `at`."""
        first = keys[at]
        phrases = self._by_first_key.get(first, ())
        if first.isdecimal():
            phrases = self._by_first_key.get("", ())
        for phrase in phrases:
            hour_at = at + len(phrase.before)
            end = hour_at + 1 + len(phrase.after)
            said = keys[hour_at] if end <= len(keys) else ""
            if keys[at:end] == (*phrase.before, said, *phrase.after) and said in _HOURS:
                hour = int(said) - phrase.hours_ahead or 12
                yield end, (str(hour), str(phrase.minute))
                yield end, (f"{hour}:{phrase.minute:02}",)
