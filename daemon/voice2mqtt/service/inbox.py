"""The supervisor's queue: other threads and signal handlers put daemon events into it.

The supervisor takes them out one at a time: a stop first, then a mute, then all others in order.
Typed sentences come last, in a bounded queue of their own. `queue.SimpleQueue.put` is reentrant,
so that a signal handler may call it. `composition.py` lists all threads.
"""

import queue
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from voice2mqtt.audio.signal.condition import MicrophoneState
from voice2mqtt.core.audio import Wakefulness
from voice2mqtt.mqtt.control import Control, Mute, Say


@dataclass(frozen=True, slots=True)
class Stop:
    """The daemon is to end."""

    why: str


@dataclass(frozen=True, slots=True)
class TableRead:
    """The command table has been read again: it is in force, or `failure` is why it is not."""

    rows: int = 0
    failure: BaseException | None = None


@dataclass(frozen=True, slots=True)
class ControlRequested:
    """A control topic was written to; a newer request of its kind replaces it."""

    control: Control


@dataclass(frozen=True, slots=True)
class Typed:
    """A sentence to be handled as if it had been heard."""

    text: str
    at_s: float
    """Monotonic time at which it arrived."""


@dataclass(frozen=True, slots=True)
class MicrophoneChanged:
    """The microphone's condition changed."""

    state: MicrophoneState


@dataclass(frozen=True, slots=True)
class WakefulnessChanged:
    """The wake word was heard, or what became of it."""

    change: Wakefulness
    word: str


@dataclass(frozen=True, slots=True)
class HostChanged:
    """The Speech host can be used, or why it cannot."""

    fault: str


@dataclass(frozen=True, slots=True)
class LoopEnded:
    """The loop has ended: there will be no further utterance."""

    failure: BaseException | None


DaemonEvent = (
    Stop
    | TableRead
    | ControlRequested
    | Typed
    | MicrophoneChanged
    | WakefulnessChanged
    | HostChanged
    | LoopEnded
)

SENTENCES = 100
"""Typed sentences that wait at one time; set by hand."""


class Inbox:
    """Daemon events on their way to the supervisor, which alone may call `take`."""

    def __init__(self) -> None:
        self._notices: queue.SimpleQueue[DaemonEvent | None] = queue.SimpleQueue()
        """None only wakes the supervisor."""
        self._sentences: queue.SimpleQueue[Typed] = queue.SimpleQueue()
        self._pending: list[DaemonEvent] = []

    def put(self, event: DaemonEvent) -> None:
        """Add `event`; never blocks. Any thread or signal handler may call it."""
        self._notices.put(event)

    def put_control(self, control: Control, now_s: float) -> str:
        """Add a request that came in at `now_s`; return why it is not taken, or ""."""
        if not isinstance(control, Say):
            self.put(ControlRequested(control))
        elif self._sentences.qsize() < SENTENCES:
            self._sentences.put(Typed(control.text, now_s))
            self._notices.put(None)
        else:
            return f"say/set: {SENTENCES} sentences wait already"
        return ""

    def take(self, within_s: float) -> DaemonEvent | None:
        """Return the next event, or None when none comes within `within_s`."""
        for event in self._new(within_s):
            self._pending = [old for old in self._pending if not _replaces(event, old)]
            self._pending.append(event)
        if self._pending:
            first = min(self._pending, key=_urgency)
            self._pending.remove(first)
            return first
        with suppress(queue.Empty):
            return self._sentences.get_nowait()
        return None

    def _new(self, within_s: float) -> Iterator[DaemonEvent]:
        """Yield what has come; wait for it only if nothing else is pending."""
        idle = not self._pending and self._sentences.empty()
        with suppress(queue.Empty):
            if idle and (event := self._notices.get(timeout=within_s)):
                yield event
            while True:
                if event := self._notices.get_nowait():
                    yield event


def _urgency(event: DaemonEvent) -> int:
    match event:
        case Stop() | LoopEnded():
            return 0
        case ControlRequested(control=Mute()):
            return 1
        case _:
            return 2


def _replaces(new: DaemonEvent, old: DaemonEvent) -> bool:
    """Return whether `old` is obsolete, since `new` asks for the same or the opposite."""
    match new, old:
        case ControlRequested(control=one), ControlRequested(control=other):
            return type(one) is type(other)
        case _:
            return False
