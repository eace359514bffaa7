"""A home for the doctor: a machine below a folder, a recorded microphone, settings and table."""

import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.demo import stage
from voice2mqtt.service.checks import sound
from voice2mqtt.service.checks.check_result import CheckResult
from voice2mqtt.service.checks.doctor import Doctor
from voice2mqtt.service.checks.machine import Machine
from voice2mqtt.service.checks.unit import Units, find_units
from voice2mqtt.settings.search import SettingsFile

SENTENCE = "turn on the kitchen light"
TABLE = {
    "lists": {"room": ["kitchen", "bedroom"]},
    "commands": [
        {
            "say": "turn on the {room} light",
            "topic": "home/{room}/light/set",
            "payload": "ON",
        }
    ],
    "tests": [{"hear": SENTENCE, "publish": "home/kitchen/light/set = ON"}],
}
RUNNING = {
    "LoadState": "loaded",
    "UnitFileState": "enabled",
    "ActiveState": "active",
    "SubState": "running",
    "Result": "success",
    "ExecMainStatus": "0",
    "NRestarts": "0",
    "StatusText": "listening",
}


def levels(*seconds_and_peaks: tuple[float, float], frequency_hz: float = 300.0) -> bytes:
    """A hum, so many seconds at such a peak (1 is full scale), one after the other."""
    parts = [
        peak * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)
        for seconds, peak in seconds_and_peaks
    ]
    samples = (32767 * np.clip(np.concatenate(parts), -1, 1)).astype("<i2")
    return bytes(samples)


def amplified(pcm: bytes, gain: float, noise: float = 0.0) -> bytes:
    """`pcm` times `gain`, with white noise of that deviation (1 is full scale) added."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) * gain
    samples += np.random.default_rng(0).normal(0, noise * 32767, len(samples))
    return bytes(np.clip(samples, -32768, 32767).astype("<i2"))


def spoken(folder: Path) -> bytes:
    """The sentence, with a second before it and a few behind."""
    wav = folder / "spoken.wav"
    stage.speak(SENTENCE, stage.flite("slt"), wav)
    quiet = bytes(RATE_HZ * 2)
    return amplified(quiet + b"".join(WavSource(wav).blocks()) + 10 * quiet, 1.0, noise=0.0005)


class Home:
    """A machine on which all is well, until a test changes it."""

    def __init__(self, folder: Path, broker: str, host: str) -> None:
        self.folder = folder
        self.settings = {
            "node": "hall",
            "microphone": {"device": "played"},
            "speech": {"host": host},
            "mqtt": {"broker": broker},
            "state_dir": str(folder / "state"),
        }
        self.table: dict[str, object] = dict(TABLE)
        self.root = folder / "root"
        for name in ("proc", "dev/snd", "run/user/1000/pulse", "usr/lib/x/alsa-lib", "bin"):
            (self.root / name).mkdir(parents=True)
        (self.root / "proc/cpuinfo").write_text("flags\t\t: fpu sse2 avx2\n")
        node = self.root / "dev/snd/pcmC0D0c"
        node.touch()
        shutil.chown(node, group="audio")
        node.chmod(0o660)
        self.machine = Machine(
            root=self.root,
            environ={"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"},
            architecture="x86_64",
        )
        self.stub("timedatectl", "yes")
        self.service(RUNNING)

    @property
    def file(self) -> SettingsFile:
        return SettingsFile(path=self.folder / "voice2mqtt.yaml", why="of a test")

    def write(self) -> None:
        """Write settings and table; JSON is YAML."""
        self.file.path.write_text(json.dumps(self.settings))
        (self.folder / "commands.yaml").write_text(json.dumps(self.table))

    def stub(self, name: str, said: str, status: int = 0) -> None:
        """Put a program in the place of one that this machine may not have."""
        program = self.root / "bin" / name
        program.write_text(f"#!/bin/sh\ncat <<'E'\n{said}\nE\nexit {status}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def without(self, *names: str) -> None:
        """Take programs away."""
        kept = self.root / "kept"
        kept.mkdir()
        for name in {"arecord", "aplay", "espeak-ng"} - set(names):
            found = shutil.which(name)
            assert found
            (kept / name).symlink_to(found)
        self.machine = replace(self.machine, environ={"PATH": str(kept)})

    def service(self, properties: Mapping[str, str], journal: str = "") -> None:
        """Let systemd say that of the daemon's unit of the machine; the host's runs."""
        told = {"Environment": f"SETTINGS={self.file.path}", **properties}
        daemon, host = (
            "\n".join(f"{key}={value}" for key, value in each.items()) for each in (told, RUNNING)
        )
        program = self.root / "bin" / "systemctl"
        program.write_text(
            f"#!/bin/sh\ncase \"$*\" in --user*) exit 1 ;; *host*) cat <<'E'\n{host}\nE\n;; "
            f"*) cat <<'E'\n{daemon}\nE\n;; esac\n"
        )
        program.chmod(0o755)
        self.stub("journalctl", journal)

    @property
    def units(self) -> Units:
        return find_units(self.machine)

    @contextmanager
    def microphone(self, pcm: bytes) -> Iterator[None]:
        """An ALSA device `played` that gives `pcm`, faster than it was spoken, then zeros."""
        raw, names = self.folder / "played.raw", self.folder / "alsa.conf"
        raw.write_bytes(pcm)
        names.write_text(
            "</usr/share/alsa/alsa.conf>\npcm.played { type file slave.pcm null "
            f'file "/dev/null" infile "{raw}" format raw }}\n'
        )
        with (
            patch.dict(os.environ, {"ALSA_CONFIG_PATH": str(names)}),
            patch.object(sound, "_SOONEST_S", 0.0),
        ):
            yield

    def examined(self, *, listen_s: float = 0.0) -> Sequence[CheckResult]:
        """Everything that the doctor finds."""
        self.write()
        return list(Doctor(file=self.file, machine=self.machine, listen_s=listen_s).results())
