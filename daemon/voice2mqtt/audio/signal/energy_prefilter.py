"""Spares the voice activity detector where nothing rises above the noise of the room.

A detector costs thirty times what capture does, and a home is silent most of the day. Nothing is
lost: as soon as a frame stands out, those before it are heard first.
"""

from collections import deque

import numpy as np

from voice2mqtt.audio.signal.level import FULL_SCALE, decibels
from voice2mqtt.core.audio import VoiceActivity

STANDS_OUT_DB = 5.0
"""Steady noise strays by 2 dB from frame to frame; speech that can be understood, by far more."""

FLOOR_FRAMES = 300
"""The room's noise is the quietest frame of so many (about ten seconds)."""

AWAKE_FRAMES = 30
"""Speech has pauses; after so many frames (about one second) without anything it is over."""

CAUGHT_UP_FRAMES = 10
"""What the detector is told before the frame that stood out; it judges a frame by those before."""


class EnergyPrefilter:
    """A `VoiceActivity` that asks another only when there may be something to hear."""

    def __init__(self, detector: VoiceActivity) -> None:
        self.frame_bytes = detector.frame_bytes
        self._detector = detector
        self._levels_db: deque[float] = deque(maxlen=FLOOR_FRAMES)
        self._unheard: deque[bytes] = deque(maxlen=CAUGHT_UP_FRAMES)
        self._awake = AWAKE_FRAMES

    def probability(self, frame: bytes) -> float:
        """Return how likely `frame` holds speech; 0 where nothing stands out."""
        level_db = _brightness_db(frame)
        self._levels_db.append(level_db)
        if level_db > min(self._levels_db) + STANDS_OUT_DB:
            self._awake = AWAKE_FRAMES
        elif self._awake == 0:
            self._unheard.append(frame)
            return 0.0
        else:
            self._awake -= 1
        for unheard in self._unheard:
            self._detector.probability(unheard)
        self._unheard.clear()
        return self._detector.probability(frame)

    def reset(self) -> None:
        """Forget the frames seen so far, and the noise of the room."""
        self._detector.reset()
        self._levels_db.clear()
        self._unheard.clear()
        self._awake = AWAKE_FRAMES


def _brightness_db(frame: bytes) -> float:
    """Return the level of the differences between samples, deaf to rumble and hum."""
    differences = np.diff(np.frombuffer(frame, np.int16).astype(np.float32))
    return decibels(float(np.var(differences)) / FULL_SCALE**2)
