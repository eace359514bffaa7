import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.speechhost import client
from tests.speechhost.fakes import tone
from voice2mqtt.core.wave_format import WaveFormat
from voice2mqtt.speechhost.protocol.audio_format import Converter, is_header, read_header
from voice2mqtt.speechhost.protocol.frames import ProtocolError

Samples = NDArray[np.float32]


def sine(rate_hz: int, duration_s: float = 0.5) -> Samples:
    at = np.arange(int(rate_hz * duration_s)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * 440 * at), np.float32)


def level(pcm: bytes) -> Samples:
    return np.asarray(np.frombuffer(pcm, "<i2") / 32768, np.float32)


def test_our_own_form_passes_unchanged_however_it_is_cut() -> None:
    pcm = tone(100)
    converter = Converter(WaveFormat())
    assert converter.convert(pcm[:7]) + converter.convert(pcm[7:]) == pcm
    assert converter.ticks == 1_000_000


def three_bytes(sound: Samples) -> bytes:
    return (sound * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()


@pytest.mark.parametrize(
    ("header", "encoded"),
    [
        pytest.param(
            client.riff(bits=8), (sine(16_000) * 128 + 128).astype("u1").tobytes(), id="8"
        ),
        pytest.param(client.riff(), (sine(16_000) * 32767).astype("<i2").tobytes(), id="16"),
        pytest.param(client.riff(bits=24), three_bytes(sine(16_000)), id="24"),
        pytest.param(client.riff(bits=32), (sine(16_000) * 2**31).astype("<i4").tobytes(), id="32"),
        pytest.param(client.riff(tag=3, bits=32), sine(16_000).tobytes(), id="float"),
        pytest.param(
            client.riff(tag=3, bits=64), sine(16_000).astype("<f8").tobytes(), id="double"
        ),
    ],
)
def test_every_sample_format_gives_the_same_sound(header: bytes, encoded: bytes) -> None:
    form, rest = read_header(header + encoded)
    steps = 2 ** min(form.bits - 1, 14)
    assert np.abs(level(Converter(form).convert(rest)) - sine(16_000)).max() < 1.01 / steps


@pytest.mark.parametrize(
    ("tag", "code", "value"),
    [(7, 0xFF, 0), (7, 0x80, 32_124), (7, 0x00, -32_124), (6, 0xD5, 8), (6, 0xAA, 32_256)],
)
def test_telephone_codes_have_the_levels_of_g711(tag: int, code: int, value: int) -> None:
    converter = Converter(WaveFormat(tag=tag, bits=8))
    assert struct.unpack("<h", converter.convert(bytes([code]))) == (value,)


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 22_050, 44_100, 48_000])
def test_every_rate_gives_the_same_tone(rate_hz: int) -> None:
    stereo = np.repeat((sine(rate_hz) * 32767).astype("<i2"), 2).tobytes()
    converter = Converter(WaveFormat(rate_hz=rate_hz, channels=2))
    out = level(
        b"".join(converter.convert(stereo[i : i + 1000]) for i in range(0, len(stereo), 1000))
    )
    assert abs(len(out) - 8000) < 200
    assert np.abs(out - sine(16_000)[: len(out)])[200:-200].max() < 0.01
    assert 0 <= converter.ticks - len(stereo) // 4 * 10_000_000 / rate_hz < 1


def test_a_header_with_other_chunks_is_read() -> None:
    form = struct.pack("<HHIIHH", 1, 2, 44_100, 176_400, 4, 16)
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    header = b"RIFF\0\0\0\0WAVE" + odd + b"fmt " + struct.pack("<I", 16) + form
    header += b"data" + struct.pack("<I", 0)
    assert is_header(header)
    assert read_header(header + b"xy") == (WaveFormat(channels=2, rate_hz=44_100), b"xy")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(client.riff(tag=0x55), id="MP3"),
        pytest.param(client.riff(bits=12), id="12 bit"),
        pytest.param(client.riff(channels=0), id="no channel"),
        pytest.param(client.riff(channels=9), id="more channels than a microphone has"),
        pytest.param(client.riff(rate_hz=0), id="no rate"),
        pytest.param(client.riff(rate_hz=44_101), id="odd rate"),
        pytest.param(client.riff()[:30], id="cut short"),
        pytest.param(b"RIFF\0\0\0\0WAVEdata\0\0\0\0", id="no format"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_header(header)


@given(st.binary(max_size=80))
def test_no_header_brings_the_reader_down(tail: bytes) -> None:
    try:
        form, _ = read_header(b"RIFF\0\0\0\0WAVE" + tail)
    except ProtocolError:
        return
    assert form.frame_bytes >= 1


@given(st.binary(max_size=400), st.sampled_from([(3, 32), (3, 64), (1, 24), (7, 8), (1, 8)]))
def test_no_samples_bring_the_converter_down(data: bytes, form: tuple[int, int]) -> None:
    converter = Converter(WaveFormat(tag=form[0], bits=form[1], rate_hz=44_100, channels=2))
    assert len(converter.convert(data)) % 2 == 0
