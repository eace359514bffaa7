"""A WAV file as a microphone: its blocks pass the same gate.

Any rate from 4 to 384 kHz, any number of channels, PCM of 8 to 32 bits, floats, A-law or µ-law,
also as WAVE_FORMAT_EXTENSIBLE. A recording that was cut short is read as far as it goes.

The header is read here and not by libsndfile, which takes a size of 0, from a writer that could
not know better, for no audio, and tells of a recording cut short only in a log for people.
"""

import io
import logging
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from voice2mqtt.audio.sources.source import BLOCK_BYTES, BLOCK_MS
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resampler import Resampler
from voice2mqtt.core.wave_format import WaveFormat, read_format, to_mono, to_pcm
from voice2mqtt.errors import InputError

SILENCE_MS = 1500
"""Silence after a recording in real time, in which its end is found as a speaker's is."""

_ENDLESS_BYTES = 0x7FFF0000
"""Programs that write to a pipe put this size or more, or 0, since they cannot know better."""
_FORMAT_BYTES = 40
"""The longest chunk that describes a format; a broken one may announce gigabytes."""

log = logging.getLogger(__name__)


class WavSource:
    """Yields a WAV file as 16 kHz mono, in real time or as fast as it is read."""

    live = False

    def __init__(self, path: Path, *, paced: bool = False) -> None:
        """Read the file's header; a pipe is read to its end.

        Raises:
            InputError: The file is missing, unreadable, not a WAV or empty.
        """
        self._path = path
        self._paced = paced
        self._closed = threading.Event()
        self._piped: bytes | None = None
        try:
            if path.is_fifo():
                self._piped = path.read_bytes()
            with self._open() as file:
                self._format, self._start, self._bytes, announced = _header(file)
        except OSError as error:
            why = error.strerror or "neither a file nor a pipe"
            raise InputError(f"{path}: {why}") from error
        except struct.error as error:
            raise InputError(f"{path}: not a WAV file") from error
        except ValueError as error:
            raise InputError(f"{path}: {error}") from error
        if self._bytes < announced:
            log.warning(
                "%s: cut short: it announces %d bytes of audio and has %d",
                path,
                announced,
                self._bytes,
            )

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return self._bytes / self._format.frame_bytes / self._format.rate_hz

    def blocks(self) -> Iterator[bytes]:
        """Yield the audio in blocks of 20 ms; in real time, a silence follows it."""
        begun_s = time.monotonic()
        for number, block in enumerate(self._cut(), start=1):
            due_s = begun_s + number * BLOCK_MS / 1000 if self._paced else 0.0
            if self._closed.wait(max(0.0, due_s - time.monotonic())):
                return
            yield block

    def close(self) -> None:
        """End `blocks` at once."""
        self._closed.set()

    def _cut(self) -> Iterator[bytes]:
        pending = b""
        for pcm in self._converted():
            pending += pcm
            while len(pending) >= BLOCK_BYTES:
                block, pending = pending[:BLOCK_BYTES], pending[BLOCK_BYTES:]
                yield block
        if pending:
            yield pending
        if self._paced:
            yield from [bytes(BLOCK_BYTES)] * (SILENCE_MS // BLOCK_MS)

    def _open(self) -> BinaryIO:
        return self._path.open("rb") if self._piped is None else io.BytesIO(self._piped)

    def _converted(self) -> Iterator[bytes]:
        exact = self._format == WaveFormat()
        resampler = Resampler(self._format.rate_hz, RATE_HZ)
        second_bytes = self._format.rate_hz * self._format.frame_bytes
        with self._open() as file:
            file.seek(self._start)
            left = self._bytes
            while left and (data := file.read(min(left, second_bytes))):
                left -= len(data)
                data = data[: len(data) - len(data) % self._format.frame_bytes]
                # Audio in our own format is passed on unchanged.
                yield data if exact else to_pcm(resampler.feed(to_mono(data, self._format)))
        if not exact:
            yield to_pcm(resampler.finish())


def _header(file: BinaryIO) -> tuple[WaveFormat, int, int, int]:
    """Return the format, where the audio begins, and its bytes: those there and those announced."""
    size = file.seek(0, 2)
    file.seek(0)
    if not size:
        raise ValueError("the file is empty")
    if struct.unpack("<4s4x4s", file.read(12)) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    found: WaveFormat | None = None
    while True:
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"data":
            break
        if name == b"fmt ":
            found = _format(file.read(min(length, _FORMAT_BYTES)))
        file.seek(start + length + length % 2)
    if found is None:
        raise ValueError("the WAV file names no format before its audio")
    there = size - start
    if length == 0 or length >= _ENDLESS_BYTES:
        length = there
    there = min(length, there)
    there -= there % found.frame_bytes
    if not there:
        raise ValueError("the WAV file holds no audio")
    return found, start, there, length - length % found.frame_bytes


def _format(chunk: bytes) -> WaveFormat:
    if len(chunk) < 16:
        raise ValueError("not a WAV file")
    try:
        return read_format(chunk)
    except ValueError as error:
        raise ValueError(f"{error}; convert it to 16 kHz, 16 bit PCM first") from error
