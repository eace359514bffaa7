"""An ALSA device, read through `arecord`, that comes back whatever happens to it.

A process of its own is all that can be relied on: it can be killed when a driver hangs, and it
names what is wrong on its standard error.
"""

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import IO

from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.audio.signal.signal_check import FINDINGS, SignalCheck
from voice2mqtt.audio.sources.arecord_errors import condition_of, sentence_for
from voice2mqtt.audio.sources.source import BLOCK_BYTES
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES

WATCHDOG_S = 3.0
"""A stalled sound server neither ends nor complains; it just gives nothing."""

BACKOFF_S = (0.5, 1.0, 2.0, 3.0)
"""Pauses between attempts; the last repeats. It bounds how long a returned device waits."""

STEADY_S = 3.0
"""A run of arecord that lasted so long was no failed attempt, whatever ended it."""

REAP_S = 1.0

WRONG_RATE = b"rate is not accurate"
"""A raw `hw:` device that cannot do 16 kHz is recorded at another rate, with only this word."""

LOSSES = (b"overrun!!!", b"Suspended", b"attempting recover")
"""What arecord says when it goes on with some audio lost."""

PIPE_BYTES = 65_536

log = logging.getLogger(__name__)


def arecord_command(device: str) -> tuple[str, ...]:
    """Return the command that writes `device` to its standard output, 16 kHz mono."""
    return (
        *("arecord", "-D", device, "-t", "raw", "-f", "S16_LE", "-r", str(RATE_HZ)),
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
        self._state = MicrophoneState(Condition.STARTING, device, "")

    def blocks(self) -> Iterator[bytes]:
        """Yield what is captured; an empty block after each loss or failure. Never raises."""
        attempt = 0
        while not self._closed.is_set():
            begun_s = time.monotonic()
            diagnosis = SignalCheck()
            for block in self._session():
                if block:
                    self._judge(diagnosis.hear(block))
                yield block
            # A device that flickers is treated like one that is gone; a stall is a wait by itself.
            lasted = time.monotonic() - begun_s >= STEADY_S
            attempt = 0 if lasted else attempt
            yield b""
            self._closed.wait(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
            attempt += 1

    def close(self) -> None:
        """End `blocks` at once. Any thread may call it."""
        with self._lock:
            self._closed.set()
            if self._process:
                _kill(self._process)

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
        try:
            stalled = yield from _blocks(process.stdout, process.stderr, complaints)
        finally:
            with self._lock:
                self._process = None
                _kill(process)
            complaints += _last_words(process)
        if self._closed.is_set():
            return
        text = complaints.decode(errors="replace")
        self._report(Condition.STALLED if stalled else condition_of(text), text)

    def _judge(self, finding: str | None) -> None:
        if finding is None:
            self._report(Condition.OK)
        else:
            condition, fault = FINDINGS[finding]
            self._tell(condition, f"microphone {self._device} {fault} in `alsamixer` (F4)")

    def _report(self, condition: Condition, complaint: str = "") -> None:
        self._tell(condition, sentence_for(condition, self._device, complaint))

    def _tell(self, condition: Condition, sentence: str) -> None:
        state = MicrophoneState(condition, self._device, sentence)
        if state != self._state:
            self._state = state
            self._on_state(state)


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


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Its whole session, lest a child of it keeps the pipes open.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_words(process: subprocess.Popen[bytes]) -> bytes:
    """Reap `process` and return what is left of its complaints."""
    assert process.stdout
    assert process.stderr
    # A driver that hangs keeps even a killed process, and with it the pipes.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP_S)
    os.set_blocking(process.stderr.fileno(), False)
    words: bytes = process.stderr.read() or b""
    process.stdout.close()
    process.stderr.close()
    return words


def _blocks(
    output: IO[bytes], errors: IO[bytes], complaints: bytearray
) -> Generator[bytes, None, bool]:
    """Yield whole samples of `output`, an empty block where some were lost, until it ends.

    Return whether it has stalled.
    """
    odd = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        # An arecord whose complaints nobody reads would one day block on them.
        selector.register(errors, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select(WATCHDOG_S)}
            if not ready:
                return True
            if errors in ready:
                said = os.read(errors.fileno(), 4096)
                complaints[:] = (complaints + said)[-4096:]
                if not said:
                    selector.unregister(errors)
                if WRONG_RATE in said:
                    return False
                if any(loss in said for loss in LOSSES):
                    words = said.decode(errors="replace").strip()
                    log.warning("audio was lost: arecord says: %s", words)
                    # What is in the pipe may be from before the loss.
                    if output in ready:
                        odd = _odd(odd + os.read(output.fileno(), PIPE_BYTES))
                    yield b""
                    continue
            if output in ready:
                data = odd + os.read(output.fileno(), BLOCK_BYTES)
                if len(data) == len(odd):
                    return False
                odd = _odd(data)
                if whole := data[: len(data) - len(odd)]:
                    yield whole


def _odd(data: bytes) -> bytes:
    """Return what stands behind the last whole sample of `data`."""
    return data[len(data) - len(data) % SAMPLE_BYTES :]
