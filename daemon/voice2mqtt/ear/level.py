"""How loud a stretch of audio is."""

import math

import numpy as np

FULL_SCALE = 32768.0
FLOOR_DB = -100.0


def power(pcm: bytes) -> float:
    """Return the mean square of `pcm` without its constant part; 1 is full scale."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float32)
    return float(np.var(samples)) / FULL_SCALE**2 if len(samples) else 0.0


def decibels(mean_square: float) -> float:
    """Return `mean_square` in dBFS, at least -100."""
    return max(FLOOR_DB, 10 * math.log10(mean_square)) if mean_square > 0 else FLOOR_DB
