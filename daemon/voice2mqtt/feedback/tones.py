"""Short tones, made of sine waves. Pure."""

import numpy as np

from voice2mqtt.core.audio import RATE_HZ, as_wav

_AMPLITUDE = 0.25
"""Of full scale: audible, and far from startling. Set by hand."""
_FADE_S = 0.008
"""Fade in and out, without which the edges click."""

_NOTES: dict[str, tuple[tuple[float, float], ...]] = {
    # (Hz, seconds); 0 Hz is a rest.
    "heard": ((880, 0.06),),
    "done": ((660, 0.07), (990, 0.09)),
    "refused": ((520, 0.09), (390, 0.12)),
    "failed": ((260, 0.09), (0, 0.05), (260, 0.09), (0, 0.05), (260, 0.09)),
}
"""Rising is success, falling is refusal, a low repeated note is a fault."""

NAMES = tuple(_NOTES)


def tone(name: str) -> bytes:
    """Return the tone called `name` as a WAV file.

    Raises:
        KeyError: There is none of that name.
    """
    samples = np.concatenate([_note(*note) for note in _NOTES[name]])
    return as_wav((samples * 32767).astype("<i2").tobytes())


def _note(frequency_hz: float, duration_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    at_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    fade = np.minimum(1, np.minimum(at_s, duration_s - at_s) / _FADE_S)
    return np.asarray(_AMPLITUDE * fade * np.sin(2 * np.pi * frequency_hz * at_s))
