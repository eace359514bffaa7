"""Fakes at our own ports: a microphone and a recogniser that follow a script."""

import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from voice2mqtt import clock
from voice2mqtt.core.audio import PartialMatch, Utterance
from voice2mqtt.core.outcome import Canceled, Heard, Hypothesis, Outcome
from voice2mqtt.core.ports import GiveUp, never


def sleep_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put our clock and the wall clock forward, as they are when the machine has slept."""
    before, wall_s = clock.now_s, time.time
    monkeypatch.setattr(time, "time", lambda: wall_s() + 3600.0)
    monkeypatch.setattr(clock, "now_s", lambda: before() + 3600.0)


class SpokenUtterance:
    """An utterance that was spoken just now."""

    loudness_db = -30.0

    def __init__(self, audio: bytes = bytes(640), cut: str = "") -> None:
        self.cut = cut
        self.read = False
        self.speech_began_at_s = self.speech_ended_at_s = clock.now_s()
        self.partial_matches: list[PartialMatch] = []
        self._audio = audio

    def frames(self) -> Iterator[bytes]:
        yield self._audio
        self.read = True

    def expect(self, partial_match: PartialMatch) -> None:
        self.partial_matches.append(partial_match)


class ScriptedMicrophone:
    """Yields an utterance for each `speak`; ends with `close`."""

    def __init__(self) -> None:
        self.suppressed_s: list[float] = []
        self.kept_awake_until_s: list[float] = []
        self.asked = 0
        """How often the next utterance was asked for: all before it have been served."""
        self._spoken: queue.SimpleQueue[SpokenUtterance | None] = queue.SimpleQueue()

    def speak(self, cut: str = "") -> SpokenUtterance:
        utterance = SpokenUtterance(cut=cut)
        self._spoken.put(utterance)
        return utterance

    def put(self, utterance: SpokenUtterance) -> None:
        self._spoken.put(utterance)

    def utterances(self) -> Iterator[Utterance]:
        while True:
            self.asked += 1
            utterance = self._spoken.get()
            if utterance is None:
                return
            yield utterance

    def close(self) -> None:
        self._spoken.put(None)

    def another_waits(self) -> bool:
        return not self._spoken.empty()

    @property
    def in_speech(self) -> bool:
        return False

    def suppress_for(self, for_s: float) -> None:
        self.suppressed_s.append(for_s)

    def keep_awake(self, until_s: float) -> None:
        self.kept_awake_until_s.append(until_s)


class ScriptedRecognizer:
    """Answers with the outcomes it was given, in order; `answering` cleared, it keeps silent."""

    def __init__(self, *outcomes: Outcome | str) -> None:
        self._outcomes = [
            Heard(text=o, hypotheses=(Hypothesis(text=o),)) if isinstance(o, str) else o
            for o in outcomes
        ]
        self.asked = 0
        self.fault = ""
        """Why nobody can reach it."""
        self.attempts = 1
        """How often the audio is read, as by one that tries again."""
        self.on_interim: Callable[[str], None] = lambda _text: None
        """Told the last interim hypothesis; the SDK too keeps it until the next sentence."""
        self.on_sent: Callable[[float], None] = lambda _seconds: None
        """Told that each utterance was 2.5 s of audio."""
        self.closed = threading.Event()
        self.answering = threading.Event()
        self.answering.set()

    def recognize(
        self, utterance: Utterance, on_interim: Callable[[str], None], give_up: GiveUp = never
    ) -> Outcome:
        self.on_interim = on_interim
        for _ in range(self.attempts):
            list(utterance.frames())
        self.on_sent(2.5)
        outcome = self._outcomes[self.asked]
        self.asked += 1
        if isinstance(outcome, Heard):
            on_interim(outcome.text)
        while not self.answering.wait(0.01):
            if self.closed.is_set():
                break
            if why := give_up():
                return Canceled(reason="Error", code="ServiceTimeout", details=why)
        return outcome

    def close(self) -> None:
        self.closed.set()
