import numpy as np
import pytest

from voice2mqtt.audio.signal.energy_prefilter import AWAKE_FRAMES, CONTEXT_FRAMES, EnergyPrefilter

FRAME_SAMPLES = 512


class Detector:
    """Remembers what it was asked."""

    frame_bytes = FRAME_SAMPLES * 2

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.resets = 0

    def probability(self, frame: bytes) -> float:
        """Be a little sure."""
        self.asked.append(frame)
        return 0.3

    def reset(self) -> None:
        """Count."""
        self.resets += 1


def _noise(rms: float, frames: int, seed: int = 1) -> list[bytes]:
    noise = np.random.default_rng(seed).normal(0, rms, (frames, FRAME_SAMPLES)).astype(np.int16)
    return [frame.tobytes() for frame in noise]


@pytest.fixture
def detector() -> Detector:
    return Detector()


def test_a_quiet_room_is_not_asked_about(detector: Detector) -> None:
    sparing = EnergyPrefilter(detector)
    probabilities = [sparing.probability(frame) for frame in _noise(30, 1000)]
    assert len(detector.asked) == AWAKE_FRAMES
    assert probabilities == [0.3] * AWAKE_FRAMES + [0.0] * (1000 - AWAKE_FRAMES)


def test_what_stands_out_is_asked_about_with_what_came_before(detector: Detector) -> None:
    sparing = EnergyPrefilter(detector)
    quiet, loud = _noise(30, 200), _noise(90, 5, seed=2)
    for frame in quiet:
        sparing.probability(frame)
    detector.asked.clear()
    assert [sparing.probability(frame) for frame in loud] == [0.3] * 5
    assert detector.asked == quiet[-CONTEXT_FRAMES:] + loud


def test_it_stays_awake_through_a_pause(detector: Detector) -> None:
    sparing = EnergyPrefilter(detector)
    for frame in _noise(30, 200) + _noise(90, 5):
        sparing.probability(frame)
    assert [sparing.probability(frame) for frame in _noise(30, AWAKE_FRAMES + 1)] == (
        [0.3] * AWAKE_FRAMES + [0.0]
    )


def test_a_hum_hides_nothing(detector: Detector) -> None:
    sparing = EnergyPrefilter(detector)
    at = np.arange(220 * FRAME_SAMPLES) / 16_000
    hum = 8000 * np.sin(2 * np.pi * 50 * at) * (1 + 0.5 * np.sin(2 * np.pi * 0.7 * at))
    room = hum + np.random.default_rng(1).normal(0, 100, len(hum))
    room[200 * FRAME_SAMPLES :] += np.random.default_rng(2).normal(0, 600, 20 * FRAME_SAMPLES)
    frames = room.astype(np.int16).reshape(-1, FRAME_SAMPLES)
    heard = [sparing.probability(frame.tobytes()) for frame in frames]
    assert heard[150:200] == [0.0] * 50
    assert heard[200:] == [0.3] * 20


def test_reset_forgets_the_room(detector: Detector) -> None:
    sparing = EnergyPrefilter(detector)
    for frame in _noise(30, 200):
        sparing.probability(frame)
    sparing.reset()
    assert detector.resets == 1
    assert sparing.probability(_noise(10, 1)[0]) == 0.3
