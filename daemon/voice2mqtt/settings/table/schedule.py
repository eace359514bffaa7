"""Hours and days as people write them: `07:00-22:00`, `mon-fri`, `[sat, sun]`."""

import re

from voice2mqtt.settings.yaml import nodes
from voice2mqtt.settings.yaml.faults import Faults, did_you_mean
from voice2mqtt.settings.yaml.nodes import Node

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Phones turn a hyphen into an en dash.
_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_hours(node: Node, faults: Faults) -> tuple[int, int] | None:
    """Return beginning and end in minutes since midnight."""
    words = nodes.text(node, faults)
    if words is None:
        return None
    found = _HOURS.fullmatch(words)
    if found is None:
        faults.add(node.place, f"'{words}' are no hours", 'write them as "07:00-22:00"')
        return None
    begin_h, begin_min, end_h, end_min = map(int, found.groups())
    begin, end = begin_h * 60 + begin_min, end_h * 60 + end_min
    if begin_min > 59 or end_min > 59 or begin >= 24 * 60 or end > 24 * 60:
        faults.add(node.place, f"'{words}' is not on the clock", "a day goes from 00:00 to 24:00")
        return None
    if begin == end:
        faults.add(node.place, f"'{words}' ends when it begins", "leave it out for the whole day")
        return None
    return begin, end


def read_days(node: Node, faults: Faults) -> frozenset[int]:
    """Return the days, 0 for Monday; a range may pass the end of the week."""
    days: set[int] = set()
    for written in nodes.texts(node, faults):
        for part in written.written.split(","):
            numbers = [_day(name, written, faults) for name in part.split("-", 1)]
            if None not in numbers:
                begin, end = numbers[0] or 0, numbers[-1] or 0
                days.update(day % 7 for day in range(begin, end + 1 + 7 * (end < begin)))
    return frozenset(days)


def _day(name: str, node: Node, faults: Faults) -> int | None:
    key = name.strip().lower()
    if key in DAYS:
        return DAYS.index(key)
    if key in _LONG_DAYS:
        return _LONG_DAYS.index(key)
    faults.add(node.place, f"'{nodes.shortened(name)}' is no day", did_you_mean(key, DAYS))
    return None
