"""Whether live audio arrives in time, late, or with some of it lost. Pure.

Compares the count of samples with a clock that goes on in a suspend. So it notices a device that
loses audio silently, a machine that slept, and a process that was stopped. The origin is the
earliest time at which sample 0 can have been captured, by any block of the last 10 to 20 s; a
block is late by how much its own origin lies behind that.
"""

from voice2mqtt.core.audio import RATE_HZ

LOST_S = 0.4
"""If blocks are this late, and have not caught up after this long, audio was lost and not delayed.
Steady capture through a sound server varies by 60 ms."""

WINDOW_S = 10.0
"""Within it the clock of the sound card and ours agree; they drift apart by about 1 s an hour."""


class Arrival:
    """The arrival times of one live source, from one interruption to the next."""

    def __init__(self) -> None:
        self._position = 0
        self.lost = False
        """Whether audio is missing before the last block."""
        self._late_since_s: float | None = None
        self._late_then_s = 0.0
        self._since_s = float("-inf")
        # The earliest origin in this window, and in the one before.
        self._origin_s = self._origin_before_s = float("inf")

    def late_s(self, samples: int, now_s: float) -> float:
        """Return how late the block of `samples` is that arrived at `now_s`; 0 after a loss."""
        self._position += samples
        origin_s = now_s - self._position / RATE_HZ
        if now_s - self._since_s > WINDOW_S:
            self._since_s = now_s
            self._origin_before_s, self._origin_s = self._origin_s, origin_s
        self._origin_s = min(self._origin_s, origin_s)
        late_s = origin_s - min(self._origin_s, self._origin_before_s)
        self.lost = self._stays_late(late_s, now_s)
        if self.lost:
            self._origin_s = self._origin_before_s = origin_s
            self._late_since_s = None
            return 0.0
        return late_s

    def _stays_late(self, late_s: float, now_s: float) -> bool:
        """Return whether blocks have been late for `LOST_S` without catching up."""
        if late_s < LOST_S:
            self._late_since_s = None
            return False
        if self._late_since_s is None:
            self._late_since_s, self._late_then_s = now_s, late_s
        waited_s = now_s - self._late_since_s
        if waited_s < LOST_S:
            return False
        caught_up = self._late_then_s - late_s > waited_s / 4
        self._late_since_s, self._late_then_s = now_s, late_s
        return not caught_up
