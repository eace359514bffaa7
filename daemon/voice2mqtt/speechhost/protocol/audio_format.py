"""A client's audio, whatever its form, to 16 kHz, 16 bit, mono, piece by piece.

The form is told by a RIFF header before the first samples; without one it is what the Speech
SDK sends by default. Knows nothing of turns and messages.
"""

import struct
from math import gcd

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resampler import Resampler
from voice2mqtt.core.wave_format import WaveFormat, read_format, to_mono, to_pcm
from voice2mqtt.speechhost.protocol.frames import ProtocolError

TICKS_PER_S = 10_000_000
"""The protocol counts time in units of 100 ns."""
_HIGHEST_RATE_HZ, _MOST_CHANNELS = 192_000, 8
"""Beyond these a header is damaged, or an attack; set by hand."""


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
    try:
        form = read_format(chunk)
    except ValueError as error:
        raise ProtocolError(str(error)) from error
    # A rate that shares no factor with ours would need a filter for each of 16,000 phases.
    odd = RATE_HZ // gcd(form.rate_hz, RATE_HZ) > 640
    if odd or form.rate_hz > _HIGHEST_RATE_HZ or form.channels > _MOST_CHANNELS:
        raise ProtocolError(f"audio at {form.rate_hz} Hz in {form.channels} channels")
    return form


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
        samples = to_mono(data[:whole], self._form)
        return to_pcm(self._rate.feed(samples) if self._rate else samples)
