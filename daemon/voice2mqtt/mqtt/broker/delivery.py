"""What is handed to the broker, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum


class Lane(IntEnum):
    """Who goes first; a lane is served only when those before it are empty or have their share."""

    COMMAND = 0
    """What was said, and what nodes say to each other before one of them acts."""
    STATE = 1
    """How the node is and what happened."""
    DISCOVERY = 2
    """What Home Assistant should know; there can be thousands of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way to the broker."""

    topic: str
    payload: str | bytes
    qos: int = 1
    retain: bool = False
    deadline_s: float | None = None
    """Monotonic time after which it must not reach the broker; None is whenever."""
    lane: Lane = Lane.COMMAND


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from the broker."""

    topic: str
    payload: bytes
    retained: bool
    """Whether it was said before we asked."""
    too_large_bytes: int = 0
    """Its size, if it was too large to be kept."""


class DeliveryResult(Enum):
    """What became of a delivery."""

    CONFIRMED = "the broker has it"
    REFUSED = "the broker will not have it"
    UNSENT = "the broker never saw it; it may be tried again"
    UNKNOWN = "the connection was lost before the broker confirmed it; it is never sent again"


Answer = Callable[[DeliveryResult, str], None]
"""Called once per delivery, with the reason as part of a sentence where there is one."""


def unheard(_fate: DeliveryResult, _reason: str) -> None:
    """Take an answer nobody waits for."""


class ConnectionLost(Exception):  # noqa: N818 - a fact about the connection, not an error of ours
    """The connection could not be made, or is gone; the text says why, for people."""

    def __init__(self, reason: str, cause: "Cause") -> None:
        super().__init__(reason)
        self.cause = cause


class Cause(Enum):
    """Kinds of loss that are answered differently."""

    NETWORK = "worth another try soon"
    CREDENTIALS = "trying again soon would hammer"
    VERSION = "the broker is too old for MQTT 5"
    SILENCE = "it hung up before a word; too old for MQTT 5, or about to restart"
    LIMITS = "it takes less than we asked for; now that we know, it can be tried at once"
    TAKEN_OVER = "somebody else uses our name"
