"""Where speech begins, pauses and ends: audio in, events out. Pure.

Speech begins when enough of the last few frames hold voice, and pauses with the first frame
that holds none. Going on takes less voice than beginning: the end of a sentence is often soft.
Time is counted in samples.
"""

from collections import deque
from dataclasses import dataclass

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, VoiceActivity

BEGIN_PROBABILITY = 0.5
GO_ON_PROBABILITY = 0.35
BEGIN_FRAMES = 3
WINDOW_FRAMES = 6
"""Speech begins with `BEGIN_FRAMES` of the last `WINDOW_FRAMES`."""

PRE_ROLL_MS = 1000
"""Kept from before speech was noticed: the first sounds of a word are soft."""
PAUSE_MS = 96
"""Silence after which the phrase may be over. Shorter ones are found inside words."""
INTERIM_MS = 1000
"""Speech between two interim transcriptions of a phrase without pauses, if not told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """Speech has begun, in the sample `onset`."""

    onset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """No voice for `PAUSE_MS`: the phrase, of which `pcm` is all, may be over."""

    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Voice again after a pause: the phrase was not over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesOn:
    """The phrase has become longer by `INTERIM_MS`; `pcm` is all of it so far."""

    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The phrase is over: silence, end of the audio, or (`cut`) it was too long."""

    pcm: bytes
    begin: int
    """The sample with which `pcm` begins."""
    onset: int
    speech_end: int
    """Behind the last voice; from there to `end` there is silence."""
    end: int
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StayedSilent:
    """No speech in all the time that is waited for it, or before the end of the audio."""

    end: int


PhraseEvent = Began | Paused | Resumed | GoesOn | Ended | StayedSilent


class PhraseEndpointer:
    """Cuts one turn's audio into phrases."""

    def __init__(
        self,
        voice: VoiceActivity,
        *,
        initial_silence_ms: int,
        end_silence_ms: int,
        longest_phrase_ms: int,
        interim_ms: int = INTERIM_MS,
    ) -> None:
        """`voice` is this endpointer's alone as long as that lives."""
        self._voice = voice
        self._frame_samples = voice.frame_bytes // SAMPLE_BYTES
        self._initial_silence = self._frames(initial_silence_ms)
        self._end_silence = self._frames(end_silence_ms)
        self._longest_phrase = self._frames(longest_phrase_ms)
        self._pre_roll = self._frames(PRE_ROLL_MS)
        self._pause = self._frames(PAUSE_MS)
        self._interim = self._frames(interim_ms)
        self._pcm = bytearray()
        self._kept_from = 0  # the frame with which `_pcm` begins; those below count frames too
        self._judged = 0
        self._onset: int | None = None
        self._last_voiced: int | None = None
        self._waited_from = 0
        self._interim_from = 0
        self._recent: deque[bool] = deque(maxlen=WINDOW_FRAMES)
        voice.reset()

    @property
    def in_speech(self) -> bool:
        """Whether a phrase is under way."""
        return self._onset is not None

    @property
    def begin(self) -> int:
        """The sample with which the audio of the phrase under way begins."""
        return self._sample(self._kept_from)

    @property
    def in_doubt(self) -> bool:
        """Whether something was heard since the last phrase that may be speech."""
        return self._last_voiced is not None

    @property
    def speech_end(self) -> int:
        """The sample behind the last voice of the phrase under way."""
        last = self._judged if self._last_voiced is None else self._last_voiced + 1
        return self._sample(last)

    def begin_at(self, sample: int) -> None:
        """Have the phrase under way begin at `sample`; what was said before was one of its own."""
        if self._onset is not None and self._last_voiced is not None:
            frame = min(sample // self._frame_samples, self._last_voiced)
            self._keep_from(frame)
            self._onset = max(self._onset, frame)

    def hear(self, pcm: bytes) -> list[PhraseEvent]:
        """Take the next audio."""
        self._pcm += pcm
        events: list[PhraseEvent] = []
        size = self._voice.frame_bytes
        while len(self._pcm) >= (at := (self._judged - self._kept_from) * size) + size:
            probability = self._voice.probability(bytes(self._pcm[at : at + size]))
            self._judged += 1
            events += self._in_speech(probability) if self.in_speech else self._idle(probability)
        return events

    def finish(self) -> list[PhraseEvent]:
        """Take the audio for ended. Faint voice, too little to begin with, counts now."""
        begun = len(self._pcm) % self._voice.frame_bytes
        events = self.hear(bytes(self._voice.frame_bytes - begun)) if begun else []
        if any(isinstance(event, Ended) for event in events):
            return events
        return [*events, *(self.end_phrase() or [StayedSilent(end=self._sample(self._judged))])]

    def end_phrase(self) -> list[PhraseEvent]:
        """End the phrase under way here; the audio goes on. Faint voice is a phrase now."""
        events: list[PhraseEvent] = []
        if self._onset is None and self._last_voiced is None:
            return events
        if self._onset is None:
            self._onset = self._kept_from
            events.append(Began(onset=self._sample(self._onset)))
        return [*events, self._end(cut=False)]

    def _idle(self, probability: float) -> list[PhraseEvent]:
        self._recent.append(probability >= BEGIN_PROBABILITY)
        if probability >= GO_ON_PROBABILITY:
            self._last_voiced = self._judged - 1
        if sum(self._recent) >= BEGIN_FRAMES:
            self._onset = self._judged - len(self._recent) + list(self._recent).index(True)
            self._interim_from = self._judged
            self._keep_from(self._onset - self._pre_roll)
            return [Began(onset=self._sample(self._onset))]
        self._keep_from(self._judged - WINDOW_FRAMES - self._pre_roll)
        if self._judged - self._waited_from >= self._initial_silence:
            self._waited_from = self._judged
            self._last_voiced = None
            return [StayedSilent(end=self._sample(self._judged))]
        return []

    def _in_speech(self, probability: float) -> list[PhraseEvent]:
        events: list[PhraseEvent] = []
        last, self._last_voiced = self._last_voiced or 0, self._last_voiced
        if probability >= GO_ON_PROBABILITY:
            if self._judged - 1 - last > self._pause:
                events.append(Resumed())
            self._last_voiced = last = self._judged - 1
        silence = self._judged - 1 - last
        length = self._judged - self._kept_from
        if silence >= self._end_silence or length >= self._longest_phrase:
            return [*events, self._end(cut=silence < self._end_silence)]
        if silence == self._pause:
            self._interim_from = self._judged
            events.append(Paused(pcm=self._phrase()))
        elif self._judged - self._interim_from >= self._interim and not silence:
            self._interim_from = self._judged
            events.append(GoesOn(pcm=self._phrase()))
        return events

    def _end(self, *, cut: bool) -> Ended:
        onset = self._onset or 0
        ended = Ended(
            pcm=self._phrase(),
            begin=self.begin,
            onset=self._sample(onset),
            speech_end=self.speech_end,
            end=self._sample(self._judged),
            cut=cut,
        )
        self._keep_from(self._judged)
        self._onset = self._last_voiced = None
        self._waited_from = self._judged
        self._recent.clear()
        return ended

    def _phrase(self) -> bytes:
        return bytes(self._pcm[: (self._judged - self._kept_from) * self._voice.frame_bytes])

    def _keep_from(self, frame: int) -> None:
        if frame > self._kept_from:
            del self._pcm[: (frame - self._kept_from) * self._voice.frame_bytes]
            self._kept_from = frame

    def _sample(self, frame: int) -> int:
        return frame * self._frame_samples

    def _frames(self, duration_ms: int) -> int:
        return max(1, round(duration_ms * RATE_HZ / 1000 / self._frame_samples))
