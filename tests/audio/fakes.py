"""A voice activity detector that hears speech wherever a frame is loud."""

from array import array

FRAME_SAMPLES = 512


class LoudIsSpeech:
    """A `VoiceActivity` for audio made of `speech` and `silence`."""

    frame_bytes = FRAME_SAMPLES * 2

    def __init__(self) -> None:
        self.resets = 0

    def probability(self, frame: bytes) -> float:
        """Return 1 for a loud frame."""
        return 1.0 if max(array("h", frame)) >= 1000 else 0.0

    def reset(self) -> None:
        """Count."""
        self.resets += 1


def speech(frames: int, start: int = 0) -> bytes:
    """Return loud audio in which every sample is different from its neighbours."""
    count = frames * FRAME_SAMPLES
    return array("h", ((1000 + (start + at) % 30_000) for at in range(count))).tobytes()


def silence(frames: int) -> bytes:
    return bytes(frames * FRAME_SAMPLES * 2)
