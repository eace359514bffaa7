"""The level of audio: of one block, and as a meter over time. Pure."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES

FULL_SCALE = 32768.0
SILENT_DB = -100.0
"""What digital silence counts as, in dBFS; below the noise of any converter of 16 bits."""
CLIPPED = 32_700
"""Samples from this magnitude on count as clipped (full scale is 32,767). Set by hand."""

_FLOOR_WITHIN_S = 10.0
"""So much audio the noise floor is taken from; set by hand."""


def power(pcm: bytes) -> float:
    """Return the mean square of `pcm` without its DC offset; 1 is full scale."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float32)
    return float(np.var(samples)) / FULL_SCALE**2 if len(samples) else 0.0


def decibels(mean_square: float) -> float:
    """Return `mean_square` in dBFS, at least `SILENT_DB`."""
    return max(SILENT_DB, 10 * math.log10(mean_square)) if mean_square > 0 else SILENT_DB


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a meter shows, in dBFS."""

    level_db: float
    peak_db: float
    """Loudest since the meter was last read."""
    floor_db: float
    """Noise floor: the tenth percentile of the last ten seconds."""
    clipped_share: float
    """Share of the samples since the meter was last read that are at full scale."""


class LevelMeter:
    """Fed with blocks, read a few times a second."""

    def __init__(self) -> None:
        self._recent_db: deque[tuple[int, float]] = deque()
        self._position = 0
        self._peak_db = SILENT_DB
        self._clipped = 0
        self._read_at = 0

    def feed(self, block: bytes) -> None:
        """Process the next audio."""
        level_db = decibels(power(block))
        self._position += len(block) // SAMPLE_BYTES
        self._recent_db.append((self._position, level_db))
        while self._recent_db[0][0] < self._position - _FLOOR_WITHIN_S * RATE_HZ:
            self._recent_db.popleft()
        self._peak_db = max(self._peak_db, level_db)
        samples = np.frombuffer(block, np.int16).astype(np.int32)
        self._clipped += int(np.count_nonzero(np.abs(samples) >= CLIPPED))

    def read(self) -> Level:
        """Return the level, and reset peak and clipping."""
        levels = sorted(level for _, level in self._recent_db)
        heard = self._position - self._read_at
        level = Level(
            level_db=self._recent_db[-1][1] if levels else SILENT_DB,
            peak_db=self._peak_db,
            floor_db=levels[len(levels) // 10] if levels else SILENT_DB,
            clipped_share=self._clipped / heard if heard else 0.0,
        )
        self._peak_db, self._clipped, self._read_at = SILENT_DB, 0, self._position
        return level
