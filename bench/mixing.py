"""Noise mixed into speech, as Picovoice's speech-to-intent benchmark does it, but repeatable.

The noise excerpt is scaled so that the loudest 2048-sample frame of speech over the loudest of
noise has the wanted ratio in energy; the sum is normalised to half of full scale. Where in the
noise the excerpt begins depends on the seed and the recording's name alone.
"""

import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.audio import as_wav

Samples = NDArray[np.float64]
"""Mono, from -1 to 1."""

CLEAN = float("inf")
"""The ratio of speech to noise, in dB, where there is no noise."""
NOISY_DB = (24.0, 21.0, 18.0, 15.0, 12.0, 9.0, 6.0)
"""The ratios of that benchmark."""

_FRAME_SAMPLES = 2048
FULL_SCALE = 32768


def read_wav(path: Path) -> Samples:
    """Return the samples of a WAV, at 16 kHz.

    Raises:
        InputError: it is none.
    """
    return from_pcm(b"".join(WavSource(path).blocks()))


def from_pcm(pcm: bytes) -> Samples:
    """Return 16-bit little-endian as samples."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / FULL_SCALE


def write_wav(path: Path, samples: Samples) -> None:
    """Write `samples` as a 16 kHz, 16-bit, mono WAV."""
    path.write_bytes(as_wav(to_pcm(samples)))


def to_pcm(samples: Samples) -> bytes:
    """Return `samples` as 16-bit little-endian."""
    limited = np.clip(samples * FULL_SCALE, -FULL_SCALE, FULL_SCALE - 1)
    return limited.astype("<i2").tobytes()


def recorded(path: Path, noise: Samples, snr_db: float) -> Samples:
    """Return the recording with `noise` under it at `snr_db`; `CLEAN`, as it is."""
    speech = read_wav(path)
    return speech if snr_db == CLEAN else mix(speech, noise, snr_db, name=path.name)


def mix(speech: Samples, noise: Samples, snr_db: float, *, name: str, seed: int = 0) -> Samples:
    """Return `speech` with an excerpt of `noise` under it at `snr_db`, peaking at one half."""
    choose = random.Random(f"{seed} {name} {snr_db:g}")
    start = choose.randrange(max(1, len(noise) - len(speech)))
    excerpt = np.resize(noise[start : start + len(speech)], len(speech))
    wanted = _loudest_frame(speech) * 10 ** (-snr_db / 10)
    mixed = speech + excerpt * np.sqrt(wanted / _loudest_frame(excerpt))
    return np.asarray(0.5 * mixed / np.abs(mixed).max(), dtype=np.float64)


def _loudest_frame(samples: Samples) -> float:
    """Return the energy of the loudest whole frame, of all samples if there is none."""
    count = len(samples) // _FRAME_SAMPLES
    if count == 0:
        return float(np.square(samples).sum())
    frames = samples[: count * _FRAME_SAMPLES].reshape(count, _FRAME_SAMPLES)
    return float(np.square(frames).sum(axis=1).max())
