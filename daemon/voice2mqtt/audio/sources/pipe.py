"""Raw audio from a pipe."""

import os
import select
import sys
from collections.abc import Iterator

from voice2mqtt.audio.sources.source import BLOCK_BYTES
from voice2mqtt.core.audio import SAMPLE_BYTES


class PipeSource:
    """Yields what a file descriptor delivers, by default standard input; 16 kHz mono, 16 bit."""

    live = False

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._wake_read, self._wake_write = os.pipe()

    def blocks(self) -> Iterator[bytes]:
        """Yield whole samples as they come, until the other end closes the pipe."""
        odd = b""
        while True:
            ready, _, _ = select.select([self._descriptor, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            data = os.read(self._descriptor, BLOCK_BYTES)
            if not data:
                return
            data = odd + data
            whole = len(data) - len(data) % SAMPLE_BYTES
            odd = data[whole:]
            if whole:
                yield data[:whole]

    def close(self) -> None:
        """End `blocks` at once. Any thread may call it."""
        os.write(self._wake_write, b".")
