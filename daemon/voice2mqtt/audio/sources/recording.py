"""A source that was recorded elsewhere and is in memory; it leaves no trace on a disk."""

from collections.abc import Iterator

from voice2mqtt.audio.sources.source import BLOCK_BYTES


class Recording:
    """Gives what was recorded as fast as it is read; `Source`."""

    live = False

    def __init__(self, pcm: bytes) -> None:
        """Keep `pcm`, whole samples at 16 kHz, mono."""
        self._pcm = pcm
        self._closed = False

    def blocks(self) -> Iterator[bytes]:
        """Yield the audio in blocks; the last may be shorter."""
        for start in range(0, len(self._pcm), BLOCK_BYTES):
            if self._closed:
                return
            yield self._pcm[start : start + BLOCK_BYTES]

    def close(self) -> None:
        """End `blocks` at once."""
        self._closed = True
