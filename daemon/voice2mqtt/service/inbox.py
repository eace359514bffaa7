"""Where every foreign thread crosses into the daemon: it puts a notice here and returns at once.

The supervisor takes them out one at a time, a stop before a mute before all others; typed
sentences come last, in a queue of their own that is bounded. `queue.SimpleQueue.put` may be
called from a signal handler too.
"""

import queue
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from voice2mqtt.audio.signal.condition import MicrophoneState
from voice2mqtt.mqtt.control import Control, Mute, Say


@dataclass(frozen=True, slots=True)
class Stop:
    """The daemon is to end."""

    why: str


@dataclass(frozen=True, slots=True)
class TableChanged:
    """The command table may have changed, or somebody wants it read again."""


@dataclass(frozen=True, slots=True)
class TableRead:
    """The command table has been read again: it is in force, or `failure` is why it is not."""

    rows: int = 0
    failure: BaseException | None = None


@dataclass(frozen=True, slots=True)
class ControlRequested:
    """A control topic was written to; a newer request of its kind takes its place."""

    control: Control


@dataclass(frozen=True, slots=True)
class Typed:
    """A sentence to be handled as if it had been heard."""

    text: str
    at_s: float
    """Monotonic time of its arrival."""


@dataclass(frozen=True, slots=True)
class MicrophoneChanged:
    """The microphone's condition changed."""

    state: MicrophoneState


@dataclass(frozen=True, slots=True)
class HostChanged:
    """The Speech host can be reached, or why it cannot."""

    fault: str


@dataclass(frozen=True, slots=True)
class LoopEnded:
    """There will be no further utterance."""

    failure: BaseException | None


DaemonEvent = (
    Stop
    | TableChanged
    | TableRead
    | ControlRequested
    | Typed
    | MicrophoneChanged
    | HostChanged
    | LoopEnded
)

SENTENCES = 100
"""Typed sentences that wait at one time."""


class Inbox:
    """Notices on their way to the one thread that takes them out."""

    def __init__(self) -> None:
        self._notices: queue.SimpleQueue[DaemonEvent | None] = queue.SimpleQueue()
        """None only wakes who waits."""
        self._sentences: queue.SimpleQueue[Typed] = queue.SimpleQueue()
        self._gathered: list[DaemonEvent] = []

    def put(self, notice: DaemonEvent) -> None:
        """Leave `notice`; never blocks. Any thread or signal handler may call it."""
        self._notices.put(notice)

    def put_control(self, control: Control, now_s: float) -> str:
        """Leave a request that came in at `now_s`; return why it is not taken, or ""."""
        if not isinstance(control, Say):
            self.put(ControlRequested(control))
        elif self._sentences.qsize() < SENTENCES:
            self._sentences.put(Typed(control.text, now_s))
            self._notices.put(None)
        else:
            return f"say/set: {SENTENCES} sentences wait already"
        return ""

    def take(self, within_s: float) -> DaemonEvent | None:
        """Return the next notice, or None when none comes within `within_s`."""
        for notice in self._new(within_s):
            self._gathered = [old for old in self._gathered if not _replaces(notice, old)]
            self._gathered.append(notice)
        if self._gathered:
            first = min(self._gathered, key=_urgency)
            self._gathered.remove(first)
            return first
        with suppress(queue.Empty):
            return self._sentences.get_nowait()
        return None

    def _new(self, within_s: float) -> Iterator[DaemonEvent]:
        """Yield what has come; wait for it only if there is nothing else to do."""
        idle = not self._gathered and self._sentences.empty()
        with suppress(queue.Empty):
            if idle and (notice := self._notices.get(timeout=within_s)):
                yield notice
            while True:
                if notice := self._notices.get_nowait():
                    yield notice


def _urgency(notice: DaemonEvent) -> int:
    match notice:
        case Stop() | LoopEnded():
            return 0
        case ControlRequested(control=Mute()):
            return 1
        case _:
            return 2


def _replaces(new: DaemonEvent, old: DaemonEvent) -> bool:
    """Whether `old` need not be done since `new` asks for the same, or for the contrary."""
    match new, old:
        case ControlRequested(control=one), ControlRequested(control=other):
            return type(one) is type(other)
        case TableChanged(), TableChanged():
            return True
        case _:
            return False
