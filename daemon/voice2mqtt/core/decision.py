"""What the house should do about one outcome, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SlotValue = str | int | float
"""What a slot carries into topic and payload."""

NO_SLOTS: Mapping[str, SlotValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One MQTT message, ready to publish."""

    topic: str
    payload: str
    qos: int = 0
    retain: bool = False
    after_s: float = 0.0
    """Pause before it, counted from the decision."""
    expires_s: float = 10.0
    """Never delivered later than this after its sentence ended, its own pause granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The device's own word that it obeyed: `payload` on `topic` within `within_s`."""

    topic: str
    payload: str | None = None
    within_s: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A row that was close, with the sentence of it that sounds most alike."""

    row: str
    sentence: str
    distance: float
    """0 is the same sound, 1 shares nothing."""
    heard: str = ""
    """What it is near to: a hypothesis, or the half of one that holds two commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why this was decided, for the log, the event and `say --explain`."""

    text: str
    """One sentence a person understands."""
    nearest: tuple[Nearest, ...] = ()
    """Best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """A command was meant; its messages are to be published."""

    row: str
    text: str
    score: float
    """How sure, from 0 to 1; 1 is word for word."""
    messages: tuple[Message, ...]
    reason: Reason
    slots: Mapping[str, SlotValue] = field(default_factory=lambda: NO_SLOTS)
    expect: Expectation | None = None
    response: str = ""
    """Spoken back after success, if the row names one."""
    said_s: float | None = None
    """Monotonic time at which its sentence ended: its messages expire counted from there.

    None counts from when they are handed over.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command is likely, or needs consent; put `question` to the speaker."""

    row: str
    text: str
    score: float
    question: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Nothing is to be published."""

    text: str
    reason: Reason
    row: str = ""
    """The row that was meant, if policy and not the words stood in its way."""
    score: float = 0.0
    too_late: bool = False
    """Whether it would have been done, had it been understood in time."""


Decision = Fire | Ask | Refuse
"""A breath with two commands gives several decisions; everything else gives one."""
