"""The seconds of audio sent today, kept over restarts, and the limit that stops sending.

Some hosts bill by the second.
"""

import math
import re
import threading
from collections.abc import Sequence
from datetime import date

from voice2mqtt import clock
from voice2mqtt.service.store import Store

_OTHERS = re.compile(r"[^A-Za-z0-9]+")
"""What a file name had better not have."""


class UsageMeter:
    """Counts what is sent. Any thread may call it."""

    def __init__(self, store: Store, limit_s: float, service: str = "") -> None:
        """Go on with the count that `store` keeps; `limit_s` of 0 is no limit.

        `service` names which of several services is meant.
        """
        self._store = store
        self._name = "-".join(filter(None, ["metering", _OTHERS.sub("-", service).strip("-")]))
        self._limit_s = limit_s
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._day, self._sent_s = _kept(store.read(self._name))

    @property
    def today_s(self) -> float:
        """Seconds sent so far today; a new day begins at 0."""
        with self._lock:
            return self._sent_on(clock.today())

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be sent today."""
        return 0 < self._limit_s <= self.today_s

    def add(self, sent_s: float) -> None:
        """Count `sent_s` more, and store the sum."""
        with self._writing:
            with self._lock:
                today = clock.today()
                self._day, self._sent_s = today, self._sent_on(today) + sent_s
                document = {"day": today.isoformat(), "sent_s": round(self._sent_s, 3)}
            self._store.write(self._name, document)

    def _sent_on(self, day: date) -> float:
        return self._sent_s if self._day == day else 0.0


class TotalUsage:
    """The usage of several services, each with a limit of its own."""

    def __init__(self, meters: Sequence[UsageMeter]) -> None:
        """Add up `meters`, one for each service."""
        self.meters = meters

    @property
    def today_s(self) -> float:
        """Seconds sent so far today, to all of them."""
        return sum(meter.today_s for meter in self.meters)

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be sent today, to any of them."""
        return bool(self.meters) and all(meter.exhausted for meter in self.meters)


UNMETERED = TotalUsage(())
"""Counts nothing."""


def _kept(document: object) -> tuple[date, float]:
    """Return the day and its seconds in `document`; if it is damaged, of a day long ago."""
    match document:
        case {"day": str(day), "sent_s": float(sent_s)} if math.isfinite(sent_s) and sent_s >= 0:
            try:
                return date.fromisoformat(day), sent_s
            except ValueError:
                pass
    return date.min, 0.0
