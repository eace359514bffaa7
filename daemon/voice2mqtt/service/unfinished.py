"""Commands with delayed messages, stored so that a crash does not lose them silently.

The next start does not carry them out, which would be late: it reports what was not done.
"""

import itertools
import threading
from collections.abc import Callable, Iterator

from voice2mqtt.core.decision import Fire
from voice2mqtt.service.store import Store

MOST = 64
"""Commands that are stored; set by hand, more than a home has at one time."""
_NAME = "unfinished"


class Unfinished:
    """The commands that still have a message to come. Any thread."""

    def __init__(self, store: Store, *, log_text: bool = True) -> None:
        """Keep them in `store`; without `log_text` not their topics, which may repeat speech."""
        self._store = store
        self._log_text = log_text
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._left = list(_kept(store.read(_NAME)))
        self._pending: dict[int, dict[str, object]] = {}

    def begin(self, fire: Fire, event_id: str) -> Callable[[], None]:
        """Store `fire` if it has a delayed message; return what to call when it has ended."""
        later = [message.topic for message in fire.messages if message.after_s > 0]
        if not later:
            return _nothing
        topics = later if self._log_text else []
        with self._lock:
            number = next(self._numbers)
            self._pending[number] = {"id": event_id, "row": fire.row, "topics": topics}
            self._keep()

        def end() -> None:
            with self._lock:
                if self._pending.pop(number, None):
                    self._keep()

        return end

    def take_left(self) -> Iterator[tuple[str, str, str]]:
        """Yield event id, row and reason of each command that an earlier run left; only once."""
        with self._lock:
            left, self._left = self._left, []
            self._keep()
        for event_id, row, topics in left:
            what = ", ".join(topics)
            why = "the daemon was killed before its later messages were done"
            yield event_id, row, f"{why}: {what}" if what else why

    def _keep(self) -> None:
        kept = list(self._pending.values())[-MOST:]
        if kept:
            self._store.write(_NAME, kept)
        else:
            self._store.remove(_NAME)


def _nothing() -> None:
    pass


def _kept(document: object) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the valid entries of `document`."""
    for entry in document[:MOST] if isinstance(document, list) else []:
        match entry:
            case {"id": str(event_id), "row": str(row), "topics": list(topics)}:
                yield event_id, row, [topic for topic in topics if isinstance(topic, str)]
