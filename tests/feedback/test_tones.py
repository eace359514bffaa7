import io
import itertools
import wave

import numpy as np
import pytest

from voice2mqtt.feedback.spoken import duration_s
from voice2mqtt.feedback.tones import NAMES, tone


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
