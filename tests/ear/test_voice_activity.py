import subprocess

import numpy as np
import pytest

from voice2mqtt.core.audio import VoiceActivity
from voice2mqtt.ear.voice_activity import SileroVoiceActivity


@pytest.fixture
def voice_activity() -> VoiceActivity:
    return SileroVoiceActivity()


def _spoken(sentence: str) -> bytes:
    """Return `sentence` in a synthetic voice, 16 kHz mono."""
    wav = subprocess.run(
        ["espeak-ng", "--stdout", sentence], check=True, capture_output=True
    ).stdout
    samples = np.frombuffer(wav[44:], np.int16)
    at = np.arange(0, len(samples), 22_050 / 16_000)
    return bytes(np.interp(at, np.arange(len(samples)), samples).astype(np.int16))


def _probabilities(voice_activity: VoiceActivity, audio: bytes) -> list[float]:
    size = voice_activity.frame_bytes
    return [
        voice_activity.probability(audio[at : at + size])
        for at in range(0, len(audio) - size + 1, size)
    ]


def test_a_voice_is_speech(voice_activity: VoiceActivity) -> None:
    probabilities = _probabilities(voice_activity, _spoken("turn on the kitchen light"))
    assert max(probabilities) > 0.9


@pytest.mark.parametrize("amplitude", [0, 300, 3000])
def test_white_noise_and_silence_are_not(voice_activity: VoiceActivity, amplitude: int) -> None:
    noise = np.random.default_rng(1).normal(0, amplitude, 32_000).astype(np.int16)
    assert max(_probabilities(voice_activity, noise.tobytes())) < 0.5


def test_reset_makes_it_forget(voice_activity: VoiceActivity) -> None:
    audio = _spoken("good night")
    first = _probabilities(voice_activity, audio)
    voice_activity.reset()
    assert _probabilities(voice_activity, audio) == first
