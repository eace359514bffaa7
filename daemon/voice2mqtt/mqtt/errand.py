"""One command on its way: all its messages, and the device's word that it obeyed."""

import threading
from collections.abc import Callable, Sequence

from voice2mqtt.core.decision import Message


class Errand:
    """Counts in what became of each message; when all are told, says how it went.

    Args:
        messages: those of the command.
        on_done: called once, with "" when the broker confirmed all of them, else the reasons.
    """

    def __init__(self, messages: Sequence[Message], on_done: Callable[[str], None]) -> None:
        self._lock = threading.Lock()
        self._left = len(messages)
        self._reasons: list[str] = []
        self._on_done = on_done

    def told(self, message: Message, reason: str) -> None:
        """Take note of what became of `message`."""
        with self._lock:
            self._left -= 1
            if reason:
                self._reasons.append(f"{message.topic}: {reason}")
            complete = self._left == 0
        if complete:
            self._on_done("; ".join(self._reasons))
