"""A mild noise suppressor, for a second pass over noisy audio.

Steady noise is estimated per frequency over the whole utterance and attenuated by a Wiener filter
with the decision-directed estimate of the signal-to-noise ratio (Ephraim and Malah, 1984), never
below `_MIN_GAIN`. By itself it helps a recogniser as often as it harms; two passes together are
surer than either.

Spectra are [frame, frequency]; power is relative.
"""

import numpy as np
import numpy.typing as npt

from voice2mqtt.core.resampler import Samples

_WINDOW = 512
_HOP = 128
"""Samples: windows of 32 ms every 8 ms."""
_NOISE_PERCENTILE = 20
_NOISE_BIAS = 2.0
"""The mean power of noise is about so many times that of its quietest fifth of frames."""
_SMOOTHING = 0.97
"""Weight of the previous frame; Ephraim and Malah use 0.98."""
_MIN_GAIN = 0.2


def gated(samples: Samples) -> Samples:
    """Return `samples` (16 kHz) with steady noise attenuated; less than a window as it is."""
    if len(samples) < _WINDOW:
        return samples
    window = np.sqrt(np.hanning(_WINDOW + 1)[:-1]).astype(np.float32)
    padded = np.pad(samples, (_WINDOW, _WINDOW + -len(samples) % _HOP))
    starts = np.arange(0, len(padded) - _WINDOW + 1, _HOP)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * window
    spectrum = np.fft.rfft(frames)
    cleaned = np.fft.irfft(spectrum * _gain(np.abs(spectrum) ** 2), _WINDOW) * window
    out, weight = np.zeros_like(padded), np.zeros_like(padded)
    for start, frame in zip(starts, cleaned, strict=True):
        out[start : start + _WINDOW] += frame
        weight[start : start + _WINDOW] += window**2
    whole = (out / np.maximum(weight, 1e-6))[_WINDOW : _WINDOW + len(samples)]
    return whole.astype(np.float32)


def _gain(power: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the gain of each frame and frequency."""
    noise = _NOISE_BIAS * np.percentile(power, _NOISE_PERCENTILE, axis=0)
    posterior_snr = power / np.maximum(noise, 1e-12)
    gain = np.empty_like(power)
    previous = np.ones_like(power[0])
    for frame, snr in enumerate(posterior_snr):
        prior_snr = _SMOOTHING * previous + (1 - _SMOOTHING) * np.maximum(snr - 1, 0)
        gain[frame] = np.maximum(prior_snr / (1 + prior_snr), _MIN_GAIN)
        previous = gain[frame] ** 2 * snr
    return gain
