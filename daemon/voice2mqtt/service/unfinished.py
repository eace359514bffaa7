"""Commands with messages that wait for their time, kept so that a killed daemon's are told.

They are not carried out by the next start, which would be late: it says what was not done.
"""

import itertools
import threading
from collections.abc import Callable, Iterator

from voice2mqtt.core.decision import Fire
from voice2mqtt.service.store import Store

MOST = 64
"""Commands that are kept; a house does not have more under way."""
_NAME = "unfinished"


class Unfinished:
    """The commands under way that have a message to come. Any thread."""

    def __init__(self, store: Store, *, log_text: bool = True) -> None:
        """Keep them in `store`; `log_text` is whether what was said may be kept."""
        self._store = store
        self._log_text = log_text
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._left = list(_kept(store.read(_NAME)))
        self._under_way: dict[int, dict[str, object]] = {}

    def begin(self, fire: Fire, event_id: str) -> Callable[[], None]:
        """Keep `fire` if it has a message to come; return what is to be called at its end."""
        later = [message.topic for message in fire.messages if message.after_s > 0]
        if not later:
            return _nothing
        topics = later if self._log_text else []
        with self._lock:
            number = next(self._numbers)
            self._under_way[number] = {"id": event_id, "row": fire.row, "topics": topics}
            self._keep()

        def end() -> None:
            with self._lock:
                if self._under_way.pop(number, None):
                    self._keep()

        return end

    def take_left(self) -> Iterator[tuple[str, str, str]]:
        """Yield event id, row and reason of what an earlier run left, once."""
        with self._lock:
            left, self._left = self._left, []
            self._keep()
        for event_id, row, topics in left:
            what = ", ".join(topics)
            why = "the daemon was killed before its later messages were done"
            yield event_id, row, f"{why}: {what}" if what else why

    def _keep(self) -> None:
        kept = list(self._under_way.values())[-MOST:]
        if kept:
            self._store.write(_NAME, kept)
        else:
            self._store.remove(_NAME)


def _nothing() -> None:
    pass


def _kept(document: object) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what of `document` can be understood."""
    for entry in document[:MOST] if isinstance(document, list) else []:
        match entry:
            case {"id": str(event_id), "row": str(row), "topics": list(topics)}:
                yield event_id, row, [topic for topic in topics if isinstance(topic, str)]
