"""Where speech begins and where it ends: probabilities of voice in, events out. Pure.

A hangover endpointer behind a voice activity detector. The daemon cuts the sound of a microphone
into utterances with it, the Speech host the audio of a turn into phrases. Frames are processed one
at a time (32 ms with Silero); positions and lengths are in samples.

- It opens when enough of the last `WINDOW_FRAMES` hold voice. The speech then starts a pre-roll
  earlier, for the first sounds of a word are soft, but never before the end of the speech before
  it nor before the end of a suppression: no sample is part of two.
- It closes after a hangover, a stretch without voice, or when the speech is too long. To go on can
  take less voice than to begin: the end of a sentence is often soft.
"""

from collections import deque
from dataclasses import dataclass

WINDOW_FRAMES = 6
"""192 ms with Silero. Set by hand."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Speech has begun; it starts at `start_sample`, pre-roll included."""

    start_sample: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The speech has ended; `end_sample` is the first that is not part of it."""

    end_sample: int
    too_long: bool = False
    """Whether it was cut off; speech that goes on opens the next at once."""


class Endpointer:
    """The endpointer of one stream of audio."""

    def __init__(
        self,
        frame_samples: int,
        *,
        begin_probability: float,
        go_on_probability: float,
        begin_frames: int,
        pre_roll: int,
        hangover: int,
        longest: int,
    ) -> None:
        """Begin closed; a frame counts as voice from one of the two probabilities on."""
        self.hangover = hangover
        """How much silence ends the speech; may be changed at any time."""
        self.position = 0
        """The first sample of the next frame."""
        self.is_open = False
        self.start = 0
        """Of the speech under way, or else of the last."""
        self.onset = 0
        """The first frame of voice in it."""
        self.speech_end = 0
        """Behind the last frame of voice, whether that was speech or not."""
        self._frame = frame_samples
        self._begin_probability = begin_probability
        self._go_on_probability = go_on_probability
        self._begin_frames = begin_frames
        self._pre_roll = pre_roll
        self._longest = longest
        self._recent: deque[bool] = deque(maxlen=WINDOW_FRAMES)
        self._earliest = 0
        self._suppressed_until = 0

    @property
    def silence(self) -> int:
        """How much there was since the last frame of voice."""
        return self.position - self.speech_end

    def feed(self, probability: float) -> Opened | Closed | None:
        """Process the next frame, which holds voice with `probability`."""
        self.position += self._frame
        if probability >= self._go_on_probability:
            self.speech_end = self.position
        suppressed = not self.is_open and self.position <= self._suppressed_until
        self._recent.append(probability >= self._begin_probability and not suppressed)
        if self.is_open:
            return self.check_end()
        if not self._recent[-1] or sum(self._recent) < self._begin_frames:
            return None
        self.is_open = True
        earliest = max(self._earliest, self._suppressed_until)
        since_onset = (len(self._recent) - self._recent.index(True)) * self._frame
        self.onset = max(self.position - since_onset, earliest)
        self.start = max(self.position - self._pre_roll, earliest)
        return Opened(self.start)

    def check_end(self) -> Closed | None:
        """Close if the speech under way is over by now."""
        if self.silence >= self.hangover:
            return self.close()
        if self.position - self.start >= self._longest:
            self._end()
            return Closed(self.position, too_long=True)
        return None

    def close(self) -> Closed:
        """End the speech under way here."""
        self._end()
        self._recent.clear()
        return Closed(self.position)

    def begin_at(self, sample: int) -> None:
        """Have the speech under way begin at `sample`, or with its last frame of voice."""
        self.start = min(sample, self.speech_end - self._frame)
        self.onset = max(self.onset, self.start)

    def suppress_until(self, until_sample: int) -> None:
        """Open for no speech before `until_sample`; replaces an earlier suppression.

        Speech under way goes on.
        """
        self._suppressed_until = until_sample

    def interrupt(self, at_sample: int) -> Closed | None:
        """Start afresh: the audio from `at_sample` on is not contiguous with that before."""
        closed = self.close() if self.is_open else None
        self._recent.clear()
        self.position = self._earliest = self.speech_end = at_sample
        return closed

    def _end(self) -> None:
        self.is_open = False
        self._earliest = self.position
