"""Voice activity detectors, lent to connections for as long as a turn needs one.

Each takes 3 MB, which a client that is connected and sends nothing does not cost.
"""

from collections.abc import Callable

from voice2mqtt.core.audio import VoiceActivity


class DetectorPool:
    """Detectors that nobody uses, of which there are as many as were ever lent at one time."""

    def __init__(self, make: Callable[[], VoiceActivity]) -> None:
        self._make = make
        self._spare: list[VoiceActivity] = []
        self._frame_bytes = 0

    def lend(self) -> "LentDetector":
        """Return a detector for one connection."""
        if not self._frame_bytes:
            first = self.take()
            self._frame_bytes = first.frame_bytes
            self.give_back(first)
        return LentDetector(self, self._frame_bytes)

    def take(self) -> VoiceActivity:
        """Return one that has heard nothing."""
        if not self._spare:
            return self._make()
        detector = self._spare.pop()
        detector.reset()
        return detector

    def give_back(self, detector: VoiceActivity) -> None:
        """Take one back."""
        self._spare.append(detector)

    def shrink(self, most: int) -> bool:
        """Keep `most` at most; return whether there were more."""
        too_many = len(self._spare) > most
        del self._spare[most:]
        return too_many


class LentDetector:
    """A `VoiceActivity` that has a detector from the first frame until it is reset."""

    def __init__(self, pool: DetectorPool, frame_bytes: int) -> None:
        self.frame_bytes = frame_bytes
        self._pool = pool
        self._detector: VoiceActivity | None = None

    def probability(self, frame: bytes) -> float:
        """See `VoiceActivity`."""
        if self._detector is None:
            self._detector = self._pool.take()
        return self._detector.probability(frame)

    def reset(self) -> None:
        """Give the detector back, which forgets what it has heard."""
        detector, self._detector = self._detector, None
        if detector:
            self._pool.give_back(detector)
