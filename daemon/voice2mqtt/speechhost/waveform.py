"""A client's audio, whatever its form, to 16 kHz, 16 bit, mono, piece by piece.

The form is told by a RIFF header before the first samples; without one it is what the Speech
SDK sends by default. Knows nothing of turns and messages.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import gcd

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resample import Resampler, Samples
from voice2mqtt.speechhost.frames import ProtocolError

TICKS_PER_S = 10_000_000
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32,), _ALAW: (8,), _MULAW: (8,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveFormat:
    """How samples are written."""

    tag: int = _PCM
    rate_hz: int = RATE_HZ
    channels: int = 1
    bits: int = 16

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if self.bits not in _WIDTHS.get(self.tag, ()):
            raise ProtocolError(f"audio of format {self.tag} with {self.bits} bits")
        # A rate that shares no factor with ours would need a filter for each of 16,000 phases.
        odd = RATE_HZ // gcd(self.rate_hz, RATE_HZ) > 640
        if odd or not (4000 <= self.rate_hz <= 192_000 and 1 <= self.channels <= 8):
            raise ProtocolError(f"audio at {self.rate_hz} Hz in {self.channels} channels")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8


def is_header(payload: bytes) -> bool:
    """Whether `payload` begins with a RIFF header."""
    return payload[:4] == b"RIFF" and payload[8:12] == b"WAVE"


def read_header(payload: bytes) -> tuple[WaveFormat, bytes]:
    """Return the format told by a RIFF header and the samples after it; raise ProtocolError."""
    form, position = None, 12
    while position + 8 <= len(payload):
        name, size = struct.unpack_from("<4sI", payload, position)
        position += 8
        if name == b"data":
            if form is None:
                break
            return form, payload[position:]
        if name == b"fmt ":
            form = _read_format(payload[position : position + size])
        position += size + size % 2
    if form is None:
        raise ProtocolError("a RIFF header that tells no format")
    return form, payload[position:]


def _read_format(chunk: bytes) -> WaveFormat:
    if len(chunk) < 16:
        raise ProtocolError("a RIFF header cut short")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    return WaveFormat(tag=tag, rate_hz=rate_hz, channels=channels, bits=bits)


class Converter:
    """Takes one stream's bytes as they come, gives our own form, and counts what it took."""

    def __init__(self, form: WaveFormat) -> None:
        self._form = form
        self._rest = b""
        self._taken = 0
        self._rate = None if form.rate_hz == RATE_HZ else Resampler(form.rate_hz, RATE_HZ)

    @property
    def ticks(self) -> int:
        """Length of what was taken, in ticks of 100 ns, rounded up to whole ones."""
        return -(-self._taken * TICKS_PER_S // self._form.rate_hz)

    def convert(self, payload: bytes) -> bytes:
        """Return the next samples; what is not whole yet waits for the rest."""
        data = self._rest + payload
        whole = len(data) - len(data) % self._form.frame_bytes
        self._rest = data[whole:]
        self._taken += whole // self._form.frame_bytes
        if self._form == WaveFormat():
            return data[:whole]
        samples = _decode(data[:whole], self._form)
        if self._rate:
            samples = self._rate.feed(samples)
        return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()


def _decode(data: bytes, form: WaveFormat) -> Samples:
    raw = np.frombuffer(data, np.uint8)
    if form.tag == _FLOAT:
        samples = np.clip(np.nan_to_num(raw.view("<f4")), -1.0, 1.0)
    elif form.tag in _COMPANDED:
        samples = _COMPANDED[form.tag][raw]
    elif form.bits == 8:
        samples = (raw.astype(np.float32) - 128) / 128
    else:
        # The sample's bytes, in the upper part of 32 bits.
        size = form.bits // 8
        wide = np.zeros((len(raw) // size, 4), np.uint8)
        wide[:, 4 - size :] = raw.reshape(-1, size)
        samples = wide.view("<i4")[:, 0].astype(np.float32) / 2**31
    return np.asarray(samples.reshape(-1, form.channels).mean(axis=1), np.float32)


def _mulaw_levels() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return np.asarray(np.where(code & 0x80, -magnitude, magnitude) / 32768, np.float32)


def _alaw_levels() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 15) << 4
    magnitude = np.where(
        exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0)
    )
    return np.asarray(np.where(code & 0x80, magnitude, -magnitude) / 32768, np.float32)


_COMPANDED = {_MULAW: _mulaw_levels(), _ALAW: _alaw_levels()}
