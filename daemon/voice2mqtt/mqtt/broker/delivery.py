"""A message on its way to the broker, its result, and a message from the broker. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum


class Lane(IntEnum):
    """A priority: a lane is served when those before it are empty or have their share in flight."""

    COMMAND = 0
    """Commands, and the bids by which nodes agree which of them acts."""
    STATE = 1
    """States and events."""
    DISCOVERY = 2
    """Discovery messages for Home Assistant; there can be thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message on its way to the broker. Its times are absolute, those of a `Message` relative."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    deadline_s: float = math.inf
    """Monotonic time after which it must not reach the broker."""
    lane: Lane = Lane.COMMAND


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from the broker."""

    topic: str
    payload: bytes
    retained: bool
    """Whether the broker had kept it from before we subscribed."""
    too_large_bytes: int = 0
    """Its size, if it was too large; its payload is then empty."""


class DeliveryResult(Enum):
    """The result of a delivery."""

    CONFIRMED = "the broker has it"
    REFUSED = "the broker refused it"
    UNSENT = "the broker never saw it; it may be tried again"
    UNKNOWN = "the connection was lost before the broker confirmed it; it is never sent again"


OnResult = Callable[[DeliveryResult, str], None]
"""Called once per delivery; where there is a reason, it is a part of a sentence."""


def ignore_result(_result: DeliveryResult, _reason: str) -> None:
    """Do nothing with a result that does not matter."""


class ConnectionLost(Exception):  # noqa: N818 - a fact about the connection, not an error of ours
    """The connection could not be made, or is gone; the text says why, for people."""

    def __init__(self, reason: str, cause: "Cause") -> None:
        super().__init__(reason)
        self.cause = cause


class Cause(Enum):
    """Why a connection was lost, as far as it changes what comes next."""

    NETWORK = "try again soon"
    CREDENTIALS = "trying again soon would only load the broker"
    VERSION = "the broker is too old for MQTT 5"
    SILENCE = "it hung up before it answered; too old for MQTT 5, or about to restart"
    LIMITS = "it takes less than we asked for; try again at once with what it takes"
    TAKEN_OVER = "another client uses our client id"
