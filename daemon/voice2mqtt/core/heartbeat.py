"""How a thread shows the watchdog that it is alive."""

from typing import Protocol


class Heartbeat(Protocol):
    """The heartbeat of one part of the daemon. Any thread may use it, as often as it likes."""

    def beat(self) -> None:
        """Show that it is alive; the next beat is due within the part's time limit."""
        ...

    def pause(self) -> None:
        """Need no beat until the next one, for a wait that may rightly be long."""
        ...


class Unwatched:
    """A heartbeat that nobody watches."""

    def beat(self) -> None:
        """Do nothing."""

    def pause(self) -> None:
        """Do nothing."""


UNWATCHED = Unwatched()
