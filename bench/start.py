"""How long a command line takes, what is imported for it, and what an installation weighs.

Then time and cost from start to READY (sd_notify), of the daemon and of our Speech host: with a
real notify socket, broker and host, and a silent WAV as the microphone.
"""

import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from bench.process import processor_s, resident_mb
from bench.report import Options, Report
from bench.stage import host, settings_file
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, as_wav
from voice2mqtt.demo.stage import broker, free_port, process
from voice2mqtt.service.install.unused_files import unused_files
from voice2mqtt.settings.search import NAME

SILENCE_S = 600
PATIENCE_S = 120
"""Longest wait for READY on a busy machine."""
CONFIG = Path(__file__).parents[1] / "config"
COMMANDS = CONFIG / "commands.yaml"
COMMAND_LINES = (
    (("--version",), 0.2),
    (("check", "--settings", str(CONFIG / NAME)), 1.5),
    (("say", "--dry-run", "--settings", str(CONFIG / NAME), "turn on the kitchen light"), 0.6),
)
"""Each with its goal in seconds"""
HEAVIEST = 10
"""Imports and packages that are printed"""
LEAN_MB = 250.0


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
        for arguments, goal_s in COMMAND_LINES:
            _command_line(report, folder, arguments, goal_s, trials)
        _heaviest_imports(report, folder, COMMAND_LINES[-1][0])
        _weight(report)
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


def _command_line(
    report: Report, folder: Path, arguments: Sequence[str], goal_s: float, trials: int
) -> None:
    took_s, spent_s = [], []
    for _ in range(1 + trials):
        began_s, before_s = time.monotonic(), _children_s()
        subprocess.run(_program(arguments), env=_installed(folder), check=True, capture_output=True)
        took_s.append(time.monotonic() - began_s)
        spent_s.append(_children_s() - before_s)
    # The first of them compiles the modules, as an installation does.
    note = f"{trials} runs, {statistics.median(spent_s[1:]):.2f} s of processor time"
    median_s = statistics.median(took_s[1:])
    report.add(f"{arguments[0]}: whole run, median", median_s, "s", goal_s, note=note)


def _heaviest_imports(report: Report, folder: Path, arguments: Sequence[str]) -> None:
    command = _program(arguments, "-X", "importtime")
    told = subprocess.run(
        command, env=_installed(folder), check=True, capture_output=True, text=True
    ).stderr
    rows = re.findall(r"import time: +(\d+) \| +\d+ \| +(\S+)", told)
    imports = sorted(((int(own_us), module) for own_us, module in rows), reverse=True)
    for own_us, module in imports[:HEAVIEST]:
        report.add(f"{arguments[0]}: import of {module} itself", own_us / 1000, "ms")


def _weight(report: Report) -> None:
    """Add what `voice2mqtt install` puts on a machine with our host, without compiled modules."""
    packages = Path(str(distribution("voice2mqtt").locate_file("")))
    unused = {
        file
        for path in unused_files(packages)
        for file in (path.rglob("*") if path.is_dir() else [path])
    }
    sizes_mb = {}
    for name, package in _needed("voice2mqtt", "host").items():
        files = {Path(str(file.locate())) for file in package.files or ()} - unused
        sizes_mb[name] = sum(f.stat().st_size for f in files if _is_weighed(f)) / 1e6
    left_out_mb = sum(file.stat().st_size for file in unused if _is_weighed(file)) / 1e6
    note = f"{len(sizes_mb)} packages, {left_out_mb:.0f} MB of them left out"
    report.add("installed packages of a service machine", sum(sizes_mb.values()), "MB", LEAN_MB,
               note=note)  # fmt: skip
    heaviest = sorted(sizes_mb.items(), key=lambda item: -item[1])
    for name, size_mb in heaviest[:HEAVIEST]:
        report.add(f"installed: {name}", size_mb, "MB")


def _needed(name: str, *extras: str) -> dict[str, Distribution]:
    """Return the distribution `name` and all that it requires on this machine."""
    found = {name: distribution(name)}
    for line in found[name].requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            found |= _needed(requirement.name, *requirement.extras)
    return found


def _is_weighed(file: Path) -> bool:
    return file.is_file() and file.suffix != ".pyc"


def _program(arguments: Sequence[str], *of_python: str) -> list[str]:
    return [sys.executable, *of_python, "-m", "voice2mqtt", *arguments]


def _installed(folder: Path) -> dict[str, str]:
    """Return an environment in which modules are compiled once, as they are where installed."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return {**os.environ, **compiled}


def _children_s() -> float:
    """Return the processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
