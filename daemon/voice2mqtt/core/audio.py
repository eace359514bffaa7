"""Audio as everybody here means it, and one utterance of it.

All audio between rooms is 16 kHz, 16-bit signed little-endian, mono; positions are absolute
sample numbers since the capture began.
"""

import io
import wave
from collections.abc import Iterator
from enum import Enum
from typing import Protocol

RATE_HZ = 16_000
SAMPLE_BYTES = 2


def as_wav(pcm: bytes) -> bytes:
    """Return `pcm` as the content of a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(RATE_HZ)
        out.writeframes(pcm)
    return file.getvalue()


class PartialMatch(Enum):
    """What the words heard so far say about the words to come; decides how long to wait."""

    COMPLETE = "complete"
    """A row, and no longer row begins like this: the speaker is done."""
    OPEN = "open"
    """A row, but a longer one begins with the same words."""
    UNFINISHED = "unfinished"
    """The beginning of a row: the speaker will go on."""
    UNKNOWN = "unknown"
    """Not in the table."""


class Utterance(Protocol):
    """One stretch of speech, live: its frames can be read while it is being spoken."""

    @property
    def start_sample(self) -> int:
        """Absolute number of the first sample, pre-roll included."""
        ...

    @property
    def speech_began_at_s(self) -> float:
        """Monotonic time at which the first frame of speech was captured; 0 before that."""
        ...

    @property
    def speech_ended_at_s(self) -> float:
        """Monotonic time at which the last frame of speech was captured."""
        ...

    @property
    def loudness_db(self) -> float:
        """Level of the speech so far in dBFS, for nodes that compare who heard it best."""
        ...

    @property
    def cut(self) -> str:
        """Why it is only a part of what was said; empty while it is whole, settled at its end."""
        ...

    def frames(self) -> Iterator[bytes]:
        """Yield the audio, pre-roll first, blocking for live audio; end when speech has ended."""
        ...

    def expect(self, prospect: PartialMatch) -> None:
        """Tell the gate how the sentence stands, so that it waits less or more for its end.

        May be called from any thread, at any time, more than once.
        """
        ...


class VoiceActivity(Protocol):
    """Tells speech from everything else, one frame at a time."""

    frame_bytes: int
    """Length of the frames that `probability` takes, in bytes."""

    def probability(self, frame: bytes) -> float:
        """Return how likely `frame`, in the light of those before it, holds speech (0 to 1)."""
        ...

    def reset(self) -> None:
        """Forget the frames seen so far."""
        ...
