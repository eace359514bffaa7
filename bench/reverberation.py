"""Reverberation: speech as a distant microphone captures it."""

from zlib import crc32

import numpy as np

from bench.mixing import Samples
from voice2mqtt.core.audio import RATE_HZ

_DECAY_NATS = 3 * np.log(10)
"""The amplitude falls by this much, which is 60 dB, within RT60."""
_AS_LOUD_AT_S = 0.4
"""The RT60 at which all echoes together are as loud as the direct sound; it grows with RT60."""
_FIRST_ECHO_S = 0.004


def reverberant(speech: Samples, rt60_s: float, *, name: str) -> Samples:
    """Return `speech` in a room that echoes for `rt60_s`, as loud at its peak as before.

    Each `name` is a room of its own.
    """
    room = _response(rt60_s, crc32(name.encode()))
    length = len(speech) + len(room) - 1
    spectrum = np.fft.rfft(speech, length) * np.fft.rfft(room, length)
    echoing = np.fft.irfft(spectrum, length)[: len(speech)]
    return np.asarray(echoing * np.abs(speech).max() / np.abs(echoing).max(), dtype=np.float64)


def _response(rt60_s: float, seed: int) -> Samples:
    """Return the direct sound, and noise that decays after it."""
    times_s = np.arange(round(rt60_s * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).standard_normal(len(times_s))
    response = noise * np.exp(-_DECAY_NATS * times_s / rt60_s)
    response *= np.sqrt(2 * _DECAY_NATS / (_AS_LOUD_AT_S * RATE_HZ))
    response[times_s < _FIRST_ECHO_S] = 0.0
    response[0] = 1.0
    return np.asarray(response, dtype=np.float64)
