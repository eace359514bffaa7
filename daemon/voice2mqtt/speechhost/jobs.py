"""What a turn has done for it by the engine, as values."""

from dataclasses import dataclass
from enum import IntEnum


class Urgency(IntEnum):
    """What waits for a transcription; less comes first."""

    ANSWER = 0
    """The client, now."""
    PAUSE = 1
    """The client, if this pause is the end of the phrase."""
    INTERIM = 2
    """Nobody; it would be good to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """In the turn that begins, one of `phrases` is likely to be said."""

    phrases: tuple[str, ...]
    left_out: int
    """How many more the client offered than are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """A job: what was said in `pcm`, likely one of `phrases`?"""

    job: int
    pcm: bytes
    urgency: Urgency
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hasten:
    """The client now waits for this job."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon:
    """Nobody waits for this job any more."""

    job: int


Work = Prepare | Transcribe | Hasten | Abandon
