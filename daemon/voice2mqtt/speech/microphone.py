"""The SDK's own microphone, for `microphone.capture: sdk`: no endpointer, no pre-roll.

Measured limits (`docs/microphone.md`): the device is opened anew for each single shot, which
loses 15 to 44 ms, and everything said while the host answers; silence is streamed to the host; a
device that fails during a recognition is not noticed before the time-out.
"""

import threading
from collections.abc import Callable, Iterator

from voice2mqtt.core.audio import PartialMatch, Utterance
from voice2mqtt.core.outcome import SILENCE, Canceled, Heard, NoMatch, Outcome
from voice2mqtt.core.ports import GiveUp, never
from voice2mqtt.speech.azure import AzureRecognizer

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses after failures in a row; the last repeats. Set by hand."""
ASK_AGAIN_S = 0.2
"""How often it is asked whether audio may be sent again."""
UNKNOWN_LOUDNESS_DB = -100.0
"""In dBFS; of a sentence that the SDK heard, so that another node with a level of its own acts."""


class SdkMicrophone:
    """Utterance source and recogniser in one: what it yields has already been recognised."""

    def __init__(
        self,
        recognizer: AzureRecognizer,
        device: str,
        on_state: Callable[[str], None],
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        """Call `on_state`, on the reading thread, with why `device` cannot be used, or "".

        Nothing is sent while `may_send` is false, except a sentence under way.
        """
        self._may_send = may_send
        self._recognizer = recognizer
        self._device = device
        self._on_state = on_state
        self._told: str | None = None
        self._outcome: Outcome = NoMatch(reason=SILENCE)
        self._closed = threading.Event()

    def utterances(self) -> Iterator[Utterance]:
        """Yield each utterance once the host has answered it; silence is skipped."""
        failures = 0
        while not self._closed.is_set():
            if not self._may_send():
                self._closed.wait(ASK_AGAIN_S)
                continue
            try:
                shoot = self._recognizer.microphone(self._device)
            except RuntimeError as error:
                failures += 1
                self._tell(str(error))
                self._pause(failures)
                continue
            self._tell("")
            shot = shoot()
            outcome = shot.outcome
            if outcome != NoMatch(reason=SILENCE) and not self._closed.is_set():
                self._outcome = outcome
                yield _Spoken(outcome, shot.speech_ended_at_s)
            # Without a host, or when the device failed between two shots, it cancels at once.
            failures = failures + 1 if isinstance(outcome, Canceled) else 0
            if failures:
                self._pause(failures)

    def _tell(self, fault: str) -> None:
        if fault != self._told:
            self._told = fault
            self._on_state(fault)

    def _pause(self, failures: int) -> None:
        self._closed.wait(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])

    def recognize(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        """Return the outcome of the utterance that was yielded last."""
        del on_interim, give_up
        for _ in utterance.frames():
            pass
        return self._outcome

    def close(self) -> None:
        """Stop listening. Any thread may call it."""
        self._closed.set()
        self._recognizer.close()

    def another_waits(self) -> bool:
        """Return False: the next shot begins after this one."""
        return False

    @property
    def in_speech(self) -> bool:
        """Return False: what the SDK hears is known when it has been recognised."""
        return False

    def suppress_for(self, for_s: float) -> None:
        """Do nothing: the SDK's microphone cannot be suppressed."""

    def keep_awake(self, until_s: float) -> None:
        """Do nothing: there is no wake word in front of the SDK's microphone."""


class _Spoken:
    """An utterance that has ended, without its audio."""

    loudness_db = UNKNOWN_LOUDNESS_DB
    cut = ""

    def __init__(self, outcome: Outcome, speech_ended_at_s: float) -> None:
        lasted_s = outcome.duration_s if isinstance(outcome, Heard) else 0.0
        self.speech_began_at_s = speech_ended_at_s - lasted_s
        self.speech_ended_at_s = speech_ended_at_s

    def frames(self) -> Iterator[bytes]:
        yield from ()

    def expect(self, partial_match: PartialMatch) -> None:
        pass
