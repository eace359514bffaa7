"""One command on its way: all its messages, and the device's word that it obeyed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from voice2mqtt.core.decision import Fire, Message
from voice2mqtt.core.ports import Publisher
from voice2mqtt.mqtt.confirmation_watcher import ConfirmationWatcher


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What went wrong with a command."""

    kind: str
    """`not_done` when a message did not arrive, `not_obeyed` when the device does not say so."""
    reason: str


class CommandTracker:
    """Publishes the messages of a command, and then watches whether the device obeys.

    Args:
        fire: the command.
        on_done: called once, on a foreign thread; None is success.
    """

    def __init__(self, fire: Fire, on_done: Callable[[Shortfall | None], None]) -> None:
        self._fire = fire
        self._on_done = on_done
        self._lock = threading.Lock()
        self._left = len(fire.messages)
        self._reasons: list[str] = []
        self._start_clock: Callable[[], None] = lambda: on_done(None)

    def run(self, publisher: Publisher, obedience: ConfirmationWatcher) -> None:
        """Begin; returns at once."""
        if self._fire.expect:
            # Before it is asked: a quick device answers before the broker confirms.
            self._start_clock = obedience.expect(self._fire.expect, self._answered)
        for message in self._fire.messages:
            publisher.publish(message, partial(self._told, message), self._fire.said_s)
        if not self._fire.messages:
            self._start_clock()

    def _told(self, message: Message, reason: str) -> None:
        with self._lock:
            self._left -= 1
            if reason:
                self._reasons.append(f"{message.topic}: {reason}")
            complete = self._left == 0
        if complete and self._reasons:
            self._on_done(Shortfall("not_done", "; ".join(self._reasons)))
        elif complete:
            self._start_clock()

    def _answered(self, reason: str) -> None:
        self._on_done(Shortfall("not_obeyed", reason) if reason else None)
