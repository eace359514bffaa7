"""The clock of ages and deadlines: of what was said, and of what is to be published; the date."""

import time
from datetime import UTC, date, datetime


def now_s() -> float:
    """Return seconds since boot, which go on while the machine sleeps.

    Python's `time.monotonic` stands still in a suspend: a sentence heard before it would count
    as fresh after it. For how long something runs while we are awake, `time.monotonic` is right.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def today() -> date:
    """Return the local date."""
    return datetime.now().astimezone().date()


def timestamp() -> str:
    """Return the local time as events tell it: ISO 8601 with milliseconds and offset."""
    return datetime.now(UTC).astimezone().isoformat(timespec="milliseconds")
