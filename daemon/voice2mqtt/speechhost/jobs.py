"""What a turn asks of the engine, as values; transcriptions are numbered by the turn's session."""

from dataclasses import dataclass
from enum import IntEnum


class Urgency(IntEnum):
    """Who waits for a transcription; the lowest comes first."""

    ANSWER = 0
    """The client waits now."""
    PAUSE = 1
    """The client will wait if this pause is the end of the phrase."""
    INTERIM = 2
    """Nobody waits: an interim result of a long phrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Compile `phrases`, the client's list for the turn that begins."""

    phrases: tuple[str, ...]
    left_out: int
    """How many phrases of the client are over the limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """Transcribe `pcm`, in which one of `phrases` is likely to be said."""

    job_id: int
    pcm: bytes
    urgency: Urgency
    phrases: tuple[str, ...]
    timed: bool = False
    """Whether the client asked when each word was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hasten:
    """Raise a job to `Urgency.ANSWER`."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon:
    """Drop a job."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Tell the owner of the host what is wrong with the client's request."""

    fault: str


Work = Prepare | Transcribe | Hasten | Abandon | Warn
