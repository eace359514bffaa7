"""How fast a client may send, and for how long it has been silent. Pure; all times in seconds."""


class RateLimit:
    """A token bucket: a burst of audio, then a steady speed. Tokens are seconds of audio."""

    def __init__(self, burst_s: float, speed: float, now_s: float) -> None:
        """`speed` is the multiple of real time at which the bucket fills."""
        self._burst_s = burst_s
        self._speed = speed
        self._tokens_s = burst_s
        self._taken_s = 0.0
        self._filled_at_s = now_s

    def wait_s(self, taken_s: float, now_s: float) -> float:
        """Return how long to pause, when `taken_s` of audio have been taken in all."""
        filled_s = (now_s - self._filled_at_s) * self._speed
        self._tokens_s = min(self._burst_s, self._tokens_s + filled_s) - (taken_s - self._taken_s)
        self._taken_s, self._filled_at_s = taken_s, now_s
        return max(0.0, -self._tokens_s / self._speed)


class SessionClock:
    """Runs while the host waits for its client, and is paused while the client is not read.

    So a client that is not read is never taken for one that is silent.
    """

    def __init__(self) -> None:
        self._paused_s = 0.0
        self._paused_at_s: float | None = None

    @property
    def runs(self) -> bool:
        """Whether the host waits for the client."""
        return self._paused_at_s is None

    def time_s(self, now_s: float) -> float:
        """Return the time on this clock."""
        return (now_s if self._paused_at_s is None else self._paused_at_s) - self._paused_s

    def pause(self, now_s: float) -> None:
        """Pause a running clock."""
        self._paused_at_s = now_s

    def resume(self, now_s: float) -> None:
        """Let the clock run again, if it is paused."""
        if self._paused_at_s is not None:
            self._paused_s += now_s - self._paused_at_s
            self._paused_at_s = None
