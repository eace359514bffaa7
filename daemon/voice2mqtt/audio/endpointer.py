"""The endpointer of a microphone: how long a pause ends an utterance. Pure.

- How long the hangover is depends on how the words so far match the command table (`PartialMatch`).
- After an interruption somebody may be in the middle of a sentence. Until there has been one full
  hangover of silence, an utterance that opens has no beginning.
"""

from voice2mqtt.core.audio import RATE_HZ, PartialMatch
from voice2mqtt.core.endpointer import Closed, Endpointer, Opened
from voice2mqtt.settings.model import EndpointerSettings

SPOKEN_ON_FRAMES = 5
"""Frames of speech (160 ms) after which a partial match no longer holds, for the sentence goes on.
Fewer may be the end of the last word: the detector lags by 70 ms, in noise by more."""


class UtteranceEndpointer(Endpointer):
    """Cuts the sound of one microphone into utterances."""

    def __init__(self, settings: EndpointerSettings, frame_samples: int) -> None:
        """Begin closed; each frame has `frame_samples`."""
        super().__init__(
            frame_samples,
            begin_probability=settings.threshold,
            go_on_probability=settings.threshold,
            begin_frames=-(-_samples(settings.min_speech_ms) // frame_samples),
            pre_roll=_samples(settings.pre_roll_ms),
            hangover=_samples(settings.hangover_ms),
            longest=int(settings.max_utterance_s * RATE_HZ),
        )
        self.has_no_beginning = False
        """Whether somebody may have been speaking already when the utterance began."""
        self._may_be_mid_sentence = False
        self._hangovers = {
            PartialMatch.COMPLETE: _samples(settings.complete_hangover_ms),
            PartialMatch.OPEN: _samples(settings.open_hangover_ms),
            PartialMatch.UNKNOWN: _samples(settings.hangover_ms),
            PartialMatch.UNFINISHED: _samples(settings.unfinished_hangover_ms),
        }
        self._partial_match = PartialMatch.UNKNOWN
        self._frames_since_match = 0

    def feed(self, probability: float) -> Opened | Closed | None:
        """Process the next frame, which holds speech with `probability`."""
        event = super().feed(probability)
        if isinstance(event, Opened):
            self.has_no_beginning, self._may_be_mid_sentence = self._may_be_mid_sentence, False
            self._await(PartialMatch.UNKNOWN)
        elif self.is_open and not self.silence:
            self._note_speech()
        elif self.silence >= self._hangovers[PartialMatch.UNKNOWN]:
            self._may_be_mid_sentence = False
        return event

    def expect(self, partial_match: PartialMatch) -> Closed | None:
        """Use the hangover of `partial_match` until more speech shows that the sentence goes on."""
        if not self.is_open:
            return None
        self._await(partial_match)
        return self.check_end()

    def interrupt(self, at_sample: int) -> Closed | None:
        """Start afresh: the audio from `at_sample` on is not contiguous with that before."""
        self._may_be_mid_sentence = True
        return super().interrupt(at_sample)

    def _await(self, partial_match: PartialMatch) -> None:
        self._partial_match, self._frames_since_match = partial_match, 0
        self.hangover = self._hangovers[partial_match]

    def _note_speech(self) -> None:
        self._frames_since_match += 1
        # The longest hangover may stay, for it loses nothing; a short one might cut the sentence.
        if (
            self._frames_since_match == SPOKEN_ON_FRAMES
            and self._partial_match is not PartialMatch.UNFINISHED
        ):
            self._await(PartialMatch.UNKNOWN)


def _samples(duration_ms: int) -> int:
    return duration_ms * RATE_HZ // 1000
