"""A synthetic voice, as the microphone would give it."""

import subprocess
import tempfile
from pathlib import Path

from voice2mqtt.audio.sources.wav import WavSource


def spoken_pcm(sentence: str) -> bytes:
    """Return `sentence` as 16 kHz mono."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-w", path, sentence], check=True)
        return b"".join(WavSource(path).blocks())
