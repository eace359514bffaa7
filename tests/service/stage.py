"""A daemon between fakes of its own ports and a real broker, directed by a test."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.broker import Broker, Subscriber, wait_until
from tests.fakes import ScriptedMicrophone, ScriptedRecognizer
from voice2mqtt import clock
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Outcome
from voice2mqtt.service.composition import Composition
from voice2mqtt.service.daemon import Daemon
from voice2mqtt.service.inbox import HostChanged, MicrophoneChanged
from voice2mqtt.service.recognition.host_watch import HostWatch
from voice2mqtt.settings.model import (
    FeedbackSettings,
    HistorySettings,
    ListeningSettings,
    MqttSettings,
    PrivacySettings,
    Settings,
)
from voice2mqtt.settings.speech_settings import SpeechSettings

TABLE = """
lists:
  switch: [{in: "on", out: "ON"}, {in: "off", out: "OFF"}]
commands:
  - {name: light, say: "turn {switch} the light", topic: home/light, payload: "{switch}"}
  - {name: door, say: open the door, topic: home/door, payload: OPEN, confirm: Really?}
  - name: night
    say: good night
    publish:
      - {topic: home/light, payload: "OFF"}
      - {topic: home/heating, payload: {mode: night}, after_s: 0.2}
"""
ROOT = "voice2mqtt/voice"
QUIET = FeedbackSettings(tones=False, speak=False)


@dataclass
class Stage:
    """A daemon on the main thread, and a test that directs it from another one."""

    daemon: Daemon
    microphone: ScriptedMicrophone
    recognizer: ScriptedRecognizer
    seen: Subscriber
    table: Path
    told: list[Event] = field(default_factory=list)

    def play(self, direct: Callable[[], None]) -> None:
        """Run the daemon while `direct` runs; then stop it, and pass on what went wrong."""
        failures: list[BaseException] = []

        def act() -> None:
            try:
                direct()
            except BaseException as failure:  # noqa: BLE001 - raised again below
                failures.append(failure)
            self.daemon.stop("the test is over")

        director = threading.Thread(target=act, name="director")
        director.start()
        self.daemon.run()
        director.join()
        if failures:
            raise failures[0]

    def mute(self, *, on: bool) -> None:
        """Ask for it, and wait until the daemon says that it is so."""
        asked_s = clock.now_s()
        self.seen.send(f"{ROOT}/mute/set", "ON" if on else "OFF")
        wait_until(
            lambda: any(
                json.loads(state.payload)["muted"] is on
                for state in self.seen.on(f"{ROOT}/state")
                if state.at_s > asked_s
            ),
            "state with it",
        )

    def events(self, count: int) -> list[Event]:
        return [json.loads(m.payload) for m in self.seen.wait_for_count(f"{ROOT}/event", count)]


@pytest.fixture
def make_stage(tmp_path: Path, broker: Broker) -> Iterator[Callable[..., Stage]]:
    with broker.subscriber() as seen:

        def make(
            *outcomes: Outcome | str,
            limit_s: float = 0.0,
            log_text: bool = True,
            feedback: FeedbackSettings = QUIET,
            listening: ListeningSettings = ListeningSettings(),  # noqa: B008 - it is frozen
            history: HistorySettings = HistorySettings(),  # noqa: B008 - it is frozen
        ) -> Stage:
            table = tmp_path / "commands.yaml"
            table.write_text(TABLE)
            return stage_of(Settings(
                mqtt=MqttSettings(broker=broker.url), feedback=feedback, commands=table,
                listening=listening,
                speech=SpeechSettings(daily_limit_s=limit_s), state_dir=tmp_path,
                privacy=PrivacySettings(log_text=log_text), history=history,
            ), ScriptedRecognizer(*outcomes), seen)  # fmt: skip

        yield make


def stage_of(settings: Settings, recognizer: ScriptedRecognizer, seen: Subscriber) -> Stage:
    told: list[Event] = []
    parts, microphone = Composition(settings, told.append), ScriptedMicrophone()
    recognizer.on_sent = parts.usage.meters[0].add
    inbox = parts.inbox
    inbox.put(MicrophoneChanged(MicrophoneState(Condition.OK, "scripted", "scripted is open")))
    watched = HostWatch(lambda _well: recognizer.fault, lambda fault: inbox.put(HostChanged(fault)))
    daemon = parts.daemon(microphone, recognizer, watched)
    return Stage(daemon, microphone, recognizer, seen, settings.commands, told)
