"""Whether audio arrives as fast as time goes by, or late, or with some of it lost. Pure.

A clock and a count of samples tell what a device that loses audio without a word does not, nor a
machine that slept, nor a process that stood still.
"""

from voice2mqtt.core.audio import RATE_HZ

LOST_S = 0.4
"""Lateness that does not shrink for so long is not a jam: so much was lost. Steady capture
through a sound server strays by 60 ms."""

REMEMBERED_S = 10.0
"""Two clocks differ by a second or so in an hour; so long they agree."""


class Arrival:
    """The audio of one live source, from one interruption to the next."""

    def __init__(self) -> None:
        self._position = 0
        self._lost = False
        self._late_since_s: float | None = None
        self._late_then_s = 0.0
        self._since_s = float("-inf")
        # When sample 0 would have come at the earliest, by what came lately and by what did before.
        self._origin_s = self._origin_before_s = float("inf")

    @property
    def lost(self) -> bool:
        """Whether audio is missing before that of the last call."""
        return self._lost

    def late_s(self, samples: int, now_s: float) -> float:
        """Return how long ago the last of `samples`, which came at `now_s`, might have come."""
        self._position += samples
        origin_s = now_s - self._position / RATE_HZ
        if now_s - self._since_s > REMEMBERED_S:
            self._since_s = now_s
            self._origin_before_s, self._origin_s = self._origin_s, origin_s
        self._origin_s = min(self._origin_s, origin_s)
        late_s = origin_s - min(self._origin_s, self._origin_before_s)
        self._lost = self._stays(late_s, now_s)
        if self._lost:
            self._origin_s = self._origin_before_s = origin_s
            self._late_since_s = None
            return 0.0
        return late_s

    def _stays(self, late_s: float, now_s: float) -> bool:
        """Return whether it has been late for some time without catching up."""
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
