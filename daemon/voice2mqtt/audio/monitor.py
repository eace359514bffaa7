"""Watches a microphone for a person: level, noise floor, state, and whether speech is detected."""

import threading
from dataclasses import dataclass
from typing import Self

from voice2mqtt import clock
from voice2mqtt.audio.segmenter import Segmenter
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.audio.signal.level import Level, LevelMeter
from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.audio.sources.capture import Capture
from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.settings.model import EndpointerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorReading:
    """What one microphone delivered since it was last read."""

    level: Level
    state: MicrophoneState
    in_speech: bool
    """Whether an utterance is under way."""
    utterances: int
    """Utterances since the beginning."""


class Monitor:
    """Listens to one device while it is entered as a context; recognises nothing."""

    def __init__(self, device: str, settings: EndpointerSettings) -> None:
        self._state = MicrophoneState(Condition.STARTING, device, f"opening microphone {device}")
        self._capture = Capture(device, self._note)
        self._meter = LevelMeter()
        self._utterances = 0
        self._segmenter = Segmenter(SileroVoiceActivity(), settings, self._count)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name=f"monitor {device}", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._capture.close()
        self._thread.join()

    def read(self) -> MonitorReading:
        """Return what was heard since the last call."""
        with self._lock:
            return MonitorReading(
                level=self._meter.read(),
                state=self._state,
                in_speech=self._segmenter.is_open,
                utterances=self._utterances,
            )

    def _listen(self) -> None:
        for block in self._capture.blocks():
            with self._lock:
                if block:
                    self._meter.feed(block)
                    self._segmenter.feed(block, clock.now_s())
                else:
                    self._segmenter.interrupt()

    def _note(self, state: MicrophoneState) -> None:
        self._state = state

    def _count(self, utterance: LiveUtterance) -> None:
        del utterance
        self._utterances += 1
