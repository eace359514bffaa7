"""Time and cost from start to READY (sd_notify), of the daemon and of our Speech host.

A real notify socket, broker and host; a silent WAV is the microphone.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process import processor_s, resident_mb
from bench.report import Options, Report
from bench.stage import host, settings_file
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, as_wav
from voice2mqtt.demo.stage import broker, free_port, process

SILENCE_S = 600
PATIENCE_S = 120
"""Longest wait for READY on a busy machine."""
COMMANDS = Path(__file__).parents[1] / "config" / "commands.yaml"


@dataclass(frozen=True, slots=True)
class Start:
    """One start of one process."""

    ready_s: float
    processor_s: float
    """User and system time until READY, on all cores."""
    resident_mb: float


def run(options: Options) -> Report:
    """Start each process again and again."""
    report = Report("start")
    trials = 3 if options.quick else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with broker(folder) as broker_url, host("--commands", str(COMMANDS)) as host_url:
            settings = settings_file(
                folder,
                host_url,
                mqtt={"broker": broker_url},
                microphone={"device": f"wav:{silence(folder)}"},
                home_assistant={"discovery": False},
                state_dir=str(folder / "state"),
                commands=str(COMMANDS),
            )
            daemon = [_start(folder, "run", "--settings", str(settings)) for _ in range(trials)]
        _report(report, "daemon", daemon, goal_s=3.0)
        ours = [
            _start(folder, "host", "--listen", f"127.0.0.1:{free_port()}", "--commands",
                   str(COMMANDS))
            for _ in range(trials)
        ]  # fmt: skip
        _report(report, "Speech host", ours, goal_s=5.0)
    return report


def _report(report: Report, who: str, starts: Sequence[Start], goal_s: float) -> None:
    ready_s = [start.ready_s for start in starts]
    note = f"{len(starts)} starts, the slowest {max(ready_s):.2f} s"
    report.add(f"{who}: start to READY, median", statistics.median(ready_s), "s", goal_s, note=note)
    spent_s = statistics.median(start.processor_s for start in starts)
    report.add(f"{who}: processor time until READY", spent_s, "s")
    used_mb = statistics.median(start.resident_mb for start in starts)
    report.add(f"{who}: resident memory at READY", used_mb, "MB")


def _start(folder: Path, *command: str) -> Start:
    with started(folder, *command) as (running, ready_s):
        return Start(ready_s, processor_s(running.pid), resident_mb(running.pid))


@contextmanager
def started(folder: Path, *command: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run `voice2mqtt` with `command`; give the process and the seconds until it was READY."""
    log = folder / "log"
    environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
    program = (sys.executable, "-m", "voice2mqtt", *command)
    with _manager(folder / "notify") as manager:
        began_s = time.monotonic()
        with process(*program, log=log, environment=environment) as running:
            try:
                while b"READY=1" not in manager.recv(4096):
                    pass
            except TimeoutError:
                raise RuntimeError(log.read_text()) from None
            yield running, time.monotonic() - began_s


@contextmanager
def _manager(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(PATIENCE_S)
        yield manager
    path.unlink()


def silence(folder: Path) -> Path:
    """Write ten minutes in which nobody speaks, and return the file."""
    path = folder / "silence.wav"
    path.write_bytes(as_wav(bytes(SILENCE_S * RATE_HZ * SAMPLE_BYTES)))
    return path
