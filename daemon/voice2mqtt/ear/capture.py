"""An ALSA device, read through `arecord`, that comes back whatever happens to it.

A process of its own is all that can be relied on: it can be killed when a driver hangs, and it
names what is wrong on its standard error.
"""

import logging
import os
import selectors
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.ear.complaint import condition_of, sentence_for
from voice2mqtt.ear.source import BLOCK_BYTES
from voice2mqtt.ear.state import Condition, MicrophoneState

WATCHDOG_S = 3.0
"""A stalled sound server neither ends nor complains; it just gives nothing."""

BACKOFF_S = (0.5, 1.0, 2.0, 4.0)
"""Pauses between attempts; the last repeats. It bounds how long a returned device waits."""

log = logging.getLogger(__name__)


def arecord_command(device: str) -> tuple[str, ...]:
    """Return the command that writes `device` to its standard output, 16 kHz mono."""
    return (
        *("arecord", "-q", "-D", device, "-t", "raw", "-f", "S16_LE", "-r", str(RATE_HZ)),
        *("-c", "1", f"--period-size={RATE_HZ // 50}", f"--buffer-size={RATE_HZ}"),
    )


class Capture:
    """Blocks of an ALSA device, for ever."""

    live = True

    def __init__(
        self,
        device: str,
        on_state: Callable[[MicrophoneState], None],
        command: Sequence[str] | None = None,
    ) -> None:
        """Tell `on_state`, on the reading thread, of each change; `command` replaces arecord."""
        self._device = device
        self._on_state = on_state
        self._command = tuple(command or arecord_command(device))
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._condition: Condition | None = None

    def blocks(self) -> Iterator[bytes]:
        """Yield what is captured; an empty block where the device was lost. Never raises."""
        attempt = 0
        while not self._closed.is_set():
            delivered = False
            for block in self._session():
                delivered = True
                self._report(Condition.OK)
                yield block
            attempt = 0 if delivered else attempt + 1
            if delivered:
                yield b""
            self._closed.wait(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])

    def close(self) -> None:
        """End `blocks` at once. Any thread may call it."""
        with self._lock:
            self._closed.set()
            if self._process:
                self._process.kill()

    def _session(self) -> Iterator[bytes]:
        """Yield the blocks of one run of the command, and report why it ended."""
        with self._lock:
            if self._closed.is_set():
                return
            try:
                self._process = _start(self._command)
            except OSError as error:
                self._report(Condition.FAILED, f"{self._command[0]}: {error.strerror}")
                return
        process = self._process
        assert process.stdout
        assert process.stderr
        complaints = bytearray()
        stalled = False
        try:
            for block in _blocks(process.stdout, process.stderr, complaints):
                stalled = not block
                if block:
                    yield block
        finally:
            process.kill()
            process.wait()
            complaints += process.stderr.read()
            process.stdout.close()
            process.stderr.close()
        if self._closed.is_set():
            return
        text = complaints.decode(errors="replace")
        self._report(Condition.STALLED if stalled else condition_of(text), text)

    def _report(self, condition: Condition, complaint: str = "") -> None:
        if condition is self._condition:
            return
        self._condition = condition
        sentence = sentence_for(condition, self._device, complaint)
        self._on_state(MicrophoneState(condition, self._device, sentence))


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        # Its complaints are read by us, in English.
        env=os.environ | {"LC_ALL": "C"},
        # A Ctrl-C at our terminal is ours to handle.
        start_new_session=True,
    )


def _blocks(output: IO[bytes], errors: IO[bytes], complaints: bytearray) -> Iterator[bytes]:
    """Yield whole samples of `output` until it ends; an empty block when it has stalled."""
    odd = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        # An arecord whose complaints nobody reads would one day block on them.
        selector.register(errors, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select(WATCHDOG_S)}
            if not ready:
                yield b""
                return
            if errors in ready:
                said = os.read(errors.fileno(), 4096)
                complaints[:] = (complaints + said)[-4096:]
                if not said:
                    selector.unregister(errors)
            if output in ready:
                data = odd + os.read(output.fileno(), BLOCK_BYTES)
                if len(data) == len(odd):
                    return
                whole = len(data) - len(data) % SAMPLE_BYTES
                odd = data[whole:]
                if whole:
                    yield data[:whole]
