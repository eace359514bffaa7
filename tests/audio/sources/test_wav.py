import os
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice2mqtt.audio.sources.wav import SILENCE_MS, WavSource
from voice2mqtt.errors import InputError

PCM, FLOAT, ALAW, MULAW = 1, 3, 6, 7


def _wav(
    data: bytes, *, rate_hz: int, channels: int, bits: int, coding: int = PCM, extensible: bool
) -> bytes:
    frame = channels * bits // 8
    shown = 0xFFFE if extensible else coding
    form = struct.pack("<HHIIHH", shown, channels, rate_hz, rate_hz * frame, frame, bits)
    if extensible:
        guid = struct.pack("<H", coding) + bytes.fromhex("000000001000800000aa00389b71")
        form += struct.pack("<HHI", 22, bits, 0) + guid
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"odd\0"
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _coded(samples: NDArray[np.float64], bits: int, coding: int) -> bytes:
    if coding == FLOAT:
        return samples.astype(f"<f{bits // 8}").tobytes()
    if coding in {ALAW, MULAW}:
        return _g711(samples, coding)
    if bits == 8:
        return (samples * 127 + 128).astype(np.uint8).tobytes()
    wide = (samples * (2**31 - 1)).astype("<i4")
    return wide.view(np.uint8).reshape(-1, 4)[:, 4 - bits // 8 :].tobytes()


def _g711(samples: NDArray[np.float64], coding: int) -> bytes:
    sign = np.where((samples < 0) == (coding == MULAW), 0x80, 0)
    level = (np.abs(samples) * 32767).astype(np.int64) + (0x84 if coding == MULAW else 0)
    exponent = np.maximum(np.floor(np.log2(np.maximum(level, 1))).astype(np.int64) - 7, 0)
    lowest = 0 if coding == MULAW else 1
    code = sign | exponent << 4 | (level >> (np.maximum(exponent, lowest) + 3)) & 15
    return bytes((code ^ (0xFF if coding == MULAW else 0x55)).astype(np.uint8))


def _tone(frequency_hz: float, rate_hz: int, duration_s: float = 1.0) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(int(duration_s * rate_hz)) / rate_hz)


def _read(path: Path) -> NDArray[np.float64]:
    return np.frombuffer(b"".join(WavSource(path).blocks()), np.int16) / 32768


def _gain_db(samples: NDArray[np.float64]) -> float:
    """Return the level in dB above that of `_tone`, edges left out."""
    return float(20 * np.log10(np.sqrt(np.mean(samples[2000:-2000] ** 2)) / (0.5 / np.sqrt(2))))


@pytest.mark.parametrize("extensible", [False, True], ids=["plain", "extensible"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("bits", "coding"),
    [(8, PCM), (16, PCM), (24, PCM), (32, PCM), (32, FLOAT), (64, FLOAT), (8, ALAW), (8, MULAW)],
)
@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100, 48_000])
def test_every_form_sounds_the_same(
    tmp_path: Path, rate_hz: int, bits: int, coding: int, channels: int, extensible: bool
) -> None:
    samples = np.repeat(_tone(1000, rate_hz), channels)
    path = tmp_path / "a.wav"
    path.write_bytes(
        _wav(
            _coded(samples, bits, coding),
            rate_hz=rate_hz,
            channels=channels,
            bits=bits,
            coding=coding,
            extensible=extensible,
        )
    )
    heard = _read(path)
    assert len(heard) == 16_000
    inner = slice(100, -100)
    assert np.abs(heard - _tone(1000, 16_000))[inner].max() < (0.02 if bits == 8 else 0.002)


def test_our_own_form_is_kept_to_the_bit(tmp_path: Path) -> None:
    pcm = np.random.default_rng(1).integers(-32768, 32767, 50_001).astype("<i2").tobytes()
    path = tmp_path / "a.wav"
    path.write_bytes(_wav(pcm, rate_hz=16_000, channels=1, bits=16, extensible=False))
    assert b"".join(WavSource(path).blocks()) == pcm


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_what_16_khz_cannot_carry_is_filtered_out(tmp_path: Path, rate_hz: int) -> None:
    path = tmp_path / "a.wav"
    pcm = _coded(_tone(10_000, rate_hz), 16, PCM)
    path.write_bytes(_wav(pcm, rate_hz=rate_hz, channels=1, bits=16, extensible=False))
    assert _gain_db(_read(path)) < -70


def test_speech_frequencies_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for frequency_hz in (100, 1000, 4000, 6800):
        pcm = _coded(_tone(frequency_hz, 48_000), 16, PCM)
        path.write_bytes(_wav(pcm, rate_hz=48_000, channels=1, bits=16, extensible=False))
        assert abs(_gain_db(_read(path))) < 0.2


