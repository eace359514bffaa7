"""What is under way, stored so that a crash does not lose it silently.

That is the utterance that is being heard and decided on, and each command whose messages are not
all done. The next start does not carry them out, which might be late or for the second time: it
reports them.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from voice2mqtt.core.decision import Fire
from voice2mqtt.service.store import Store

MOST = 64
"""Entries that are stored; set by hand, more than a home has at one time."""
_NAME = "unfinished"


@dataclass(frozen=True, slots=True)
class Left:
    """What an earlier run left: a command, or an utterance if there is no `row`."""

    event_id: str
    row: str
    reason: str


class Unfinished:
    """The utterance and the commands that are under way. Any thread."""

    def __init__(self, store: Store, *, log_text: bool = True) -> None:
        """Keep them in `store`; without `log_text` not their topics, which may repeat speech."""
        self._store = store
        self._log_text = log_text
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._left = list(_kept(store.read(_NAME)))
        self._pending: dict[int, dict[str, object]] = {}

    @contextmanager
    def utterance(self) -> Iterator[None]:
        """Store that an utterance is heard and decided on, for as long as that takes."""
        end = self._begin({"row": ""})
        try:
            yield
        finally:
            end()

    def begin_command(self, fire: Fire, event_id: str) -> Callable[[], None]:
        """Store `fire`; return what to call when its last message has been done or given up."""
        topics = [message.topic for message in fire.messages] if self._log_text else []
        return self._begin({"id": event_id, "row": fire.row, "topics": topics})

    def take_left(self) -> Iterator[Left]:
        """Yield what an earlier run left; only once."""
        with self._lock:
            left, self._left = self._left, []
            self._keep()
        yield from left

    def _begin(self, entry: dict[str, object]) -> Callable[[], None]:
        with self._lock:
            number = next(self._numbers)
            self._pending[number] = entry
            self._keep()

        def end() -> None:
            with self._lock:
                if self._pending.pop(number, None):
                    self._keep()

        return end

    def _keep(self) -> None:
        kept = list(self._pending.values())[-MOST:]
        if kept:
            self._store.write(_NAME, kept)
        else:
            self._store.remove(_NAME)


def _kept(document: object) -> Iterator[Left]:
    """Yield the valid entries of `document`."""
    for entry in document[:MOST] if isinstance(document, list) else []:
        match entry:
            case {"row": ""}:
                yield Left("", "", "the daemon was killed while it heard this")
            case {"id": str(event_id), "row": str(row), "topics": list(topics)}:
                what = ", ".join(topic for topic in topics if isinstance(topic, str))
                why = "the daemon was killed before all its messages were known to be done"
                yield Left(event_id, row, f"{why}: {what}" if what else why)
