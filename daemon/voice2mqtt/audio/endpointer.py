"""When an utterance begins and when it has ended. Pure: voice probabilities in, events out.

Time is counted in samples. The endpointer opens when enough of the last 192 ms is speech, and then
reaches back for the pre-roll; it closes after a hang-over of silence whose length follows from
what is known of the sentence. It never reaches back over the end of the utterance before, nor
into what it was told to be deaf to: no sample is sent twice.

Where the audio begins anew, who speaks already is in the middle of a sentence. So until there has
been as much silence as ends one, what opens the endpointer is the rest of something.
"""

from collections import deque
from dataclasses import dataclass

from voice2mqtt.core.audio import RATE_HZ, PartialMatch
from voice2mqtt.settings.model import EndpointerSettings

TRIGGER_WINDOW_MS = 192

SPOKEN_ON_FRAMES = 5
"""Speech (160 ms) after which a word of what is to come no longer holds. Fewer frames may be the
end of the last word: the detector hangs on for 70 ms, in noise for more."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Speech has begun; the utterance starts at `start_sample`, pre-roll included."""

    start_sample: int
    is_rest: bool = False
    """Whether it was going on already when the audio began anew."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The utterance is over; `end_sample` is the first that is not part of it."""

    end_sample: int


Event = Opened | Closed


class Endpointer:
    """One microphone's endpointer."""

    def __init__(self, settings: EndpointerSettings, frame_samples: int) -> None:
        """Make a closed endpointer that is told of `frame_samples` at a time."""
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
        self._in_rest = False
        self._prospect = PartialMatch.UNKNOWN
        self._spoken_on = 0

    @property
    def is_open(self) -> bool:
        """Whether an utterance is under way."""
        return self._start is not None

    @property
    def position(self) -> int:
        """First sample of the frame that comes next."""
        return self._position

    def is_speech(self, probability: float) -> bool:
        """Tell whether a frame of that `probability` counts as speech."""
        return probability >= self._threshold

    def feed(self, probability: float) -> Event | None:
        """Take the next frame, which holds speech with `probability`."""
        self._position += self._frame
        speech = self.is_speech(probability)
        if not self.is_open:
            return self._wait(speech)
        self._recent.append(speech)
        self._follow(speech)
        return self._judge()

    def expect(self, prospect: PartialMatch) -> Closed | None:
        """Wait for the end as `prospect` says; not so briefly any more once speech goes on."""
        if not self.is_open:
            return None
        self._prospect, self._spoken_on = prospect, 0
        return self._judge()

    def suppress_until(self, until_sample: int) -> None:
        """Open for nothing before `until_sample`, whatever was said of it earlier.

        An utterance under way goes on.
        """
        self._suppressed_until = until_sample

    def interrupt(self, at_sample: int) -> Closed | None:
        """Forget the frames so far: the audio from `at_sample` on does not follow on them."""
        closed = self._close() if self.is_open else None
        self._recent.clear()
        self._position = self._earliest = self._speech_end = at_sample
        self._in_rest = True
        return closed

    def _wait(self, speech: bool) -> Opened | None:
        suppressed = self._position <= self._suppressed_until
        self._recent.append(speech and not suppressed)
        if speech:
            self._speech_end = self._position
        elif self._position - self._speech_end >= self._hangover[PartialMatch.UNKNOWN]:
            self._in_rest = False
        if not speech or sum(self._recent) < self._needed:
            return None
        earliest = max(self._earliest, self._suppressed_until)
        self._start = max(self._position - self._pre_roll, earliest)
        self._prospect = PartialMatch.UNKNOWN
        return Opened(self._start, self._in_rest)

    def _follow(self, speech: bool) -> None:
        if not speech:
            return
        self._speech_end = self._position
        self._spoken_on += 1
        # Patience outlives the words that asked for it: it loses nothing, and haste may.
        if self._spoken_on == SPOKEN_ON_FRAMES and self._prospect is not PartialMatch.UNFINISHED:
            self._prospect = PartialMatch.UNKNOWN

    def _judge(self) -> Closed | None:
        assert self._start is not None
        if self._position - self._speech_end >= self._hangover[self._prospect]:
            self._recent.clear()
            return self._close()
        if self._position - self._start >= self._longest:
            # The recent frames stay: who speaks on opens the next utterance at once.
            return self._close()
        return None

    def _close(self) -> Closed:
        self._start = None
        self._in_rest = False
        self._earliest = self._position
        return Closed(self._position)


def _samples(duration_ms: int) -> int:
    return duration_ms * RATE_HZ // 1000
