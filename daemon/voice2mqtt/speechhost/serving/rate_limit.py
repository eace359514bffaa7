"""How fast a client may send, and how its time is told. Pure."""


class RateLimit:
    """Lets a client be ahead of real time by a burst; beyond, it is read at a steady speed."""

    def __init__(self, burst_s: float, speed: float, now_s: float) -> None:
        """`speed` is a multiple of real time."""
        self._burst_s = burst_s
        self._speed = speed
        self._spare_s = burst_s
        self._taken_s = 0.0
        self._at_s = now_s

    def wait_s(self, taken_s: float, now_s: float) -> float:
        """Return how long to read no further, when `taken_s` of audio have been taken in all."""
        grown_s = (now_s - self._at_s) * self._speed
        self._spare_s = min(self._burst_s, self._spare_s + grown_s) - (taken_s - self._taken_s)
        self._taken_s, self._at_s = taken_s, now_s
        return max(0.0, -self._spare_s / self._speed)


class SessionClock:
    """Runs while the host waits for its client, and stands still while the host keeps it waiting.

    So a client that is not read is never taken for one that is silent.
    """

    def __init__(self) -> None:
        self._stood_s = 0.0
        self._stopped_at_s: float | None = None

    @property
    def runs(self) -> bool:
        """Whether the host waits for the client."""
        return self._stopped_at_s is None

    def time_s(self, now_s: float) -> float:
        """Return what the clock shows."""
        return (now_s if self._stopped_at_s is None else self._stopped_at_s) - self._stood_s

    def stop(self, now_s: float) -> None:
        """Stand still, from a running clock."""
        self._stopped_at_s = now_s

    def go(self, now_s: float) -> None:
        """Run on, from a clock that stood still."""
        if self._stopped_at_s is not None:
            self._stood_s += now_s - self._stopped_at_s
            self._stopped_at_s = None
