import numpy as np
import pytest

from tests.speaking import spoken_pcm
from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.core.audio import VoiceActivity


@pytest.fixture
def voice_activity() -> VoiceActivity:
    return SileroVoiceActivity()


def _probabilities(voice_activity: VoiceActivity, audio: bytes) -> list[float]:
    size = voice_activity.frame_bytes
    return [
        voice_activity.probability(audio[at : at + size])
        for at in range(0, len(audio) - size + 1, size)
    ]


def test_a_voice_is_speech(voice_activity: VoiceActivity) -> None:
    probabilities = _probabilities(voice_activity, spoken_pcm("turn on the kitchen light"))
    assert max(probabilities) > 0.9


@pytest.mark.parametrize("amplitude", [0, 300, 3000])
def test_white_noise_and_silence_are_not(voice_activity: VoiceActivity, amplitude: int) -> None:
    noise = np.random.default_rng(1).normal(0, amplitude, 32_000).astype(np.int16)
    assert max(_probabilities(voice_activity, noise.tobytes())) < 0.5


def test_reset_makes_it_forget(voice_activity: VoiceActivity) -> None:
    audio = spoken_pcm("good night")
    first = _probabilities(voice_activity, audio)
    voice_activity.reset()
    assert _probabilities(voice_activity, audio) == first
