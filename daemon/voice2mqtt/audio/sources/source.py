"""The interface of everything that audio comes from: a microphone, a file, a pipe."""

from collections.abc import Iterator
from typing import Protocol

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES

BLOCK_MS = 20
"""Audio read at a time: short enough that nobody waits for it."""
BLOCK_BYTES = RATE_HZ * BLOCK_MS // 1000 * SAMPLE_BYTES


class Source(Protocol):
    """Audio, 16 kHz mono, for one reader."""

    @property
    def live(self) -> bool:
        """Whether the audio is captured in real time; a file waits for its reader."""
        ...

    def blocks(self) -> Iterator[bytes]:
        """Yield whole samples as they come; an empty block where what follows is not contiguous.

        Ends at the end of the audio, or after `close`.
        """
        ...

    def close(self) -> None:
        """End `blocks` at once. Any thread may call it."""
        ...
