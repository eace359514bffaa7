"""Finds a microphone that delivers audio, but no usable speech: silent or overdriven. Pure.

Each second is judged by its highest and lowest sample and by its share of clipped samples.
"""

from collections import deque

import numpy as np

from voice2mqtt.audio.signal.condition import Condition
from voice2mqtt.audio.signal.level import CLIPPED
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES

CONSTANT_S = 5
"""Even the quietest converter changes its lowest bit within a second; this is generous."""
GATED_CONSTANT_S = 3600
"""The same for a source that has been digitally silent before and came back by itself, as one with
a noise gate does between two sentences. Set by hand."""
QUIET_S = 60
"""Long enough that somebody would have made a noise. Set by hand."""
QUIET_SWING = 16
"""Peak to peak, of 65536: below -72 dBFS no speech in a home is recognised."""
CLIPPED_SHARE = 0.01
"""Share of clipped samples that makes a second count as clipped. Set by hand."""
CLIPPED_S, CLIPPED_WITHIN_S = 8, 10
"""It is overdriven if so many of the last seconds were clipped. Set by hand."""

FINDINGS = {
    "zeros": (
        Condition.DEAF,
        "gives only zeros: it is muted, or nothing is plugged in; see its capture switch",
    ),
    "constant": (
        Condition.DEAF,
        "gives a constant level: it is broken, or nothing is plugged in; see its capture switch",
    ),
    "quiet": (Condition.DEAF, "is far too quiet for speech; raise its capture volume"),
    "clipping": (
        Condition.CLIPPING,
        "is overdriven all the time; lower its capture volume or boost",
    ),
}


class SignalCheck:
    """The check of one microphone."""

    def __init__(self) -> None:
        self._second = bytearray()
        self._constant_s = 0
        self._quiet_s = 0
        self._is_gated = False
        self._clipped: deque[bool] = deque(maxlen=CLIPPED_WITHIN_S)
        self._finding: str | None = None

    def feed(self, block: bytes) -> str | None:
        """Process the next audio; return a key of `FINDINGS`, or None while all is well."""
        self._second += block
        if len(self._second) >= RATE_HZ * SAMPLE_BYTES:
            self._finding = self._judge(np.frombuffer(self._second, np.int16).astype(np.int32))
            self._second = bytearray()
        return self._finding

    def _judge(self, samples: np.ndarray[tuple[int], np.dtype[np.int32]]) -> str | None:
        lowest, highest = int(samples.min()), int(samples.max())
        swing = highest - lowest
        if self._constant_s and swing >= QUIET_SWING:
            self._is_gated = True
        self._constant_s = self._constant_s + 1 if swing == 0 else 0
        self._quiet_s = self._quiet_s + 1 if swing < QUIET_SWING else 0
        self._clipped.append(float(np.mean(np.abs(samples) >= CLIPPED)) >= CLIPPED_SHARE)
        longest_s = GATED_CONSTANT_S if self._is_gated else CONSTANT_S
        if self._constant_s >= longest_s:
            return "constant" if highest else "zeros"
        if self._quiet_s >= max(QUIET_S, longest_s):
            return "quiet"
        # A slammed door clips for one second; only lasting clipping counts, until it stops.
        if self._clipped[-1] and sum(self._clipped) >= CLIPPED_S:
            return "clipping"
        return None
