"""One command on its way: all its messages, and the confirmation of the device."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from voice2mqtt.core.decision import Fire, Message
from voice2mqtt.mqtt.confirmation_watcher import ConfirmationWatcher


@dataclass(frozen=True, slots=True)
class CommandFailure:
    """Why a command was not carried out."""

    kind: str
    """`not_done` if a message was not delivered, `not_obeyed` if the device did not confirm."""
    reason: str


Deliver = Callable[[Message, Callable[[str], None], float | None], None]
"""See `Outbox.publish`."""


class CommandTracker:
    """Publishes the messages of a command, and then waits for the confirmation of the device.

    Args:
        fire: the command.
        on_done: called once, on a foreign thread; None is success.
    """

    def __init__(self, fire: Fire, on_done: Callable[[CommandFailure | None], None]) -> None:
        self._fire = fire
        self._on_done = on_done
        self._lock = threading.Lock()
        self._left = len(fire.messages)
        self._reasons: list[str] = []
        self._start_timeout: Callable[[], None] = lambda: on_done(None)

    def start(self, publish: Deliver, confirmations: ConfirmationWatcher) -> None:
        """Begin; returns at once."""
        if self._fire.expect:
            # Before the messages go out: a quick device answers before the broker confirms them.
            self._start_timeout = confirmations.expect(self._fire.expect, self._confirmed)
        for message in self._fire.messages:
            publish(message, partial(self._message_done, message), self._fire.said_s)
        if not self._fire.messages:
            self._start_timeout()

    def _message_done(self, message: Message, reason: str) -> None:
        with self._lock:
            self._left -= 1
            if reason:
                self._reasons.append(f"{message.topic}: {reason}")
            complete = self._left == 0
        if complete and self._reasons:
            self._on_done(CommandFailure("not_done", "; ".join(self._reasons)))
        elif complete:
            self._start_timeout()

    def _confirmed(self, reason: str) -> None:
        self._on_done(CommandFailure("not_obeyed", reason) if reason else None)
