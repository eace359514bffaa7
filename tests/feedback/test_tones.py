import io
import itertools
import wave

import numpy as np
import pytest

from voice2mqtt.audio.signal.voice_activity import SileroVoiceActivity
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.feedback.spoken import duration_s
from voice2mqtt.feedback.tones import NAMES, tone
from voice2mqtt.feedback.voice import INVITING
from voice2mqtt.settings.model import EndpointerSettings


@pytest.mark.parametrize("name", NAMES)
def test_a_tone_is_short_quiet_at_its_ends_and_never_clips(name: str) -> None:
    wav = tone(name)
    assert duration_s(wav) < 0.5
    with wave.open(io.BytesIO(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(int)
    assert 5000 < np.abs(samples).max() < 16_000
    assert np.abs(samples[[0, -1]]).max() < 500


def test_no_two_sound_the_same() -> None:
    assert set(NAMES) == {"heard", "done", "refused", "failed"}
    assert all(tone(one) != tone(other) for one, other in itertools.combinations(NAMES, 2))


@pytest.mark.parametrize("loudness", [1.0, 0.3, 0.1, 0.03])
def test_the_tone_that_invites_to_speak_is_not_taken_for_speech(loudness: float) -> None:
    with wave.open(io.BytesIO(tone(INVITING))) as wav:
        note = np.frombuffer(wav.readframes(wav.getnframes()), np.int16) * loudness
    room = np.random.default_rng(0).normal(0, 30, 3 * RATE_HZ)
    room[2 * RATE_HZ : 2 * RATE_HZ + len(note)] += note
    pcm, detector = room.astype(np.int16).tobytes(), SileroVoiceActivity()
    size = detector.frame_bytes
    frames = [pcm[at : at + size] for at in range(0, len(pcm) - size, size)]
    threshold = EndpointerSettings().threshold
    assert max(detector.probability(frame) for frame in frames) < threshold / 2
