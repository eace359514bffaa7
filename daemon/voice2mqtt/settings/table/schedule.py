"""Hours and days as people write them: `07:00-22:00`, `mon-fri`, `[sat, sun]`."""

import re
from typing import Annotated

from voice2mqtt.settings.yaml.faults import did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Phones turn a hyphen into an en dash.
_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _hours(words: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(words)
    if found is None:
        raise ValueError(f"'{words}' are no hours; write them as \"07:00-22:00\"")
    begin_h, begin_min, end_h, end_min = map(int, found.groups())
    begin, end = begin_h * 60 + begin_min, end_h * 60 + end_min
    if begin_min > 59 or end_min > 59 or begin >= 24 * 60 or end > 24 * 60:
        raise ValueError(f"'{words}' is not on the clock; a day goes from 00:00 to 24:00")
    if begin == end:
        raise ValueError(f"'{words}' ends when it begins; leave it out for the whole day")
    return begin, end


def _days(words: str) -> frozenset[int]:
    days: set[int] = set()
    for part in words.split(","):
        begin, *_, end = [_day(name.strip().lower()) for name in part.split("-", 1)] * 2
        days.update(day % 7 for day in range(begin, end + 1 + 7 * (end < begin)))
    return frozenset(days)


def _day(name: str) -> int:
    for known in (DAYS, _LONG_DAYS):
        if name in known:
            return known.index(name)
    raise ValueError(f"'{name}' is no day; {did_you_mean(name, DAYS)}")


def _all(days: tuple[frozenset[int], ...]) -> frozenset[int]:
    if not days:
        raise ValueError("the list is empty; write at least one text")
    return frozenset().union(*days)


HOURS = Annotated[str, _hours]
"""Read as beginning and end in minutes since midnight."""
DAYS_OF_WEEK = Annotated[tuple[Annotated[str, _days], ...], _all]
"""Read as numbers, 0 for Monday; a range may pass the end of the week."""
