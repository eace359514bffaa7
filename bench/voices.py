"""The synthetic voices of this machine, and what they say as samples."""

import tempfile
from pathlib import Path

from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo.stage import SynthesisCommand, espeak, flite, speak

HARDER: tuple[SynthesisCommand, ...] = (
    espeak("en-us", 165),
    espeak("en-gb"),
    espeak("en-us+f3", 180),
    espeak("en-gb-scotland+m4", 155),
)
"""Put together from formants: a recogniser that learnt from people has trouble with them."""
CLEARER: tuple[SynthesisCommand, ...] = (flite("slt"), flite("rms"), flite("awb"))
"""Cut from recordings of people."""
ALL = HARDER + CLEARER


def spoken(text: str, voice: SynthesisCommand) -> bytes:
    """Return `text` as speech (16 kHz, 16 bit, mono)."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        speak(text, voice, wav)
        return b"".join(WavSource(wav).blocks())
