"""The loud part of some audio: who speaks to the microphone, without who talks behind them.

A television before and after a sentence puts its words around it. It is mostly softer than the
speaker, whose loudness falls little until the last word.
"""

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resampler import Samples

_WINDOW = round(0.2 * RATE_HZ)
"""In which loudness is measured: about a syllable, so that a click counts little."""
_HOP = RATE_HZ // 50
_DOWN_DB = 10.0
"""So far under the loudest syllable is still foreground. Synthetic speech begins and ends within
that and `_MARGIN`, but one in ten of 200 recordings of people fades away for longer. So this is for
a second look."""
_MARGIN = round(0.3 * RATE_HZ)
"""Kept before and after."""
_MIN_REMOVED = round(0.4 * RATE_HZ)
"""Less is not worth a second encoding."""


def foreground(samples: Samples) -> Samples:
    """Return `samples` (16 kHz) from the first loud syllable to the last; all if that is most."""
    total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    energy = (total[_WINDOW:] - total[:-_WINDOW])[::_HOP]
    if not len(energy):
        return samples
    loud = np.flatnonzero(energy >= energy.max() * 10 ** (-_DOWN_DB / 10))
    begin, end = (int(frame) * _HOP + _WINDOW // 2 for frame in loud[[0, -1]])
    part = samples[max(0, begin - _MARGIN) : end + _MARGIN]
    return part if len(part) <= len(samples) - _MIN_REMOVED else samples
