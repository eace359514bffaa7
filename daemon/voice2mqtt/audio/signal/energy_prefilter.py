"""An energy threshold in front of a voice activity detector, to save processor time.

The detector costs thirty times what capture does, and a home is silent most of the day. It is run
only from a frame whose level rises above the noise floor until `AWAKE_FRAMES` later. The floor is
the minimum over `FLOOR_FRAMES`, a plain form of minimum statistics (Martin 2001). Nothing is lost:
the detector is first given the frames before. Frames are 32 ms, as Silero takes them.
"""

from collections import deque

import numpy as np

from voice2mqtt.audio.signal.level import FULL_SCALE, decibels
from voice2mqtt.core.audio import VoiceActivity

STANDS_OUT_DB = 5.0
"""Above the noise floor. Steady noise varies by 2 dB from frame to frame; intelligible speech rises
by far more."""

FLOOR_FRAMES = 300
"""The noise floor is the lowest level of so many frames (about ten seconds)."""

AWAKE_FRAMES = 30
"""How long the detector runs on after the last loud frame (about one second), for speech pauses."""

CONTEXT_FRAMES = 10
"""Frames before the loud one that the detector is given first; it is recurrent."""


class EnergyPrefilter:
    """A `VoiceActivity` that runs another one only when the level rises."""

    def __init__(self, detector: VoiceActivity) -> None:
        self.frame_bytes = detector.frame_bytes
        self._detector = detector
        self._levels_db: deque[float] = deque(maxlen=FLOOR_FRAMES)
        self._skipped: deque[bytes] = deque(maxlen=CONTEXT_FRAMES)
        self._awake = AWAKE_FRAMES

    def probability(self, frame: bytes) -> float:
        """Return the probability that `frame` holds speech; 0 where the level does not rise."""
        level_db = _difference_db(frame)
        self._levels_db.append(level_db)
        if level_db > min(self._levels_db) + STANDS_OUT_DB:
            self._awake = AWAKE_FRAMES
        elif self._awake == 0:
            self._skipped.append(frame)
            return 0.0
        else:
            self._awake -= 1
        for skipped in self._skipped:
            self._detector.probability(skipped)
        self._skipped.clear()
        return self._detector.probability(frame)

    def reset(self) -> None:
        """Forget the frames seen so far, and the noise floor."""
        self._detector.reset()
        self._levels_db.clear()
        self._skipped.clear()
        self._awake = AWAKE_FRAMES


def _difference_db(frame: bytes) -> float:
    """Return the level in dBFS of the first difference, a high-pass against rumble and hum."""
    differences = np.diff(np.frombuffer(frame, np.int16).astype(np.float32))
    return decibels(float(np.var(differences)) / FULL_SCALE**2)
