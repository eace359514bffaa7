"""The condition of the microphone, as a value and as a sentence for a person."""

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """The conditions a microphone can be in; `docs/microphone.md` explains them."""

    STARTING = "starting"
    OK = "ok"
    MISSING = "missing"
    BUSY = "busy"
    DENIED = "denied"
    UNSUITABLE = "unsuitable"
    NO_SERVER = "no_server"
    STALLED = "stalled"
    LOST = "lost"
    FAILED = "failed"
    DEAF = "deaf"
    CLIPPING = "clipping"


_LISTENING = {Condition.OK, Condition.DEAF, Condition.CLIPPING}


@dataclass(frozen=True, slots=True)
class MicrophoneState:
    """The condition of one microphone."""

    condition: Condition
    device: str
    sentence: str
    """What is wrong and what to do about it."""

    @property
    def listening(self) -> bool:
        """Whether audio arrives, good or bad."""
        return self.condition in _LISTENING
