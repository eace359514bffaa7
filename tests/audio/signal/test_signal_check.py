import numpy as np
import pytest
from numpy.typing import NDArray

from voice2mqtt.audio.signal.signal_check import FINDINGS, SignalCheck

RATE_HZ = 16_000


def _constant(level: int, duration_s: int) -> NDArray[np.int16]:
    return np.full(duration_s * RATE_HZ, level, np.int16)


def _noise(swing: int, duration_s: int) -> NDArray[np.int16]:
    return np.random.default_rng(1).integers(-swing, swing, duration_s * RATE_HZ).astype(np.int16)


def _overdriven(duration_s: int) -> NDArray[np.int16]:
    return np.clip(_noise(32_000, duration_s).astype(np.int32) * 2, -32768, 32767).astype(np.int16)


def _hear(diagnosis: SignalCheck, *parts: NDArray[np.int16]) -> str | None:
    finding = None
    for part in parts:
        pcm = part.tobytes()
        for at in range(0, len(pcm), 640):
            finding = diagnosis.feed(pcm[at : at + 640])
    return finding


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        pytest.param([_noise(300, 20)], None, id="a-quiet-room"),
        pytest.param([_constant(0, 4)], None, id="zeros-for-a-while"),
        pytest.param([_constant(0, 5)], "zeros", id="zeros"),
        pytest.param([_constant(0, 6), _noise(300, 2)], None, id="unmuted"),
        pytest.param([_constant(0, 6), _noise(3000, 2), _constant(0, 90)], None, id="gated"),
        pytest.param(
            [_noise(300, 9), _constant(0, 1), _noise(300, 2), _constant(0, 3600)],
            "zeros",
            id="gated-for-an-hour",
        ),
        pytest.param([_noise(300, 9), _constant(0, 5)], "zeros", id="muted"),
        pytest.param([_constant(-900, 5)], "constant", id="direct-current"),
        pytest.param([_noise(7, 59)], None, id="very-quiet-for-a-while"),
        pytest.param([_noise(7, 60)], "quiet", id="very-quiet"),
        pytest.param([_noise(30, 90)], None, id="quiet-but-usable"),
        pytest.param([_noise(300, 9), _overdriven(2), _noise(300, 9)], None, id="a-door-slams"),
        pytest.param([_overdriven(8)], "clipping", id="overdriven"),
        pytest.param([_overdriven(12), _noise(3000, 1)], None, id="turned-down"),
    ],
)
def test_diagnosis(parts: list[NDArray[np.int16]], finding: str | None) -> None:
    assert _hear(SignalCheck(), *parts) == finding
    assert finding is None or finding in FINDINGS
