"""Ground truth of speech in a clean recording, by energy alone.

Independent of the detector under test: 10 ms frames 12 dB above the recording's own floor
and within 30 dB of its loudest, gaps below 250 ms filled, clicks that stand apart left out.
"""

from dataclasses import dataclass

import numpy as np

from bench.mixing import Samples
from voice2mqtt.core.audio import RATE_HZ

_FRAME = RATE_HZ // 100
_GAP_FRAMES = 25
"""Gaps below 250 ms are filled."""
_SHORTEST_FRAMES = 5
"""Shorter sounds (50 ms) are clicks."""
_APART_FRAMES = 60
"""A sound this far from the sentence (600 ms) is not part of it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, in samples."""

    start: int
    end: int
    loud: tuple[tuple[int, int], ...]
    """The stretches of it that are speech, in order."""


def find_speech(clean: Samples) -> Spoken:
    """Return the sentence in a recording that holds one."""
    count = len(clean) // _FRAME
    energy = np.square(clean[: count * _FRAME].reshape(count, _FRAME)).mean(axis=1)
    level_db = 10 * np.log10(energy + 1e-12)
    least_db = max(np.percentile(level_db, 10) + 12, np.percentile(level_db, 99) - 30)
    runs: list[list[int]] = []
    for frame in np.flatnonzero(level_db > least_db).tolist():
        if runs and frame - runs[-1][1] <= _GAP_FRAMES:
            runs[-1][1] = frame + 1
        else:
            runs.append([frame, frame + 1])
    runs = [run for run in runs if run[1] - run[0] >= _SHORTEST_FRAMES]
    longest = max(range(len(runs)), key=lambda at: runs[at][1] - runs[at][0])
    first = last = longest
    while first > 0 and runs[first][0] - runs[first - 1][1] < _APART_FRAMES:
        first -= 1
    while last + 1 < len(runs) and runs[last + 1][0] - runs[last][1] < _APART_FRAMES:
        last += 1
    loud = tuple((a * _FRAME, b * _FRAME) for a, b in runs[first : last + 1])
    return Spoken(loud[0][0], loud[-1][1], loud)


def shifted(spoken: Spoken, by: int) -> Spoken:
    """Return `spoken` moved by `by` samples."""
    loud = tuple((a + by, b + by) for a, b in spoken.loud)
    return Spoken(spoken.start + by, spoken.end + by, loud)
