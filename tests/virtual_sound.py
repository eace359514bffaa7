"""A private PulseAudio server with a virtual microphone, for tests and benches.

Needs no sound card, works as root too, and touches nothing outside its folder. Audio played into
`SPEAKER` is captured from `MICROPHONE`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from voice2mqtt.core.audio import as_wav
from voice2mqtt.errors import UnavailableError

MICROPHONE = "vmic"
SPEAKER = "vspk"
WAIT_S = 10.0
"""Longest wait for the server on a busy machine; set by hand."""

_NULL_SINK = ("module-null-sink", "sink_name=vmic", "rate=16000", "channels=1", "format=s16le")


class PrivateSoundServer:
    """A PulseAudio process with ALSA devices."""

    def __init__(self, folder: Path) -> None:
        """Prepare a server in `folder`, which must be short: its socket's path is limited."""
        self._folder = folder
        self._socket = folder / "native"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "home").mkdir(mode=0o700)
        server = f'server "unix:{self._socket}"'
        hint = 'hint { show on description "Virtual microphone" }'
        names = folder / "asound.conf"
        names.write_text(
            f'pcm.{MICROPHONE} {{ type pulse {server} device "vmic.monitor" {hint} }}\n'
            f'pcm.{SPEAKER} {{ type pulse {server} device "vmic" }}\n'
        )
        (folder / "alsa.conf").write_text(f"</usr/share/alsa/alsa.conf>\n<{names}>\n")

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables with which a program finds the ALSA devices."""
        return {
            "ALSA_CONFIG_PATH": str(self._folder / "alsa.conf"),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_COOKIE": str(self._folder / "cookie"),
        }

    def start(self) -> None:
        """Start the server and wait until it answers."""
        native = f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"
        self._socket.unlink(missing_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"),
                    *("--disable-shm=yes", "--use-pid-file=no", "--log-target=stderr"),
                    *("-L", native, "-L", " ".join(_NULL_SINK)),
                ],
                env=os.environ | self.environment | {"HOME": str(self._folder / "home")},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        deadline_s = time.monotonic() + WAIT_S
        while subprocess.run(self._pactl("info"), capture_output=True, check=False).returncode:
            if time.monotonic() > deadline_s:
                raise UnavailableError(f"PulseAudio does not start:\n{self._said()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stall(self) -> None:
        """Stop the process (SIGSTOP) until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a stall."""
        self._signal(signal.SIGCONT)

    def unplug(self) -> None:
        """Remove the microphone; the server stays."""
        subprocess.run(self._pactl("unload-module", _NULL_SINK[0]), check=True)

    def plug(self) -> None:
        """Bring the microphone back."""
        subprocess.run(
            self._pactl("load-module", *_NULL_SINK), check=True, stdout=subprocess.DEVNULL
        )

    def play(self, pcm: bytes) -> bool:
        """Play `pcm` (16 kHz mono, 16 bit) into the microphone; return when it has been played.

        False says that a busy machine left gaps in it.
        """
        path = self._folder / "played.wav"
        # An idle sink drops the beginning of what is played into it: lead in with 1 s of silence.
        path.write_bytes(as_wav(bytes(32_000) + pcm))
        played = subprocess.run(
            ["aplay", "-q", "-D", SPEAKER, str(path)],
            check=True,
            stderr=subprocess.PIPE,
            env=os.environ | self.environment,
            timeout=len(pcm) / 32_000 + WAIT_S,
        )
        return b"underrun" not in played.stderr

    def _said(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def _pactl(self, *arguments: str) -> tuple[str, ...]:
        return ("pactl", "-s", f"unix:{self._socket}", *arguments)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)


@contextmanager
def running_sound_server() -> Iterator[PrivateSoundServer]:
    """Run a private sound server and remove its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="v2m-sound-"))
    server = PrivateSoundServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
