"""The whole real system, each part a process, for benches that do something to it.

A virtual microphone in a private PulseAudio, the daemon, our Speech host and mosquitto; the daemon
reaches host and broker through relays. A part that ends by itself is started again as systemd
would, and that is counted.
"""

import json
import os
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from tests.broker import Broker, Subscriber
from tests.relay import Relay
from tests.virtual_sound import MICROPHONE, running_sound_server

from bench import mixing, voices
from bench.part import STARTED_WITHIN_S, Part
from voice2mqtt import clock
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.demo import stage
from voice2mqtt.settings.search import CHECKOUT

NODE = "bench"
ROOT = f"voice2mqtt/{NODE}"
COMMANDS = CHECKOUT.with_name("commands.yaml")
EXPIRES_S = 10.0
"""How long a command of the shipped table may take; what comes later is late."""
LEAD_S = 1.0
"""The silence with which `PrivateSoundServer.play` begins."""
HELD_FOR_S = 0.2
"""Less than the daemon takes to end."""
SENTENCES = (
    "Turn on the kitchen light.",
    "Turn the bedroom lights off.",
    "Turn on the bathroom light.",
    "Turn off the study light.",
    "Set the bedroom light to forty percent.",
    "Close the blinds in the living room.",
    "Open the curtains in the study.",
    "Set the heating to twenty one degrees.",
    "Make the study light blue.",
    "Start the movie scene.",
    "Pause the music.",
    "Set the volume to thirty percent.",
)


_RUN = """
import os, sys
# Its own clock alone is to be set off: arecord would lose audio.
os.environ.pop("LD_PRELOAD", None)
from bench import heap
from voice2mqtt.cli.main import main
heap.follow()
sys.exit(main())
"""


@dataclass(frozen=True)
class SpokenSentence:
    """A sentence as a voice says it, and the message that follows when nothing is wrong."""

    text: str
    pcm: bytes
    begin_s: float
    """When speech begins, from the beginning of `pcm`."""
    end_s: float
    """When it ends."""
    topic: str = ""
    payload: str = ""


