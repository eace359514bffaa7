"""An ALSA device, read through `arecord`, and opened again whatever happens to it.

Only a separate process is reliable enough: it can be killed when a driver hangs, and it reports
on its standard error what is wrong.
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
"""Time without audio after which a device counts as stalled; a stalled server reports no error."""

BACKOFF_S = (0.5, 1.0, 2.0, 3.0)
"""Pauses between attempts; the last repeats. It limits how long a returned device stays unused."""

STEADY_S = 3.0
"""A run of arecord that lasted this long resets the backoff, however it ended."""

REAP_S = 1.0
"""How long a killed arecord is waited for; one stuck in a driver does not end."""

WRONG_RATE = b"rate is not accurate"
"""What arecord says when a raw `hw:` device cannot do 16 kHz and it records at another rate."""

LOSSES = (b"overrun!!!", b"Suspended", b"attempting recover")
"""What arecord says when audio was lost and it goes on."""

PIPE_BYTES = 65_536
"""What a pipe of Linux holds: 2 s of audio."""

log = logging.getLogger(__name__)


def arecord_command(device: str) -> tuple[str, ...]:
    """Return the command that writes `device` to its standard output, 16 kHz mono."""
    return (
        *("arecord", "-D", device, "-t", "raw", "-f", "S16_LE", "-r", str(RATE_HZ)),
        *("-c", "1", f"--period-size={RATE_HZ // 50}", f"--buffer-size={RATE_HZ}"),
    )


class Capture:
    """A live source of an ALSA device; it never ends by itself."""

    live = True

    def __init__(
        self,
        device: str,
        on_state: Callable[[MicrophoneState], None],
        command: Sequence[str] | None = None,
    ) -> None:
        """Call `on_state`, on the reading thread, with each change; `command` replaces arecord."""
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
            signal_check = SignalCheck()
            for block in self._session():
                if block:
                    self._judge(signal_check.feed(block))
                yield block
            # A device that fails again at once is tried less and less often, like one that is gone.
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
        error_text = bytearray()
        try:
            stalled = yield from _blocks(process.stdout, process.stderr, error_text)
        finally:
            with self._lock:
                self._process = None
                _kill(process)
            error_text += _remaining_errors(process)
        if self._closed.is_set():
            return
        text = error_text.decode(errors="replace")
        self._report(Condition.STALLED if stalled else condition_of(text), text)

    def _judge(self, finding: str | None) -> None:
        if finding is None:
            self._report(Condition.OK)
        else:
            condition, fault = FINDINGS[finding]
            self._tell(condition, f"microphone {self._device} {fault} in `alsamixer` (F4)")

    def _report(self, condition: Condition, errors: str = "") -> None:
        self._tell(condition, sentence_for(condition, self._device, errors))

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
        # Its error messages are matched in English.
        env=os.environ | {"LC_ALL": "C"},
        # A Ctrl-C in our terminal must not reach it.
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Its whole session, since a child of it may hold the pipes open.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _remaining_errors(process: subprocess.Popen[bytes]) -> bytes:
    """Reap `process` and return what is left on its standard error."""
    assert process.stdout
    assert process.stderr
    # A driver that hangs keeps even a killed process alive, and its pipes open.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP_S)
    os.set_blocking(process.stderr.fileno(), False)
    words: bytes = process.stderr.read() or b""
    process.stdout.close()
    process.stderr.close()
    return words


def _blocks(
    output: IO[bytes], errors: IO[bytes], error_text: bytearray
) -> Generator[bytes, None, bool]:
    """Yield whole samples of `output`, an empty block where some were lost, until it ends.

    Return whether it stalled.
    """
    partial = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        # If nobody read its standard error, arecord would block once the pipe is full.
        selector.register(errors, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select(WATCHDOG_S)}
            if not ready:
                return True
            if errors in ready:
                said = os.read(errors.fileno(), 4096)
                error_text[:] = (error_text + said)[-4096:]
                if not said:
                    selector.unregister(errors)
                if WRONG_RATE in said:
                    return False
                if any(loss in said for loss in LOSSES):
                    words = said.decode(errors="replace").strip()
                    log.warning("audio was lost: arecord says: %s", words)
                    # The pipe may still hold audio from before the loss.
                    if output in ready:
                        partial = _partial_sample(partial + os.read(output.fileno(), PIPE_BYTES))
                    yield b""
                    continue
            if output in ready:
                data = partial + os.read(output.fileno(), BLOCK_BYTES)
                if len(data) == len(partial):
                    return False
                partial = _partial_sample(data)
                if whole := data[: len(data) - len(partial)]:
                    yield whole


def _partial_sample(data: bytes) -> bytes:
    """Return what follows the last whole sample of `data`."""
    return data[len(data) - len(data) % SAMPLE_BYTES :]
