"""A WAV file as a microphone: its blocks pass the same gate.

Any rate from 4 to 384 kHz, any number of channels, PCM of 8 to 32 bits or floats, also as
WAVE_FORMAT_EXTENSIBLE.
"""

import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resample import Resampler, Samples
from voice2mqtt.ear.source import BLOCK_BYTES, BLOCK_MS
from voice2mqtt.errors import InputError

SILENCE_MS = 1500
"""After a recording in real time, so that its end is waited for as that of a speaker is."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_ENDLESS_BYTES = 0x7FFF0000
"""Programs that write to a pipe put this size or more, or 0, since they cannot know better."""


@dataclass(frozen=True, slots=True)
class _Format:
    coding: int
    channels: int
    rate_hz: int
    sample_bytes: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.sample_bytes


class WavSource:
    """Yields a WAV file as 16 kHz mono, in real time or as fast as it is read."""

    live = False

    def __init__(self, path: Path, *, paced: bool = False) -> None:
        """Read the file's header.

        Raises:
            InputError: The file is missing, unreadable, not a WAV, cut short or empty.
        """
        self._path = path
        self._paced = paced
        self._closed = threading.Event()
        try:
            with path.open("rb") as file:
                self._format, self._start, self._bytes = _header(file)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        except struct.error as error:
            raise InputError(f"{path}: not a WAV file") from error
        except ValueError as error:
            raise InputError(f"{path}: {error}") from error

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

    def _converted(self) -> Iterator[bytes]:
        exact = self._format == _Format(_PCM, 1, RATE_HZ, 2)
        resampler = Resampler(self._format.rate_hz, RATE_HZ)
        with self._path.open("rb") as file:
            file.seek(self._start)
            left = self._bytes
            while left and (data := file.read(min(left, self._format.rate_hz * 8))):
                left -= len(data)
                data = data[: len(data) - len(data) % self._format.frame_bytes]
                # What is in our form already stays as it is, to the bit.
                yield data if exact else _pcm(resampler.feed(_mono(data, self._format)))
        if not exact:
            yield _pcm(resampler.finish())


def _header(file: BinaryIO) -> tuple[_Format, int, int]:
    """Return the format, and where the audio begins and how many bytes it has."""
    size = file.seek(0, 2)
    file.seek(0)
    if not size:
        raise ValueError("the file is empty")
    if struct.unpack("<4s4x4s", file.read(12)) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    found: _Format | None = None
    while True:
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"data":
            break
        if name == b"fmt ":
            found = _format(file.read(length))
        file.seek(start + length + length % 2)
    if found is None:
        raise ValueError("the WAV file names no format before its audio")
    there = size - start
    if length == 0 or length >= _ENDLESS_BYTES:
        length = there
    if length > there:
        raise ValueError(f"the WAV file is cut short: {length} bytes announced, {there} there")
    if length < found.frame_bytes:
        raise ValueError("the WAV file holds no audio")
    return found, start, length - length % found.frame_bytes


def _format(chunk: bytes) -> _Format:
    coding, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if coding == _EXTENSIBLE:
        (coding,) = struct.unpack_from("<H", chunk, 24)
    if not (coding == _PCM and bits in {8, 16, 24, 32}) and (coding, bits) != (_FLOAT, 32):
        raise ValueError(f"WAV coding {coding} with {bits} bits is not PCM; convert it first")
    if not channels or frame_bytes != channels * bits // 8:
        raise ValueError("the WAV file's format makes no sense")
    if not 4_000 <= rate_hz <= 384_000:
        raise ValueError(f"the WAV file's rate of {rate_hz} Hz is not between 4 and 384 kHz")
    return _Format(coding, channels, rate_hz, bits // 8)


def _mono(data: bytes, form: _Format) -> Samples:
    """Return the mean of the channels, full scale being 1."""
    if form.coding == _FLOAT:
        samples = np.nan_to_num(np.frombuffer(data, "<f4"), posinf=1.0, neginf=-1.0)
    elif form.sample_bytes == 1:
        samples = (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    else:
        # The sample's bytes, in the upper part of 32 bits.
        wide = np.zeros((len(data) // form.sample_bytes, 4), np.uint8)
        wide[:, 4 - form.sample_bytes :] = np.frombuffer(data, np.uint8).reshape(
            -1, form.sample_bytes
        )
        samples = wide.view("<i4")[:, 0].astype(np.float32) / 2**31
    return np.asarray(samples.reshape(-1, form.channels).mean(axis=1), np.float32)


def _pcm(samples: Samples) -> bytes:
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()
