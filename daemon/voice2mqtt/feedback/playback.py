"""Plays a WAV through `aplay`, for no longer than it should last."""

import os
import subprocess
import threading

DRAIN_S = 1.0
"""What aplay may take longer than the sound lasts, because of a sound server's buffers."""


class PlaybackError(Exception):
    """The sound could not be played."""


class Playback:
    """One speaker."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def play(self, wav: bytes, lasts_s: float) -> None:
        """Play `wav`; return when it has ended or was cut off by `close`.

        Raises:
            PlaybackError: The speaker cannot be used.
        """
        with self._lock:
            if self._closed:
                return
            try:
                self._process = process = _aplay(self._device)
            except OSError as error:
                raise PlaybackError(f"aplay: {error.strerror}; install alsa-utils") from error
        try:
            _, errors = process.communicate(wav, timeout=lasts_s + DRAIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return
        finally:
            self._process = None
        if process.returncode > 0:
            lines = errors.decode(errors="replace").strip().splitlines()
            reason = lines[-1].strip() if lines else f"aplay ended with {process.returncode}"
            raise PlaybackError(f"speaker {self._device} cannot be used: {reason}")

    def close(self) -> None:
        """Cut off what is being played, and play nothing more. Any thread may call it."""
        with self._lock:
            self._closed = True
            if process := self._process:
                process.kill()


def _aplay(device: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["aplay", "-q", "-D", device, "-t", "wav", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"LC_ALL": "C"},
        start_new_session=True,
    )