class System:
    """Everything, running; as a context."""

    def __init__(self, folder: Path, *, clock_jumps: bool = False) -> None:
        """Prepare in `folder`; with `clock_jumps` the daemon's wall clock can be set off."""
        self.folder = folder
        self.state_folder = folder / "state"
        self.state_folder.mkdir(exist_ok=True)
        self.table = folder / "commands.yaml"
        self.table.write_bytes(COMMANDS.read_bytes())
        self.settings = folder / "voice2mqtt.yaml"
        self._offset = folder / "wall-clock"
        self.set_clock_off(0)
        self._more: dict[str, str] = {}
        if clock_jumps:
            library = folder / "wall_clock.so"
            source = Path(__file__).with_name("wall_clock.c")
            command = ["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
            subprocess.run(command, check=True)
            self._more = {"LD_PRELOAD": str(library), "WALL_CLOCK": str(self._offset)}
        self._stack = ExitStack()
        self._stopping = threading.Event()
        self._lag_s = 0.0
        """From the time that a sentence should reach the microphone to the time that it does."""
        self.publishing = threading.Event()
        """Set when a command that is held is on its way to the broker."""
        self.gaps = 0
        """How often the machine was too busy to play without a gap."""
        self._holding = False
        self._pass_on = threading.Event()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.sound = stack.enter_context(running_sound_server())
            (self.folder / "broker").mkdir(exist_ok=True)
            self.broker = stack.enter_context(Broker(self.folder / "broker"))
            self.seen: Subscriber = stack.enter_context(self.broker.subscriber())
            self.host_port = stage.free_port()
            self.to_broker = stack.enter_context(Relay(self.broker.port, self._hold))
            self.to_host = stack.enter_context(Relay(self.host_port))
            self.host = self._host()
            self.daemon = self.new_daemon(self.settings, NODE, self.state_folder)
            for part in (self.host, self.daemon):
                stack.callback(part.end)
                part.start()
            self._tending = threading.Thread(target=self._tend, daemon=True)
            self._tending.start()
            stack.callback(self._tending.join)
            stack.callback(self._stopping.set)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _host(self) -> Part:
        address = f"127.0.0.1:{self.host_port}"
        listen = ("host", "--listen", address, "--commands", str(COMMANDS))
        return Part(
            (sys.executable, "-c", _RUN, *listen),
            # The host writes nothing else to a disk.
            self.state_folder / "host.log",
            lambda: stage.is_ready(f"http://{address}/ready"),
        )

    def new_daemon(self, settings: Path, node: str, state: Path) -> Part:
        """Return a daemon that uses the same microphone, host and broker."""
        document = {
            "node": node,
            "microphone": {"device": MICROPHONE},
            "speech": {"host": f"ws://127.0.0.1:{self.to_host.port}"},
            "mqtt": {"broker": f"mqtt://127.0.0.1:{self.to_broker.port}", "keepalive_s": 5},
            "feedback": {"tones": False, "speak": False},
            "state_dir": str(state),
            "commands": str(self.table),
        }
        settings.write_text(json.dumps(document))
        return Part(
            (sys.executable, "-c", _RUN, "run", "--settings", str(settings)),
            self.folder / f"{node}.log",
            lambda: self._listens(node),
            os.environ | self.sound.environment | self._more,
        )

    def _listens(self, node: str) -> bool:
        state = self.last(f"voice2mqtt/{node}/state")
        return bool(state and state["listening"] and state["host"] and self._is_online(node))

    def _is_online(self, node: str) -> bool:
        said = self.seen.on(f"voice2mqtt/{node}/availability")
        return bool(said) and said[-1].payload == "online"

    @property
    def well(self) -> bool:
        """Whether the daemon says that it listens and reaches host and broker."""
        return self._listens(NODE)

    def wait_until_well(self, within_s: float = STARTED_WITHIN_S) -> bool:
        """Return whether it is so within that time."""
        deadline_s = time.monotonic() + within_s
        while not self.well and time.monotonic() < deadline_s:
            time.sleep(0.05)
        return self.well

    def last(self, topic: str) -> dict[str, Any] | None:
        """Return the last JSON document on `topic`."""
        said = self.seen.on(topic)
        document: dict[str, Any] | None = json.loads(said[-1].payload) if said else None
        return document

    def hold_command(self, hold: bool) -> None:
        """Hold the next command back on its way to the broker, or let it go on."""
        self._holding = hold
        if hold:
            self.publishing.clear()
            self._pass_on.clear()
        else:
            self._pass_on.set()

    def set_clock_off(self, by_s: int) -> None:
        """Have the daemon's wall clock jump, if it was prepared for that."""
        # In place: the daemon has the file mapped.
        with self._offset.open("r+b" if self._offset.exists() else "wb") as file:
            file.write(struct.pack("l", by_s))

    def _hold(self, piece: bytes) -> None:
        if self._holding and b"home/" in piece:
            self.publishing.set()
            self._pass_on.wait(HELD_FOR_S)

    def _tend(self) -> None:
        while not self._stopping.wait(0.2):
            for part in (self.host, self.daemon):
                part.tend()

    # What is said.

    def learn(self, sentences: Sequence[str] = SENTENCES, seed: int = 0) -> list[SpokenSentence]:
        """Say each of `sentences` once; return those that are carried out, with their message."""
        learnt, lags_s = [], []
        for number, text in enumerate(sentences):
            spoken = spoken_sentence(text, voices.CLEARER[(seed + number) % len(voices.CLEARER)])
            before, told_before = len(self.seen.messages), len(self.seen.on(f"{ROOT}/event"))
            said_s = self.say(spoken)
            if arrived := self._command_after(before, said_s + 4):
                topic, payload, at_s = arrived
                self.seen.wait_for_count(f"{ROOT}/event", told_before + 1)
                told = self.events(told_before)[0]
                lags_s.append(at_s - float(told["latency_ms"] or 0) / 1000 - said_s)
                learnt.append(replace(spoken, topic=topic, payload=payload))
        self._lag_s = statistics.median(lags_s) if lags_s else 0.0
        return learnt

    @property
    def restarts(self) -> int:
        """How often daemon and host have ended by themselves."""
        return self.daemon.restarts + self.host.restarts

    def events(self, since: int) -> list[dict[str, Any]]:
        """Return the daemon's events but the first `since`."""
        return [json.loads(event.payload) for event in self.seen.on(f"{ROOT}/event")[since:]]

    def arrives(self, spoken: SpokenSentence, before: int, until_s: float) -> bool:
        """Return whether its message comes until then, beyond the first `before` messages."""
        while True:
            said = [(topic, payload) for topic, payload, _ in self.commands(before)]
            if (spoken.topic, spoken.payload) in said:
                return True
            if clock.now_s() > until_s:
                return False
            time.sleep(0.02)

    def _command_after(self, before: int, until_s: float) -> tuple[str, str, float] | None:
        while clock.now_s() < until_s:
            for message in self.seen.messages[before:]:
                if message.topic.startswith("home/"):
                    return message.topic, message.payload, message.at_s
            time.sleep(0.02)
        return None

    def say(self, spoken: SpokenSentence) -> float:
        """Play it to the microphone; return when its speech has ended (`clock.now_s`)."""
        begun_s = clock.now_s()
        self.play(spoken.pcm)
        return self.ends_s(begun_s, spoken)

    def play(self, pcm: bytes) -> None:
        """Play it to the microphone; a sound server that fails is no fault of ours."""
        with suppress(subprocess.SubprocessError):
            self.gaps += not self.sound.play(pcm)

    def ends_s(self, begun_s: float, spoken: SpokenSentence) -> float:
        """Return when the speech of what was begun to be played at `begun_s` ends."""
        return begun_s + LEAD_S + spoken.end_s + self._lag_s

    def commands(self, since: int) -> Iterator[tuple[str, str, float]]:
        """Yield topic, payload and time of each command but the first `since` messages."""
        for message in self.seen.messages[since:]:
            if message.topic.startswith("home/") and not message.retained:
                yield message.topic, message.payload, message.at_s


def spoken_sentence(
    text: str, voice: stage.SynthesisCommand, topic: str = "", payload: str = ""
) -> SpokenSentence:
    """Return `text` as `voice` says it, and the message that it means."""
    pcm = voices.spoken(text, voice)
    samples = mixing.from_pcm(pcm)
    frame = RATE_HZ // 100
    blocks = samples[: len(samples) // frame * frame].reshape(-1, frame)
    energy = np.square(blocks).sum(axis=1)
    loud = np.flatnonzero(energy > energy.max() * 10**-3.5)
    begin_s, end_s = float(loud[0]) / 100, float(loud[-1] + 1) / 100
    return SpokenSentence(text, pcm, begin_s, end_s, topic, payload)
