import numpy as np
import pytest

from voice2mqtt.audio.signal.level import SILENT_DB, LevelMeter, decibels, power


def _noise(rms: float, samples: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).normal(0, rms, samples).astype(np.int16).tobytes()


def test_full_scale_is_zero_decibels_and_a_constant_is_none() -> None:
    square = np.tile(np.array([-32768, 32767], np.int16), 100).tobytes()
    assert decibels(power(square)) == pytest.approx(0, abs=0.01)
    assert decibels(power(np.full(100, 9000, np.int16).tobytes())) == SILENT_DB
    assert decibels(power(b"")) == SILENT_DB


def test_the_floor_is_the_noise_between_words() -> None:
    meter = LevelMeter()
    for second in range(10):
        meter.feed(_noise(3277, 320))
        for block in range(45):
            meter.feed(_noise(33 if block < 20 else 1000, 320, seed=second * 100 + block))
    level = meter.read()
    assert level.floor_db == pytest.approx(-60, abs=1)
    assert level.peak_db == pytest.approx(-20, abs=1)
    assert level.level_db == pytest.approx(-30, abs=1)


def test_reading_begins_anew_with_peak_and_clipping() -> None:
    meter = LevelMeter()
    meter.feed(np.array([32767] * 32 + [0] * 288, np.int16).tobytes())
    assert meter.read().clipped_share == pytest.approx(0.1)
    meter.feed(bytes(640))
    level = meter.read()
    assert (level.clipped_share, level.peak_db) == (0, SILENT_DB)
    assert meter.read().clipped_share == 0


def test_a_meter_that_heard_nothing_says_silence() -> None:
    assert LevelMeter().read().floor_db == SILENT_DB
