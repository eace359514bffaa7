import numpy as np
import pytest

from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.resampler import Samples
from voice2mqtt.speechhost.decoding.foreground import foreground


def _talk(seconds: float, loudness: float) -> Samples:
    """Return noise that comes and goes three times a second, as syllables do."""
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(0).standard_normal(len(times_s))
    talk = loudness * noise * (1 + np.sin(2 * np.pi * 3 * times_s))
    return np.asarray(talk, dtype=np.float32)


def test_softer_talk_before_and_after_is_left_out() -> None:
    softer, command = _talk(2.0, 0.01), _talk(1.5, 0.1)
    near = foreground(np.concatenate([softer, command, softer]))
    assert len(near) / RATE_HZ == pytest.approx(1.5 + 2 * 0.3, abs=0.2)
    assert np.square(near).sum() == pytest.approx(np.square(command).sum(), rel=0.05)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 3.0])
def test_talk_that_is_equally_loud_is_kept_whole(seconds: float) -> None:
    talk = _talk(seconds, 0.1)
    assert foreground(talk) is talk


def test_the_pause_of_a_hesitant_speaker_is_kept() -> None:
    halves = [_talk(1.0, 0.1), np.zeros(RATE_HZ, np.float32), _talk(1.0, 0.05)]
    sentence = np.concatenate(halves)
    assert foreground(sentence) is sentence


def test_silence_is_kept_whole() -> None:
    silence = np.zeros(RATE_HZ, np.float32)
    assert foreground(silence) is silence


def test_a_click_is_not_the_speaker() -> None:
    sentence = 0.5 * _talk(2.0, 0.1)
    sentence[: RATE_HZ // 500] = 0.5
    assert foreground(sentence) is sentence
