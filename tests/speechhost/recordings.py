"""Real speech that comes with the model."""

import importlib.metadata
import wave


def novel() -> bytes:
    """The first five seconds of a novel, read aloud."""
    files = importlib.metadata.distribution("moonshine-voice").files or []
    path = next(file.locate() for file in files if file.name == "two_cities.wav")
    with wave.open(str(path)) as recording:
        step = recording.getframerate() // 16_000
        frames = recording.readframes(5 * recording.getframerate())
    return b"".join(frames[at : at + 2] for at in range(0, len(frames), 2 * step))
