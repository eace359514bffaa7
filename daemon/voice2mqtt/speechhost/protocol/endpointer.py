"""The endpointer of a turn: where its phrases begin, pause and end, and their audio. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, VoiceActivity
from voice2mqtt.core.endpointer import Closed, Endpointer, Opened

BEGIN_PROBABILITY = 0.5
GO_ON_PROBABILITY = 0.35
BEGIN_FRAMES = 3

PRE_ROLL_MS = 1088
"""Kept from before speech was noticed: one second before its first frame."""
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


class PhraseEndpointer(Endpointer):
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
        frame_samples = voice.frame_bytes // SAMPLE_BYTES

        def samples(duration_ms: int) -> int:
            return max(1, round(duration_ms * RATE_HZ / 1000 / frame_samples)) * frame_samples

        self._initial_silence = samples(initial_silence_ms)
        self._pre_roll = samples(PRE_ROLL_MS)
        self._pause = samples(PAUSE_MS)
        self._interim = samples(interim_ms)
        super().__init__(
            frame_samples,
            begin_probability=BEGIN_PROBABILITY,
            go_on_probability=GO_ON_PROBABILITY,
            begin_frames=BEGIN_FRAMES,
            pre_roll=self._pre_roll,
            hangover=samples(end_silence_ms),
            longest=samples(longest_phrase_ms),
        )
        self._pcm = bytearray()
        self._kept_from = 0  # the sample with which `_pcm` begins
        self._waited_from = 0  # where the last phrase ended, or silence was told
        self._interim_from = 0
        self._paused = False
        voice.reset()

    @property
    def in_doubt(self) -> bool:
        """Whether something was heard since the last phrase that may be speech."""
        return self.speech_end > self._waited_from

    def begin_at(self, sample: int) -> None:
        """Have the phrase under way begin at `sample`; what was said before was one of its own."""
        if self.is_open:
            super().begin_at(sample)
            self._keep_from(self.start)

    def hear(self, pcm: bytes) -> list[PhraseEvent]:
        """Take the next audio."""
        self._pcm += pcm
        events: list[PhraseEvent] = []
        size = self._voice.frame_bytes
        while len(self._pcm) >= (at := self._judged_bytes) + size:
            events += self._judge(self._voice.probability(bytes(self._pcm[at : at + size])))
        return events

    def finish(self) -> list[PhraseEvent]:
        """Take the audio for ended. Faint voice, too little to begin with, counts now."""
        begun = len(self._pcm) - self._judged_bytes
        events = self.hear(bytes(self._voice.frame_bytes - begun)) if begun else []
        if any(isinstance(event, Ended) for event in events):
            return events
        return [*events, *(self.end_phrase() or [StayedSilent(end=self.position)])]

    def end_phrase(self) -> list[PhraseEvent]:
        """End the phrase under way here; the audio goes on. Faint voice is a phrase now."""
        events: list[PhraseEvent] = []
        if not self.in_doubt:
            return events
        if not self.is_open:
            self.start = self.onset = self._kept_from
            events.append(Began(onset=self.onset))
        self.close()
        return [*events, self._ended(cut=False)]

    def _judge(self, probability: float) -> Iterator[PhraseEvent]:
        event = self.feed(probability)
        if self._paused and not self.silence:
            self._paused = False
            yield Resumed()
        if isinstance(event, Opened):
            self._interim_from = self.position
            self._keep_from(self.start)
            yield Began(onset=self.onset)
        elif isinstance(event, Closed):
            yield self._ended(cut=event.too_long)
        elif self.is_open:
            yield from self._go_on()
        else:
            yield from self._wait()

    def _wait(self) -> Iterator[PhraseEvent]:
        self._keep_from(self.position - self._pre_roll)
        if self.position - self._waited_from >= self._initial_silence:
            self._waited_from = self.position
            yield StayedSilent(end=self.position)

    def _go_on(self) -> Iterator[PhraseEvent]:
        if self.silence == self._pause:
            self._interim_from, self._paused = self.position, True
            yield Paused(pcm=self._phrase())
        elif self.position - self._interim_from >= self._interim and not self.silence:
            self._interim_from = self.position
            yield GoesOn(pcm=self._phrase())

    def _ended(self, *, cut: bool) -> Ended:
        ended = Ended(
            pcm=self._phrase(),
            begin=self.start,
            onset=self.onset,
            speech_end=self.speech_end,
            end=self.position,
            cut=cut,
        )
        self._keep_from(self.position)
        self._waited_from, self._paused = self.position, False
        return ended

    def _phrase(self) -> bytes:
        return bytes(self._pcm[: self._judged_bytes])

    @property
    def _judged_bytes(self) -> int:
        return (self.position - self._kept_from) * SAMPLE_BYTES

    def _keep_from(self, sample: int) -> None:
        if sample > self._kept_from:
            del self._pcm[: (sample - self._kept_from) * SAMPLE_BYTES]
            self._kept_from = sample
