"""How a thread shows that it is alive, to whoever wants to know."""

from typing import Protocol


class Heartbeat(Protocol):
    """The pulse of one part of the daemon. Any thread may use it, as often as it likes."""

    def beat(self) -> None:
        """Show a sign of life; the next is due soon."""
        ...

    def pause(self) -> None:
        """Owe none until the next `beat`, before a wait that may rightly be long."""
        ...


class Unwatched:
    """A pulse that nobody feels."""

    def beat(self) -> None:
        """Do nothing."""

    def pause(self) -> None:
        """Do nothing."""


UNWATCHED = Unwatched()
