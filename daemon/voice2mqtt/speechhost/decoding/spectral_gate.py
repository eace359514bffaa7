"""A mild spectral gate: a second look at noisy audio.

Steady noise is estimated per frequency over the whole utterance and turned down, never below
`_FLOOR`, with the decision-directed gain of speech enhancement. Alone it helps a recogniser as
often as it harms; two looks together are surer than either.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_WINDOW = 512
_HOP = 128
_NOISE_PERCENTILE = 20
_OVER = 2.0
"""The quietest fifth of the frames lies below the mean of the noise by about this much."""
_SMOOTHING = 0.97
_FLOOR = 0.2


def gated(samples: Floats) -> Floats:
    """Return `samples` (16 kHz) with steady noise turned down; too short ones as they are."""
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
    over_noise = power / np.maximum(_OVER * np.percentile(power, _NOISE_PERCENTILE, axis=0), 1e-12)
    gain = np.empty_like(power)
    before = np.ones_like(power[0])
    for frame, ratio in enumerate(over_noise):
        wanted = _SMOOTHING * before + (1 - _SMOOTHING) * np.maximum(ratio - 1, 0)
        gain[frame] = np.maximum(wanted / (1 + wanted), _FLOOR)
        before = gain[frame] ** 2 * ratio
    return gain
