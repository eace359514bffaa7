"""What is to be done about one outcome, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SlotValue = str | int | float
"""What a slot carries into topic and payload; true and false are numbers to Python."""

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
    """Never delivered later than this after the end of its sentence plus `after_s`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How the device confirms that it did it: `payload` on `topic` within `within_s`.

    None as payload is any message.
    """

    topic: str
    payload: str | None = None
    within_s: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A row that was close, with its sentence that sounds most similar."""

    row: str
    sentence: str
    distance: float
    """Phonetic distance: 0 is the same pronunciation, 1 has nothing in common."""
    heard: str = ""
    """What it was compared with: a hypothesis, or one command of a compound hypothesis."""
    because: str = ""
    """What the distance is the sum of, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why this was decided, for the log, the event and `say --explain`."""

    text: str
    """One sentence a person understands."""
    nearest: tuple[Nearest, ...] = ()
    """Best first."""
    something_else: str = ""
    """What speaks for it that none of the commands was said, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """A command was recognised; its messages are to be published."""

    row: str
    text: str
    score: float
    """Confidence from 0 to 1; 1 is word for word."""
    messages: tuple[Message, ...]
    reason: Reason
    slots: Mapping[str, SlotValue] = field(default_factory=lambda: NO_SLOTS)
    expect: Expectation | None = None
    response: str = ""
    """Spoken after success, if the row has one."""
    said_s: float | None = None
    """When its sentence ended, by the daemon's clock: its messages expire counted from there.

    None counts from when they are queued.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command is likely, or needs consent: ask the speaker `question`."""

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
    """The row that was recognised, if policy and not the words is the reason."""
    score: float = 0.0
    too_late: bool = False
    """Whether it would have been carried out, had it been recognised in time."""


Decision = Fire | Ask | Refuse
"""A compound sentence gives one decision for each of its commands, any other sentence one."""
