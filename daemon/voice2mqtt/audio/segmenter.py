"""Cuts captured audio into utterances, by voice activity detector and endpointer."""

import threading
from collections.abc import Callable

from voice2mqtt.audio.endpointer import UtteranceEndpointer
from voice2mqtt.audio.ring_buffer import RingBuffer
from voice2mqtt.audio.signal.level import power
from voice2mqtt.audio.utterance import NO_BEGINNING, NO_END, LiveUtterance
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, PartialMatch, VoiceActivity
from voice2mqtt.core.endpointer import Closed, Opened
from voice2mqtt.settings.model import EndpointerSettings


class Segmenter:
    """Fed by one thread; any thread may call `suppress_for`, and `expect` of its utterances."""

    def __init__(
        self,
        voice_activity: VoiceActivity,
        settings: EndpointerSettings,
        on_utterance: Callable[[LiveUtterance], None],
    ) -> None:
        """Call `on_utterance`, on the feeding thread, with each utterance when it begins."""
        self._voice_activity = voice_activity
        self._frame_samples = voice_activity.frame_bytes // SAMPLE_BYTES
        self._endpointer = UtteranceEndpointer(settings, self._frame_samples)
        self._ring = RingBuffer()
        self._on_utterance = on_utterance
        self._current: LiveUtterance | None = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether an utterance is under way."""
        return self._endpointer.is_open

    @property
    def end_sample(self) -> int:
        """The sample after the last that was fed."""
        return self._ring.end_sample

    def feed(self, pcm: bytes, captured_at_s: float) -> None:
        """Process the next audio, whose last sample was captured at `captured_at_s`."""
        self._ring.append(pcm)
        while self._ring.end_sample >= (end := self._endpointer.position + self._frame_samples):
            frame = self._ring.read(self._endpointer.position, end)
            age_s = (self._ring.end_sample - end) / RATE_HZ
            self._process(frame, captured_at_s - age_s)

    def interrupt(self) -> None:
        """Cut off the utterance under way: what is fed next is not contiguous with it."""
        with self._lock:
            self._handle(self._endpointer.interrupt(self._ring.end_sample), cut=NO_END)
        self._voice_activity.reset()

    def suppress_for(self, for_s: float) -> None:
        """Begin no utterance in the next `for_s` seconds of audio; replaces an earlier call."""
        with self._lock:
            self._endpointer.suppress_until(self._ring.end_sample + int(for_s * RATE_HZ))

    def _process(self, frame: bytes, captured_at_s: float) -> None:
        probability = self._voice_activity.probability(frame)
        with self._lock:
            if self._current:
                self._current.append(frame)
            opened = self._handle(self._endpointer.feed(probability))
            if self._current and not self._endpointer.silence:
                self._current.speech(captured_at_s, power(frame))
        if opened:
            self._on_utterance(opened)

    def _expect(self, utterance: LiveUtterance, partial_match: PartialMatch) -> None:
        with self._lock:
            if utterance is self._current:
                self._handle(self._endpointer.expect(partial_match))

    def _handle(self, event: Opened | Closed | None, cut: str = "") -> LiveUtterance | None:
        """Handle an event of the endpointer; return the utterance that begins, if one does.

        `cut` is why the utterance that ends is not whole.
        """
        match event:
            case Opened(start_sample=start):
                no_beginning = NO_BEGINNING if self._endpointer.has_no_beginning else ""
                utterance = LiveUtterance(start, self._expect, no_beginning)
                utterance.append(self._ring.read(start, self._endpointer.position))
                self._current = utterance
                return utterance
            case Closed() if self._current:
                self._current.end(cut)
                self._current = None
        return None
