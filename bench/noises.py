"""Synthetic household noises, reproducible by seed."""

from collections.abc import Callable

import numpy as np

from bench import mixing, talk
from bench.mixing import Samples
from voice2mqtt.core.audio import RATE_HZ

_BLADES_HZ = 47.0
"""Blade frequency of the fan."""
_TALKERS = 6
_BEAT_S = 0.5
_CHORDS = ((0, 4, 7), (-3, 0, 4), (-7, -3, 0), (-5, -1, 2))
"""In semitones above middle C; one per bar of four beats."""
_MIDDLE_C_HZ = 261.63
_PARTIALS = 8
_Rng = np.random.Generator


def pink(seconds: float, seed: int = 0) -> Samples:
    """Return noise with the same power in every octave, as rain or a shower makes."""
    return _shaped(seconds, np.random.default_rng(seed), lambda hz: hz**-0.5)


def fan(seconds: float, seed: int = 0) -> Samples:
    """Return low noise and the hum of blades, which falters a little."""
    rng = np.random.default_rng(seed)
    air = _shaped(seconds, rng, lambda hz: 1 / (1 + (hz / 200) ** 2))
    times_s = _times_s(seconds)
    turning = 2 * np.pi * (_BLADES_HZ * times_s + 0.2 * np.sin(2 * np.pi * 0.3 * times_s))
    hum = sum(np.sin(n * turning + rng.uniform(0, 6)) / n for n in range(1, 13))
    return _level(air) + 0.7 * _level(np.asarray(hum))


def babble(seconds: float, seed: int = 0) -> Samples:
    """Return several people who talk at once."""
    length, together = round(seconds * RATE_HZ), np.zeros(round(seconds * RATE_HZ))
    said = talk.spoken(talk.sentences(_TALKERS * (1 + round(seconds / 2)), seed))
    for talker in range(_TALKERS):
        speech = np.zeros(0)
        while len(speech) < length:
            sentence = _level(mixing.from_pcm(next(said)))
            speech = np.concatenate([speech, sentence])
        together += np.roll(speech[:length], talker * RATE_HZ)
    return together


def television(seconds: float, seed: int = 0) -> Samples:
    """Return talk of one voice after the other, as a television makes."""
    length, together = round(seconds * RATE_HZ), np.zeros(0)
    said = talk.spoken(talk.sentences(1 + round(seconds), seed + 1))
    while len(together) < length:
        together = np.concatenate([together, _level(mixing.from_pcm(next(said)))])
    return together[:length]


def music(seconds: float, seed: int = 0) -> Samples:
    """Return chords, a bass and a rhythm."""
    rng = np.random.default_rng(seed)
    beat = _times_s(_BEAT_S)
    beats = []
    for number in range(1 + int(seconds / _BEAT_S)):
        chord = _CHORDS[number // 4 % len(_CHORDS)]
        melody = chord[int(rng.integers(len(chord)))] + 12
        notes = [_note(beat, tone, 3.0) for tone in chord]
        notes += [2 * _note(beat, chord[0] - 24, 5.0), 1.5 * _note(beat, melody, 4.0)]
        drum = rng.standard_normal(len(beat)) * np.exp(-beat * (25.0 if number % 2 else 60.0))
        beats.append(sum(notes) + 2 * drum)
    return np.concatenate(beats)[: round(seconds * RATE_HZ)]


KINDS: dict[str, Callable[[float, int], Samples]] = {
    "pink noise": pink,
    "fan": fan,
    "babble": babble,
    "television": television,
    "music": music,
}


def _shaped(seconds: float, rng: _Rng, gain: Callable[[Samples], Samples]) -> Samples:
    """Return noise whose spectrum follows `gain`."""
    length = round(seconds * RATE_HZ)
    hz = np.fft.rfftfreq(length, 1 / RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(length)) * gain(np.maximum(hz, 20.0))
    return np.asarray(np.fft.irfft(spectrum, length), dtype=np.float64)


def _note(times_s: Samples, semitone: int, decay: float) -> Samples:
    turning = 2 * np.pi * _MIDDLE_C_HZ * 2 ** (semitone / 12) * times_s
    partials = sum(np.sin(n * turning) / n for n in range(1, _PARTIALS + 1))
    return np.asarray(partials * np.exp(-decay * times_s), dtype=np.float64)


def _times_s(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE_HZ), dtype=np.float64) / RATE_HZ


def _level(samples: Samples) -> Samples:
    return np.asarray(samples / np.sqrt(np.square(samples).mean()), dtype=np.float64)
