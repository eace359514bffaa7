from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.audio.ring_buffer import RingBuffer


def _samples(count: int, start: int = 0) -> bytes:
    return array("h", (at % 30_000 for at in range(start, start + count))).tobytes()


@given(st.lists(st.integers(0, 300), max_size=20))
def test_what_is_still_there_is_what_was_appended(lengths: list[int]) -> None:
    ring = RingBuffer(capacity_samples=100)
    for length in lengths:
        ring.append(_samples(length, ring.end_sample))
    assert ring.end_sample == sum(lengths)
    assert ring.end_sample - ring.start_sample == min(100, sum(lengths))
    everything = ring.read(ring.start_sample, ring.end_sample)
    assert everything == _samples(ring.end_sample - ring.start_sample, ring.start_sample)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(99, 150, id="overwritten"),
        pytest.param(150, 201, id="not-there-yet"),
        pytest.param(160, 150, id="backwards"),
    ],
)
def test_samples_that_are_not_there_are_an_error(start: int, end: int) -> None:
    ring = RingBuffer(capacity_samples=100)
    ring.append(_samples(200))
    with pytest.raises(IndexError):
        ring.read(start, end)


def test_half_a_sample_is_an_error() -> None:
    with pytest.raises(ValueError, match="whole samples"):
        RingBuffer(10).append(b"abc")
