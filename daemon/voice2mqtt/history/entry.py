"""One entry of the history: an event, and what plots and reviews need beside it."""

from dataclasses import dataclass
from enum import Enum

from voice2mqtt.core.event import Event


class Refusal(Enum):
    """Why nothing was carried out, for counts and lists."""

    NONE = ""
    """It was carried out."""
    NOT_IN_TABLE = "not_in_table"
    """No row says it, or none is near enough."""
    UNCLEAR = "unclear"
    """It was asked which command was meant, or whether one was."""
    CONSENT = "consent"
    """The row or the wake phrase asked back, as it always does."""
    NO_WAKE_PHRASE = "no_wake_phrase"
    NOT_ALLOWED = "not_allowed"
    """A row was meant, and may not act now: hours, a pause, mute, a refused question."""
    NO_WORDS = "no_words"
    """There was speech, and the host found no words in it."""
    SILENCE = "silence"
    CANCELED = "canceled"
    """The recognition failed."""
    HELD_BACK = "held_back"
    """Another node acted."""


REVIEWED = (Refusal.NOT_IN_TABLE, Refusal.UNCLEAR)
"""What a person may want to become a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """What is kept of one decision, or of one outcome in which there was nothing to decide."""

    event: Event
    """As it was published, with `hypotheses` beside it; without words if they are not kept."""
    at_s: float
    """Seconds since 1970."""
    refusal: Refusal
    sound: str = ""
    """What a sentence for review sounds like; "" for all else."""
    level_dbfs: float | None = None
    """Of the speech; None if it was typed or the level is not known."""
    noise_dbfs: float | None = None
    """The quietest tenth of the utterance."""
    audio_s: float | None = None
    """Length of the audio that went to the host."""
    wav: bytes = b""
    """The recording, if it is to be kept."""

    @property
    def id(self) -> str:
        """The utterance, which several entries may be about."""
        return str(self.event["id"])

    @property
    def kind(self) -> str:
        """The kind of the event."""
        return str(self.event["event"])

    @property
    def text(self) -> str:
        """What was heard; "" if nothing was, or words are not kept."""
        return str(self.event["text"])

    @property
    def row(self) -> str:
        """The row that was meant, or ""."""
        return str(self.event["row"])

    @property
    def latency_ms(self) -> float | None:
        """From the end of speech to the decision; None if it was typed."""
        latency = self.event["latency_ms"]
        return float(latency) if isinstance(latency, int | float) else None
