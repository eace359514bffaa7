"""A ring buffer of the last seconds of audio, addressed by absolute sample number."""

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES

RING_S = 30
"""More than the longest pre-roll and one read of a pipe; 1 MB. Set by hand."""


class RingBuffer:
    """Keeps the newest `capacity_samples`; older ones are overwritten."""

    def __init__(self, capacity_samples: int = RING_S * RATE_HZ) -> None:
        self._capacity = capacity_samples * SAMPLE_BYTES
        self._bytes = bytearray(self._capacity)
        self._end = 0

    @property
    def start_sample(self) -> int:
        """The oldest sample that is kept."""
        return max(0, self._end - self._capacity) // SAMPLE_BYTES

    @property
    def end_sample(self) -> int:
        """The sample after the newest."""
        return self._end // SAMPLE_BYTES

    def append(self, pcm: bytes) -> None:
        """Add whole samples at the end."""
        if len(pcm) % SAMPLE_BYTES:
            raise ValueError(f"{len(pcm)} bytes are not whole samples")
        kept = pcm[-self._capacity :]
        at = (self._end + len(pcm) - len(kept)) % self._capacity
        first = kept[: self._capacity - at]
        self._bytes[at : at + len(first)] = first
        self._bytes[: len(kept) - len(first)] = kept[len(first) :]
        self._end += len(pcm)

    def read(self, start_sample: int, end_sample: int) -> bytes:
        """Return the samples from `start_sample` up to `end_sample`.

        Raises:
            IndexError: Some of them are overwritten or not there yet.
        """
        if not self.start_sample <= start_sample <= end_sample <= self.end_sample:
            raise IndexError(
                f"{start_sample} to {end_sample} is not in {self.start_sample} to {self.end_sample}"
            )
        length = (end_sample - start_sample) * SAMPLE_BYTES
        at = start_sample * SAMPLE_BYTES % self._capacity
        first = bytes(self._bytes[at : at + length])
        return first + bytes(self._bytes[: length - len(first)])
