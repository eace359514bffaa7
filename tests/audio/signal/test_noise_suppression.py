import sys
from collections.abc import Iterator

import numpy as np
import pytest

from voice2mqtt.audio.signal.level import decibels, power
from voice2mqtt.audio.signal.noise_suppression import NoiseSuppressedSource
from voice2mqtt.errors import SettingsError


class Blocks:
    """A source of given blocks."""

    live = True

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks = blocks
        self.closed = False

    def blocks(self) -> Iterator[bytes]:
        """Yield them."""
        yield from self._blocks

    def close(self) -> None:
        """Note it."""
        self.closed = True


def _hiss(seconds: int) -> bytes:
    noise = np.random.default_rng(1).normal(0, 300, seconds * 16_000)
    return noise.astype(np.int16).tobytes()


def test_steady_noise_is_taken_out_and_no_sample_with_it() -> None:
    hiss = _hiss(4)
    blocks = [hiss[at : at + 500] for at in range(0, len(hiss), 500)]
    source = NoiseSuppressedSource(Blocks(blocks), noise_suppression=3, auto_gain_dbfs=0)
    cleaned = b"".join(source.blocks())
    assert len(cleaned) == len(hiss)
    assert decibels(power(cleaned[-64_000:])) < decibels(power(hiss)) - 6


def test_a_gap_stays_a_gap() -> None:
    source = NoiseSuppressedSource(
        Blocks([bytes(700), b"", bytes(320)]), noise_suppression=1, auto_gain_dbfs=0
    )
    assert [len(block) for block in source.blocks()] == [640, 0, 320]


def test_it_passes_on_what_it_is_told() -> None:
    inner = Blocks([])
    source = NoiseSuppressedSource(inner, noise_suppression=1, auto_gain_dbfs=3)
    source.close()
    assert inner.closed
    assert source.live


def test_a_missing_library_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "webrtc_noise_gain", None)
    with pytest.raises(SettingsError, match="voice2mqtt install --extra clean"):
        NoiseSuppressedSource(Blocks([]), noise_suppression=1, auto_gain_dbfs=0)
