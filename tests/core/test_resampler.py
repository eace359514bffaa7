"""What the conversion of sample rates keeps, what it stops, and how far it lags behind."""

import numpy as np
import pytest

from voice2mqtt.core.resampler import Resampler, Samples

RATES_HZ = (8000, 11_025, 22_050, 44_100, 48_000, 96_000)


def _tone(frequency_hz: float, rate_hz: int, duration_s: float = 1.0) -> Samples:
    at_s = np.arange(int(duration_s * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * frequency_hz * at_s), np.float32)


def _converted(sound: Samples, rate_hz: int, block_samples: int) -> Samples:
    resampler = Resampler(rate_hz, 16_000)
    starts = range(0, len(sound), block_samples)
    blocks = [resampler.feed(sound[start : start + block_samples]) for start in starts]
    return np.concatenate([*blocks, resampler.finish()])


def _gain_db(sound: Samples) -> float:
    """Return the level in dB above that of `_tone`, edges left out."""
    level = np.sqrt(np.mean(sound[2000:-2000] ** 2))
    return float(20 * np.log10(level / (0.5 / np.sqrt(2)) + 1e-9))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_result_does_not_depend_on_how_the_stream_is_cut(rate_hz: int) -> None:
    noise = np.random.default_rng(1).standard_normal(rate_hz).astype(np.float32)
    whole = _converted(noise, rate_hz, len(noise))
    assert len(whole) == 16_000
    for block_samples in (rate_hz // 50, 997):
        assert np.array_equal(_converted(noise, rate_hz, block_samples), whole)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_tone_keeps_its_place_in_time(rate_hz: int) -> None:
    error = _converted(_tone(1000, rate_hz), rate_hz, rate_hz // 50) - _tone(1000, 16_000)
    assert np.abs(error[200:-200]).max() < 1e-4


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_speech_passes_and_what_16_khz_cannot_carry_does_not(rate_hz: int) -> None:
    def gain_db(frequency_hz: float) -> float:
        return _gain_db(_converted(_tone(frequency_hz, rate_hz), rate_hz, rate_hz // 50))

    assert [f for f in (100, 1000, 4000, 6800) if abs(gain_db(f)) > 0.2] == []
    assert [f for f in (8500, 9000, 10_000) if gain_db(f) > -80] == []


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_output_is_never_more_than_8_ms_behind(rate_hz: int) -> None:
    # Whoever waits for the end of an utterance waits so much longer.
    resampler = Resampler(rate_hz, 16_000)
    block = np.zeros(rate_hz // 50, np.float32)
    given_s = 0.0
    for number in range(1, 51):
        given_s += len(resampler.feed(block)) / 16_000
        assert number * len(block) / rate_hz - given_s < 0.008


def test_equal_rates_change_nothing() -> None:
    noise = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    assert np.allclose(_converted(noise, 16_000, 320), noise, atol=1e-6)
