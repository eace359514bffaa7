"""Sample rate conversion by a polyphase filter, block by block. Pure."""

from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_ZERO_CROSSINGS = 24
"""On each side of the filter's centre; with the window below, 80 dB of stop band."""
_KAISER_BETA = 8.0
_ROLL_OFF = 0.92
"""Where the pass band ends, so that the transition ends near the Nyquist frequency."""


class Resampler:
    """Converts a stream of mono audio; feed it blocks, then `finish`."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        """Make the filter: output sample n is at n * down / up of the input."""
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._phases = _phases(self._up, self._down)
        self._width = self._phases.shape[1]
        self._pending: Samples = np.zeros(self._width // 2, np.float32)
        self._next = 0
        """Where the next output lies, in input samples times `up`, from `_pending`'s start."""

    def feed(self, block: Samples) -> Samples:
        """Return what can be said of the output once `block` is known."""
        self._pending = np.concatenate([self._pending, block])
        known = (len(self._pending) - self._width + 1) * self._up
        count = max(0, -((self._next - known) // self._down))
        at = self._next + np.arange(count, dtype=np.int64) * self._down
        if not count:
            return np.empty(0, np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(self._pending, self._width)
        converted = np.einsum("ij,ij->i", windows[at // self._up], self._phases[at % self._up])
        self._next += count * self._down
        done = self._next // self._up
        self._pending = self._pending[done:]
        self._next -= done * self._up
        return np.asarray(converted, np.float32)

    def finish(self) -> Samples:
        """Return the rest, as if silence followed."""
        return self.feed(np.zeros(self._width // 2, np.float32))


@lru_cache(maxsize=8)
def _phases(up: int, down: int) -> Samples:
    """Return the filter's taps, a row for each of the `up` positions between input samples."""
    cutoff = _ROLL_OFF * min(1.0, up / down) if up != down else 1.0
    half = int(np.ceil(_ZERO_CROSSINGS / cutoff))
    offsets = np.arange(-half, half + 1)[None, :] - (np.arange(up) / up)[:, None]
    taps = cutoff * np.sinc(cutoff * offsets)
    inside = np.clip(1 - (offsets / (half + 1)) ** 2, 0, None)
    taps *= np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA)
    # Each row passes a constant unchanged, whatever its phase.
    taps /= taps.sum(axis=1, keepdims=True)
    return np.asarray(taps, np.float32)
