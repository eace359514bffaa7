"""Where every foreign thread crosses into the daemon: it puts a notice here and returns at once.

The supervisor takes them out one at a time. `queue.SimpleQueue.put` may be called from a signal
handler too.
"""

import queue
from dataclasses import dataclass

from voice2mqtt.ear.state import MicrophoneState
from voice2mqtt.mqtt.control import Control


@dataclass(frozen=True, slots=True)
class Stop:
    """The daemon is to end."""

    why: str


@dataclass(frozen=True, slots=True)
class TableChanged:
    """The command table may have changed, or somebody wants it read again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A control topic was written to."""

    control: Control


@dataclass(frozen=True, slots=True)
class Microphone:
    """The microphone's condition changed."""

    state: MicrophoneState


@dataclass(frozen=True, slots=True)
class Host:
    """The Speech host can be reached, or why it cannot."""

    fault: str


@dataclass(frozen=True, slots=True)
class LoopEnded:
    """There will be no further utterance."""

    failure: BaseException | None


Notice = Stop | TableChanged | Asked | Microphone | Host | LoopEnded


class Inbox:
    """A queue of notices, taken out by one thread."""

    def __init__(self) -> None:
        self._notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()

    def put(self, notice: Notice) -> None:
        """Leave `notice`; never blocks. Any thread or signal handler may call it."""
        self._notices.put(notice)

    def take(self, within_s: float) -> Notice | None:
        """Return the next notice, or None when none comes within `within_s`."""
        try:
            return self._notices.get(timeout=within_s)
        except queue.Empty:
            return None
