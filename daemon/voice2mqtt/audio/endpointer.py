"""When an utterance begins and when it ends. Pure: speech probabilities in, events out.

A hangover endpointer behind a voice activity detector. Time is counted in samples; frames are
processed one at a time (32 ms with Silero).

- It opens when enough frames of the last `TRIGGER_WINDOW_MS` are speech. The utterance then starts
  a pre-roll earlier, but never before the end of the utterance before it nor before the end of a
  suppression: no sample is part of two utterances.
- It closes after a hangover, a stretch without speech. How long that is depends on how the words
  so far match the command table (`PartialMatch`).
- After an interruption somebody may be in the middle of a sentence. Until there has been one full
  hangover of silence, an utterance that opens is marked `has_no_beginning`.
"""

from collections import deque
from dataclasses import dataclass

from voice2mqtt.core.audio import RATE_HZ, PartialMatch
from voice2mqtt.settings.model import EndpointerSettings

TRIGGER_WINDOW_MS = 192
"""Six frames, of which `min_speech_ms` must be speech. Set by hand."""

SPOKEN_ON_FRAMES = 5
"""Frames of speech (160 ms) after which a partial match no longer holds, for the sentence goes on.
Fewer may be the end of the last word: the detector lags by 70 ms, in noise by more."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Speech has begun; the utterance starts at `start_sample`, pre-roll included."""

    start_sample: int
    has_no_beginning: bool = False
    """Whether somebody may have been speaking already at the last interruption."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The utterance has ended; `end_sample` is the first that is not part of it."""

    end_sample: int


GateEvent = Opened | Closed


class Endpointer:
    """The endpointer of one microphone."""

    def __init__(self, settings: EndpointerSettings, frame_samples: int) -> None:
        """Begin closed; each frame has `frame_samples`."""
        self._threshold = settings.threshold
        self._frame = frame_samples
        self._pre_roll = _samples(settings.pre_roll_ms)
        self._needed = -(-_samples(settings.min_speech_ms) // frame_samples)
        self._longest = int(settings.max_utterance_s * RATE_HZ)
        self._hangover = {
            PartialMatch.COMPLETE: _samples(settings.complete_hangover_ms),
            PartialMatch.OPEN: _samples(settings.open_hangover_ms),
            PartialMatch.UNKNOWN: _samples(settings.hangover_ms),
            PartialMatch.UNFINISHED: _samples(settings.unfinished_hangover_ms),
        }
        self._recent: deque[bool] = deque(maxlen=_samples(TRIGGER_WINDOW_MS) // frame_samples)
        self._position = 0
        self._earliest = 0
        self._suppressed_until = 0
        self._start: int | None = None
        self._speech_end = 0
        self._may_be_mid_sentence = False
        self._partial_match = PartialMatch.UNKNOWN
        self._frames_since_match = 0

    @property
    def is_open(self) -> bool:
        """Whether an utterance is under way."""
        return self._start is not None

    @property
    def position(self) -> int:
        """The first sample of the next frame."""
        return self._position

    def is_speech(self, probability: float) -> bool:
        """Return whether a frame of that `probability` counts as speech."""
        return probability >= self._threshold

    def feed(self, probability: float) -> GateEvent | None:
        """Process the next frame, which holds speech with `probability`."""
        self._position += self._frame
        speech = self.is_speech(probability)
        if not self.is_open:
            return self._check_begin(speech)
        self._recent.append(speech)
        if speech:
            self._note_speech()
        return self._check_end()

    def expect(self, partial_match: PartialMatch) -> Closed | None:
        """Use the hangover of `partial_match` until more speech shows that the sentence goes on."""
        if not self.is_open:
            return None
        self._partial_match, self._frames_since_match = partial_match, 0
        return self._check_end()

    def suppress_until(self, until_sample: int) -> None:
        """Open for no speech before `until_sample`; replaces an earlier suppression.

        An utterance under way goes on.
        """
        self._suppressed_until = until_sample

    def interrupt(self, at_sample: int) -> Closed | None:
        """Start afresh: the audio from `at_sample` on is not contiguous with that before."""
        closed = self._close() if self.is_open else None
        self._recent.clear()
        self._position = self._earliest = self._speech_end = at_sample
        self._may_be_mid_sentence = True
        return closed

    def _check_begin(self, speech: bool) -> Opened | None:
        suppressed = self._position <= self._suppressed_until
        self._recent.append(speech and not suppressed)
        if speech:
            self._speech_end = self._position
        elif self._position - self._speech_end >= self._hangover[PartialMatch.UNKNOWN]:
            self._may_be_mid_sentence = False
        if not speech or sum(self._recent) < self._needed:
            return None
        earliest = max(self._earliest, self._suppressed_until)
        self._start = max(self._position - self._pre_roll, earliest)
        self._partial_match = PartialMatch.UNKNOWN
        return Opened(self._start, self._may_be_mid_sentence)

    def _note_speech(self) -> None:
        self._speech_end = self._position
        self._frames_since_match += 1
        # The longest hangover may stay, for it loses nothing; a short one might cut the sentence.
        if (
            self._frames_since_match == SPOKEN_ON_FRAMES
            and self._partial_match is not PartialMatch.UNFINISHED
        ):
            self._partial_match = PartialMatch.UNKNOWN

    def _check_end(self) -> Closed | None:
        assert self._start is not None
        if self._position - self._speech_end >= self._hangover[self._partial_match]:
            self._recent.clear()
            return self._close()
        if self._position - self._start >= self._longest:
            # The recent frames are kept: speech that goes on opens the next utterance at once.
            return self._close()
        return None

    def _close(self) -> Closed:
        self._start = None
        self._may_be_mid_sentence = False
        self._earliest = self._position
        return Closed(self._position)


def _samples(duration_ms: int) -> int:
    return duration_ms * RATE_HZ // 1000
