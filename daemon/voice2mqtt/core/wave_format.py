"""The forms in which WAV files and streams write their samples, and what those sound like. Pure."""

import struct
from dataclasses import dataclass

import numpy as np

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resampler import Samples

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
"""`wFormatTag` of a WAV file, as Windows' mmreg.h numbers them."""
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _ALAW: (8,), _MULAW: (8,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveFormat:
    """How samples are written; the default is our own form."""

    tag: int = _PCM
    rate_hz: int = RATE_HZ
    channels: int = 1
    bits: int = 16

    def __post_init__(self) -> None:
        """Raise ValueError, its words a noun, for what cannot be read."""
        if self.bits not in _WIDTHS.get(self.tag, ()):
            raise ValueError(f"audio in WAV coding {self.tag} with {self.bits} bits")
        if not (4_000 <= self.rate_hz <= 384_000 and self.channels):
            raise ValueError(f"audio at {self.rate_hz} Hz in {self.channels} channels")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8


def read_format(chunk: bytes) -> WaveFormat:
    """Return what the content of a RIFF "fmt " chunk tells; raise ValueError."""
    if len(chunk) < 16:
        raise ValueError("a RIFF header cut short")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    return WaveFormat(tag=tag, rate_hz=rate_hz, channels=channels, bits=bits)


def to_mono(data: bytes, form: WaveFormat) -> Samples:
    """Return the mean of the channels, full scale being 1; `data` holds whole frames."""
    raw = np.frombuffer(data, np.uint8)
    if form.tag == _FLOAT:
        floats = raw.view(f"<f{form.bits // 8}")
        samples = np.clip(np.nan_to_num(floats), -1.0, 1.0).astype(np.float32)
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


def to_pcm(samples: Samples) -> bytes:
    """Return `samples`, full scale being 1, as 16 bit."""
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()


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
