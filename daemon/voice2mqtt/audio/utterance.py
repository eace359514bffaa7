"""An utterance while it is being spoken: written by the capture, read by the recogniser."""

import threading
from collections.abc import Callable, Iterator

from voice2mqtt.audio.signal.level import decibels
from voice2mqtt.core.audio import SAMPLE_BYTES, PartialMatch

NO_BEGINNING = "its beginning was not heard: somebody was speaking already when listening began"
NO_END = "its end was not heard: listening was interrupted"


class LiveUtterance:
    """Keeps all its audio, so that it can be read late, slowly, and again after a failure."""

    def __init__(
        self,
        start_sample: int,
        on_expect: Callable[["LiveUtterance", PartialMatch], None],
        cut: str = "",
    ) -> None:
        """Begin at `start_sample`; `expect` calls `on_expect`, `cut` is why speech is missing."""
        self.start_sample = start_sample
        """Absolute number of the first sample, pre-roll included."""
        self.speech_began_at_s = 0.0
        """When the first frame of speech was captured; 0 before that."""
        self.speech_ended_at_s = 0.0
        """When the last frame of speech was captured."""
        self.speech_frames = 0
        """How many frames of speech there are so far."""
        self.cut = cut
        """Why it is only a part of what was said; "" if it is whole."""
        self.ended = False
        self._on_expect = on_expect
        self._changed = threading.Condition()
        self._blocks: list[bytes] = []
        self._power_sum = 0.0

    @property
    def loudness_db(self) -> float:
        """Level of the speech so far in dBFS."""
        with self._changed:
            return decibels(self._power_sum / max(1, self.speech_frames))

    def frames(self) -> Iterator[bytes]:
        """Yield the audio, pre-roll first, blocking for live audio; end when speech has ended.

        Every call starts from the beginning.
        """
        at = 0
        while True:
            with self._changed:
                while at == len(self._blocks) and not self.ended:
                    self._changed.wait()
                if at == len(self._blocks):
                    return
                block = self._blocks[at]
            at += 1
            yield block

    def expect(self, partial_match: PartialMatch) -> None:
        """Tell the endpointer how much silence is to end it. Any thread, at any time."""
        self._on_expect(self, partial_match)

    def begin_at(self, sample: int) -> None:
        """Leave out the audio before `sample`, before anybody reads; no beginning is missing."""
        with self._changed:
            excess = (sample - self.start_sample) * SAMPLE_BYTES
            if excess > 0:
                self._blocks = [b"".join(self._blocks)[excess:]]
                self.start_sample = sample
            if self.cut == NO_BEGINNING:
                self.cut = ""

    def append(self, block: bytes) -> None:
        """Add audio that was just captured."""
        with self._changed:
            self._blocks.append(block)
            self._changed.notify_all()

    def speech(self, captured_at_s: float, power: float) -> None:
        """Count a frame of speech; `power` is its mean square, 1 being full scale."""
        with self._changed:
            self.speech_began_at_s = self.speech_began_at_s or captured_at_s
            self.speech_ended_at_s = captured_at_s
            self._power_sum += power
            self.speech_frames += 1

    def end(self, cut: str = "") -> None:
        """Mark the end; `cut` is why, if more was said."""
        with self._changed:
            self.cut = self.cut or cut
            self.ended = True
            self._changed.notify_all()
