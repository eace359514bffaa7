"""The seconds of audio sent today, kept over restarts, and the limit that stops sending."""

import threading
from datetime import date, datetime

from voice2mqtt.core.usage import restored
from voice2mqtt.service.store import Store

_NAME = "metering"


class UsageMeter:
    """Counts what is sent. `add` is called by the loop only, the rest from any thread."""

    def __init__(self, store: Store, limit_s: float) -> None:
        """Go on with the count that `store` keeps; `limit_s` of 0 is no limit."""
        self._store = store
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._metering = restored(store.read(_NAME), _today())

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
        with self._lock:
            self._metering = self._metering.add(sent_s, _today())
            document = self._metering.document()
        self._store.write(_NAME, document)


def _today() -> date:
    return datetime.now().astimezone().date()