def test_a_size_that_the_writer_could_not_know_means_all_there_is(tmp_path: Path) -> None:
    data = _wav(bytes(3200), rate_hz=16_000, channels=1, bits=16, extensible=False)
    path = tmp_path / "a.wav"
    for size in (0xFFFFFFFF, 0x7FFFF000, 0):
        path.write_bytes(data.replace(struct.pack("<I", 3200), struct.pack("<I", size)))
        assert len(_read(path)) == 1600


@pytest.mark.parametrize("lost", [1, 1000, 3198])
def test_a_file_cut_short_is_read_as_far_as_it_goes_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lost: int
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(_GOOD[:-lost])
    heard = _read(path)
    assert len(heard) == WavSource(path).duration_s * 16_000 == (3200 - lost) // 2
    assert f"{path}: cut short" in caplog.text


def test_channels_stay_apart_however_long_the_file(tmp_path: Path) -> None:
    # One channel of three has the sound; a frame of 9 bytes divides no round number of them.
    samples = np.zeros((48_000, 3))
    samples[:, 1] = 3 * _tone(1000, 16_000, 3.0) / 2
    path = tmp_path / "a.wav"
    data = _coded(samples.reshape(-1), 24, PCM)
    path.write_bytes(_wav(data, rate_hz=16_000, channels=3, bits=24, extensible=False))
    assert np.abs(_read(path) - _tone(1000, 16_000, 3.0) / 2).max() < 0.002


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(_GOOD,))
    writer.start()
    source = WavSource(path)
    writer.join()
    assert [len(b"".join(source.blocks())) for _ in range(2)] == [3200, 3200]


def test_what_is_neither_file_nor_pipe_is_told() -> None:
    terminal, other_end = os.openpty()
    try:
        with pytest.raises(InputError, match=r"/dev/pts/\d+: neither a file nor a pipe"):
            WavSource(Path(os.ttyname(other_end)))
    finally:
        os.close(terminal)
        os.close(other_end)


_GOOD = _wav(bytes(3200), rate_hz=16_000, channels=1, bits=16, extensible=False)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "the file is empty", id="zero-length"),
        pytest.param(b"RIFF", "not a WAV file", id="too-short"),
        pytest.param(b"ID3\x04" + bytes(100), "not a WAV file", id="mp3"),
        pytest.param(_GOOD[:30], "not a WAV file", id="cut-in-the-header"),
        pytest.param(_GOOD[:-3200], "the WAV file holds no audio", id="cut-before-the-audio"),
        pytest.param(
            _wav(b"", rate_hz=16_000, channels=1, bits=16, extensible=False),
            "the WAV file holds no audio",
            id="no-audio",
        ),
        pytest.param(
            _wav(b"12", rate_hz=16_000, channels=1, bits=16, coding=85, extensible=False),
            "audio in WAV coding 85 with 16 bits; convert it to 16 kHz, 16 bit PCM first",
            id="mp3-in-wav",
        ),
        pytest.param(
            _wav(b"12", rate_hz=1, channels=1, bits=16, extensible=False),
            "audio at 1 Hz in 1 channels; convert it to 16 kHz, 16 bit PCM first",
            id="absurd-rate",
        ),
        pytest.param(
            _wav(b"12", rate_hz=16_000, channels=0, bits=16, extensible=False),
            "audio at 16000 Hz in 0 channels; convert it to 16 kHz, 16 bit PCM first",
            id="no-channels",
        ),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        WavSource(path)
    assert str(caught.value) == f"{path}: {problem}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        WavSource(tmp_path / "none.wav")
    with pytest.raises(InputError, match="Is a directory"):
        WavSource(tmp_path)


def test_paced_takes_as_long_as_the_audio_and_can_be_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    pcm = bytes(32_000 * 60)
    path.write_bytes(_wav(pcm, rate_hz=16_000, channels=1, bits=16, extensible=False))
    source = WavSource(path, paced=True)
    threading.Timer(0.3, source.close).start()
    begun_s = time.monotonic()
    count = sum(1 for _ in source.blocks())
    took_s = time.monotonic() - begun_s
    assert count * 0.02 <= took_s < 10


def test_in_real_time_a_silence_follows(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    pcm = b"ab" * 1700
    path.write_bytes(_wav(pcm, rate_hz=16_000, channels=1, bits=16, extensible=False))
    assert b"".join(WavSource(path, paced=True).blocks()) == pcm + bytes(SILENCE_MS * 32)
