"""The audio format of all rooms, and the interfaces of what works on audio.

All audio between rooms is 16 kHz, 16-bit signed little-endian, mono. Positions are absolute
sample numbers since the capture began; times are seconds of the daemon's clock.
"""

import io
import wave
from collections.abc import Iterator
from enum import Enum
from typing import Protocol

RATE_HZ = 16_000
"""What Speech hosts and voice activity detectors take."""
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
    """How the words so far match the command table; decides how much silence ends the sentence."""

    COMPLETE = "complete"
    """A whole command, and no longer one begins with it: the speaker is done."""
    OPEN = "open"
    """A whole command, but a longer one begins with it."""
    UNFINISHED = "unfinished"
    """The beginning of a command: the speaker will go on."""
    UNKNOWN = "unknown"
    """Not in the table."""


class Utterance(Protocol):
    """One utterance; its frames can be read while it is being spoken."""

    @property
    def speech_began_at_s(self) -> float:
        """When the first frame of speech was captured; 0 before that."""
        ...

    @property
    def speech_ended_at_s(self) -> float:
        """When the last frame of speech was captured."""
        ...

    @property
    def loudness_db(self) -> float:
        """Level of the speech so far in dBFS, for nodes that compare who heard it best."""
        ...

    @property
    def cut(self) -> str:
        """Why it is only a part of what was said, known at its end; "" if it is whole."""
        ...

    def frames(self) -> Iterator[bytes]:
        """Yield the audio, pre-roll first, blocking for live audio; end when speech has ended."""
        ...

    def expect(self, partial_match: PartialMatch) -> None:
        """Tell the endpointer how much silence is to end the utterance.

        Any thread may call it, at any time, more than once.
        """
        ...


class VoiceActivity(Protocol):
    """A voice activity detector: speech or not, one frame at a time."""

    frame_bytes: int
    """Length of the frames that `probability` takes, in bytes."""

    def probability(self, frame: bytes) -> float:
        """Return the probability (0 to 1) that `frame`, given those before it, holds speech."""
        ...

    def reset(self) -> None:
        """Forget the frames seen so far."""
        ...


class WakeWordDetector(Protocol):
    """Listens for wake words in a stream of audio, on one thread."""

    def feed(self, pcm: bytes) -> str:
        """Process the next audio; return the wake word that was just said, "" if none."""
        ...

    def reset(self) -> None:
        """Forget the audio so far: what is fed next is not contiguous with it."""
        ...

    def close(self) -> None:
        """Release what it holds; it is fed no more."""
        ...


class Wakefulness(Enum):
    """What became of the wake word."""

    WOKEN = "woken"
    """It was just said; a command may follow in the same breath."""
    WAITING = "waiting"
    """It was said alone; a command is waited for."""
    ASLEEP = "asleep"
    """No command came."""
