"""The main job with nothing faked.

Speech that espeak-ng and flite say, into a virtual ALSA microphone, through arecord, the Azure
SDK, our host and the shipped table, to a real mosquitto and a subscriber.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.broker import Broker, Subscriber
from tests.virtual_sound import MICROPHONE, PrivateSoundServer, running_sound_server
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage

COMMANDS = Path(__file__).parents[1] / "config" / "commands.yaml"
FLITE = stage.flite("slt")
ESPEAK = stage.espeak("en-us")
RMS = stage.flite("rms")
"""A voice whose wake word is heard."""
EVENT = "voice2mqtt/test/event"
WITHIN_S = 60.0
STOPPED_WITHIN_S = 5.0


class Room:
    """A daemon, and what a test does to it: speak, and read what arrives."""

    def __init__(
        self,
        sound: PrivateSoundServer,
        seen: Subscriber,
        daemon: subprocess.Popen[str],
        folder: Path,
    ) -> None:
        self.seen = seen
        self.daemon = daemon
        self.sound = sound
        self._folder = folder

    def speak(self, *sentences: str, voice: stage.SynthesisCommand = FLITE) -> dict[str, object]:
        """Say `sentences` to the microphone in one breath; return the event that follows."""
        before = len(self.seen.on(EVENT))
        self.say(*sentences, voice=voice)
        return self.event(before)

    def say(self, *sentences: str, voice: stage.SynthesisCommand = FLITE) -> None:
        """Say `sentences` to the microphone in one breath."""
        wav = self._folder / "spoken.wav"
        pcm = b""
        for sentence in sentences:
            stage.speak(sentence, voice, wav)
            pcm += b"".join(WavSource(wav).blocks())
        self.sound.play(pcm)

    def event(self, before: int) -> dict[str, object]:
        """Return the event that comes after the first `before`."""
        events = self.seen.wait_for_count(EVENT, before + 1, WITHIN_S)
        event: dict[str, object] = json.loads(events[before].payload)
        return event

    def stop(self) -> str:
        """End the daemon with SIGTERM; return its log."""
        self.daemon.send_signal(signal.SIGTERM)
        _, log = self.daemon.communicate(timeout=STOPPED_WITHIN_S)
        return log


@contextmanager
def room(
    folder: Path, broker: Broker, host_url: str, capture: str = "arecord", **more: object
) -> Iterator[Room]:
    """Run a daemon with a microphone of its own; `more` are further settings."""
    settings = folder / "voice2mqtt.yaml"
    settings.write_text(
        json.dumps({
            "node": "test",
            "microphone": {"device": MICROPHONE, "capture": capture},
            "speech": {"host": host_url},
            "mqtt": {"broker": broker.url},
            "feedback": {"tones": False, "speak": False},
            "state_dir": str(folder),
            "commands": str(COMMANDS),
            **more,
        })
    )  # fmt: skip
    with running_sound_server() as sound, broker.subscriber() as seen:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "voice2mqtt", "run", "--settings", str(settings)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | sound.environment,
        )
        try:
            seen.wait_for("voice2mqtt/test/state", lambda state: json.loads(state)["listening"])
            yield Room(sound, seen, daemon, folder)
        finally:
            daemon.kill()
            daemon.communicate()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Speech host that knows the table, with or without a wake word before it."""
    known = ("--commands", str(COMMANDS), "--wake-phrase", "alexa")
    with stage.speech_host(tmp_path_factory.mktemp("host"), *known) as url:
        yield url


def test_spoken_commands_arrive_and_anything_else_does_not(
    tmp_path: Path, broker: Broker, host: str
) -> None:
    with room(tmp_path, broker, host) as house:
        assert house.speak("Turn on the kitchen light.")["row"] == "light"
        assert house.speak("Set the bedroom light to forty percent.")["row"] == "brightness"
        assert house.speak("Close the blinds in the living room.", voice=ESPEAK)["row"] == "cover"
        unknown = house.speak("What a lovely day it is.")
        log = house.stop()
    assert unknown["event"] in {"unmatched", "no_match"}
    commands = [
        (message.topic, message.payload)
        for message in house.seen.messages
        if message.topic.startswith("home/")
    ]
    assert commands == [
        ("home/kitchen/light/set", "ON"),
        ("home/bedroom/light/set", '{"state": "ON", "brightness": 40}'),
        ("home/living/blinds/set", "CLOSE"),
    ]
    assert house.daemon.returncode == 0
    assert "home/kitchen/light/set = ON" in log
    assert "did nothing" in log
    assert house.seen.on("voice2mqtt/test/availability")[-1].payload == "offline"


