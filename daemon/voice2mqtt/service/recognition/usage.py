"""The seconds of audio sent today, kept over restarts, and the limit that stops sending."""

import re
import threading
from collections.abc import Sequence
from datetime import date, datetime

from voice2mqtt.core.usage import restored
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
        self._metering = restored(store.read(self._name), _today())

    @property
    def today_s(self) -> float:
        """Seconds sent so far today."""
        with self._lock:
            return self._metering.on(_today())

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be sent today."""
        with self._lock:
            return self._metering.exhausted(self._limit_s, _today())

    def add(self, sent_s: float) -> None:
        """Count `sent_s` more, and store the sum."""
        with self._writing:
            with self._lock:
                self._metering = self._metering.add(sent_s, _today())
                document = self._metering.document()
            self._store.write(self._name, document)


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
        return all(meter.exhausted for meter in self.meters)


def _today() -> date:
    return datetime.now().astimezone().date()
