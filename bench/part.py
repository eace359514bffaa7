"""A process of the whole system: started, signalled, and started again when it ends by itself."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import heap, process
from voice2mqtt.errors import UnavailableError

RESTART_S = 0.5
"""As RestartSec= of the shipped units."""
STARTED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Usage:
    """What a process holds at one moment."""

    resident_mb: float
    heap: heap.Heap
    descriptors: dict[str, int]
    """By what they are of."""
    threads: dict[str, int]
    """By name."""
    children: int
    """Processes that it started."""


class Part:
    """A process of ours that is started again when it ends by itself."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._log, self._ready = log, ready
        self._heap = log.with_suffix(".heap")
        self.command = tuple(command)
        self.environment = dict(environment) | {heap.FILE: str(self._heap)}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self.restarts = 0
        """How often it has ended by itself."""

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process
        return self._process.pid

    def start(self, *, wait: bool = True) -> None:
        """Start it; return when it is ready."""
        with self._lock:
            self._wanted = True
            self._spawn()
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Return when it is ready.

        Raises:
            UnavailableError: it is not, within a minute.
        """
        deadline_s = time.monotonic() + STARTED_WITHIN_S
        while not self._ready():
            if time.monotonic() > deadline_s:
                raise UnavailableError(f"{self._log.stem} does not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )

    def tend(self) -> None:
        """Start it again if it has ended by itself."""
        with self._lock:
            if self._wanted and self._process and self._process.poll() is not None:
                self.restarts += 1
                time.sleep(RESTART_S)
                self._spawn()

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal; it stays away until it is started."""
        with self._lock:
            self._wanted = False
            process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGCONT)
            process.send_signal(number)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with self._lock:
            if self._process:
                self._process.send_signal(number)

    def usage(self) -> Usage:
        """Return what it holds now."""
        pid = self.pid
        return Usage(
            process.resident_mb(pid),
            heap.read(self._heap),
            process.descriptors(pid),
            process.threads(pid),
            len(process.children(pid)),
        )

    def log(self) -> str:
        """Return what it wrote so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""