def test_a_host_that_goes_and_comes_back_costs_no_command(tmp_path: Path, broker: Broker) -> None:
    grammar = ("--commands", str(COMMANDS))
    port = stage.free_port()
    with room(tmp_path, broker, f"ws://127.0.0.1:{port}") as house:
        with stage.speech_host(tmp_path, *grammar, port=port):
            assert house.speak("Turn on the kitchen light.")["row"] == "light"
        lost = house.speak("Turn off the kitchen light.")
        assert (lost["event"], lost["code"]) == ("canceled", "ConnectionFailure")
        with stage.speech_host(tmp_path, *grammar, port=port):
            assert house.speak("Turn off the bedroom light.")["row"] == "light"
        log = house.stop()
    messages = [(m.topic, m.payload) for m in house.seen.messages if m.topic.startswith("home/")]
    assert messages == [("home/kitchen/light/set", "ON"), ("home/bedroom/light/set", "OFF")]
    assert f"the recognition was given up: nobody listens at ws://127.0.0.1:{port}" in log


def test_everything_may_be_missing_at_the_start(tmp_path: Path) -> None:
    """A broker and a host that are not there yet are waited for, with one clear line each."""
    broker = Broker(tmp_path)
    port = stage.free_port()
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text(
        json.dumps({
            "node": "test",
            "microphone": {"device": "no-such-microphone"},
            "speech": {"host": f"ws://127.0.0.1:{port}"},
            "mqtt": {"broker": broker.url},
            "feedback": {"tones": False, "speak": False},
            "state_dir": str(tmp_path),
            "commands": str(COMMANDS),
        })
    )  # fmt: skip
    daemon = subprocess.Popen(
        [sys.executable, "-m", "voice2mqtt", "run", "--settings", str(settings)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert daemon.stderr
    said: list[str] = []
    for line in daemon.stderr:
        said.append(line)
        told = "".join(said)
        if all(part in told for part in ("no-such-microphone", str(port), str(broker.port))):
            break
    with broker, broker.subscriber() as seen:
        state = json.loads(seen.wait_for("voice2mqtt/test/state", within_s=WITHIN_S).payload)
        daemon.send_signal(signal.SIGTERM)
        _, rest = daemon.communicate(timeout=STOPPED_WITHIN_S)
    assert daemon.returncode == 0
    assert state["listening"] is False
    warnings = [line for line in [*said, *rest.splitlines()] if " WARNING " in line]
    for missing in ("no-such-microphone", "Speech host", "broker"):
        assert sum(missing in line for line in warnings) == 1, warnings


def test_the_sdk_may_own_the_microphone(tmp_path: Path, broker: Broker, host: str) -> None:
    with room(tmp_path, broker, host, capture="sdk") as house:
        assert house.speak("Turn on the kitchen light.")["row"] == "light"
        house.stop()
    assert house.seen.on("home/kitchen/light/set")[0].payload == "ON"


def test_nothing_is_sent_before_the_wake_word(tmp_path: Path, broker: Broker, host: str) -> None:
    with room(tmp_path, broker, host, listening={"wake_word": ["alexa"]}) as house:
        house.say("Turn on the bedroom light.", voice=RMS)
        assert house.speak("Alexa.", "Turn on the kitchen light.", voice=RMS)["event"] == "woken"
        command = house.event(1)
        sent_s = house.seen.wait_for(
            "voice2mqtt/test/state", lambda state: json.loads(state)["metered_s_today"] > 0
        )
        assert house.speak("Alexa.", voice=RMS)["reason"] == "alexa"
        house.say("Turn off the kitchen light.", voice=RMS)
        house.event(3)
        house.stop()
    lights = [(m.topic, m.payload) for m in house.seen.messages if m.topic.startswith("home/")]
    assert lights == [("home/kitchen/light/set", "ON"), ("home/kitchen/light/set", "OFF")]
    assert "lexa" in str(command["text"])
    # The sentence before it would be as long again.
    assert json.loads(sent_s.payload)["metered_s_today"] < 4.5
    activities = [m.payload for m in house.seen.on("voice2mqtt/test/activity") if not m.retained]
    assert activities[:4] == ["idle", "woken", "hearing", "recognising"]
