import random

import pytest

from voice2mqtt.audio.sources.arrival import Arrival
from voice2mqtt.core.audio import RATE_HZ

BLOCK = RATE_HZ // 50
BLOCK_S = 0.02


class _Stream:
    """Audio by the block, and a clock that a test sets."""

    def __init__(self) -> None:
        self.arrival = Arrival()
        self.now_s = 1000.0
        self.lost: list[float] = []
        self.late_s = 0.0

    def hear(self, seconds: float, pace: float = 1.0, stray_s: float = 0.0) -> None:
        """Hear so much, `pace` times as fast as it was spoken, each block up to `stray_s` late."""
        stray = random.Random(1)
        for _ in range(round(seconds / BLOCK_S)):
            self.now_s += BLOCK_S / pace
            self.late_s = self.arrival.late_s(BLOCK, self.now_s + stray.uniform(0, stray_s))
            if self.arrival.lost:
                self.lost.append(self.now_s)


@pytest.fixture
def stream() -> _Stream:
    stream = _Stream()
    stream.hear(5)
    return stream


def test_what_comes_in_time_is_not_late_for_hours(stream: _Stream) -> None:
    # A clock that is 200 in a million slower than ours, and a server that strays.
    stream.hear(3600, pace=0.9998, stray_s=0.1)
    assert stream.lost == []
    assert stream.late_s < 0.2


def test_a_jam_is_late_until_it_has_dissolved(stream: _Stream) -> None:
    stream.now_s += 1.5
    stream.hear(0.02)
    assert stream.late_s == pytest.approx(1.5)
    stream.hear(2.2, pace=3)
    assert stream.late_s < 0.1
    assert stream.lost == []


@pytest.mark.parametrize("gap_s", [0.5, 3.0, 8 * 3600.0])
def test_what_does_not_come_is_lost_and_what_follows_is_in_time(
    stream: _Stream, gap_s: float
) -> None:
    stream.now_s += gap_s
    begun_s = stream.now_s
    stream.hear(5)
    assert [at_s - begun_s < 0.5 for at_s in stream.lost] == [True]
    assert stream.late_s == pytest.approx(0, abs=1e-6)


def test_an_interval_far_longer_than_is_remembered_may_dissolve_too(stream: _Stream) -> None:
    stream.now_s += 60
    stream.hear(0.02)
    assert stream.late_s == pytest.approx(60)
    stream.hear(60.3, pace=200)
    assert stream.late_s < 0.1
    assert stream.lost == []
