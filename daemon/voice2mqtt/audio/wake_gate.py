"""Lets through only utterances that a wake word precedes, in the same breath or just before.

The endpointer goes on as without it; each utterance is held until the wake word is heard in it.
Two views must agree: a sound outside an utterance is no wake word, since the voice activity
detector finds nobody who speaks. An utterance that is let through begins shortly before its wake
word, which is recognised with the command: where exactly the word ends no detector can tell.
"""

from collections.abc import Callable
from dataclasses import dataclass

from voice2mqtt import clock
from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.core.audio import RATE_HZ, Wakefulness, WakeWordDetector

WORD_S = 1.2
"""From before a wake word to where it is detected, up to 0.35 s after its end."""

SPOKEN_ON_FRAMES = 6
"""Frames of speech (192 ms) after the detection that are a command, and not the end of the word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeSettings:
    """The wake word in front of a microphone."""

    detector: WakeWordDetector
    on_change: Callable[[Wakefulness, str], None] = lambda _change, _word: None
    """Called on the capture thread with what became of which wake word."""
    wait_s: float = 8.0
    """How long a command is waited for, after a wake word that was said alone."""


class WakeGate:
    """Fed by one thread; any thread may call `keep_awake`."""

    def __init__(
        self, settings: WakeSettings, on_utterance: Callable[[LiveUtterance], None]
    ) -> None:
        """Call `on_utterance`, on the feeding thread, with each utterance that is let through."""
        self._detector = settings.detector
        self._on_change = settings.on_change
        self._wait_samples = int(settings.wait_s * RATE_HZ)
        self._on_utterance = on_utterance
        self._held: LiveUtterance | None = None
        self._word = ""
        """The wake word that was heard, until a command follows or none is waited for any more."""
        self._frames_with_word = 0
        """Frames of speech of the held utterance at the detection."""
        self._waiting_until: int | None = None
        """The sample until which a command is waited for, after a wake word alone."""
        self._kept_awake_until_s = float("-inf")

    def keep_awake(self, until_s: float) -> None:
        """Let utterances through without the wake word until then; replaces an earlier call."""
        self._kept_awake_until_s = until_s

    def opened(self, utterance: LiveUtterance) -> None:
        """Take an utterance that has just begun."""
        self._held = utterance
        if self._waiting_until is not None:
            self._let_through()

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Process the next audio, up to `end_sample`, after the endpointer has."""
        word = self._detector.feed(pcm)
        if self._held and clock.now_s() < self._kept_awake_until_s:
            self._let_through()
        elif word and self._held and not self._word:
            self._held.begin_at(end_sample - int(WORD_S * RATE_HZ))
            self._frames_with_word = self._held.speech_frames
            self._change(Wakefulness.WOKEN, word)
        elif self._waiting_until is not None and end_sample >= self._waiting_until:
            self._change(Wakefulness.ASLEEP)
        if self._held:
            self._check_held(self._held, end_sample)

    def close(self) -> None:
        """End for good."""
        self.interrupt()
        self._detector.close()

    def interrupt(self) -> None:
        """Start afresh: what is fed next is not contiguous with what was."""
        self._detector.reset()
        self._held = None
        if self._word:
            self._change(Wakefulness.ASLEEP)

    def _check_held(self, held: LiveUtterance, end_sample: int) -> None:
        spoken_on = held.speech_frames - self._frames_with_word
        if self._word and spoken_on >= SPOKEN_ON_FRAMES:
            self._let_through()
        elif held.ended:
            self._held = None
            if self._word:
                self._waiting_until = end_sample + self._wait_samples
                self._on_change(Wakefulness.WAITING, self._word)

    def _let_through(self) -> None:
        utterance, self._held = self._held, None
        self._word, self._waiting_until = "", None
        if utterance:
            self._on_utterance(utterance)

    def _change(self, change: Wakefulness, word: str = "") -> None:
        told = word or self._word
        self._word = word
        self._waiting_until = None
        self._on_change(change, told)
