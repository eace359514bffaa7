"""When each word was said, by the host, against synthetic speech of which that is known.

flite tells the time of each phoneme that it speaks, which gives the words of fluent sentences.
Words that are spoken one by one, by flite and espeak-ng, and joined with pauses give words that
stand apart. Only sentences that were heard right count, since others have other words.
"""

import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

import numpy as np

from bench import mixing, voices
from bench.report import Options, Report
from bench.true_speech import find_speech
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.demo.stage import SynthesisCommand
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine

SENTENCES = (
    "turn on the kitchen light",
    "what is the weather like in the garden this morning",
    "my sister forgot to close the window before the storm",
    "open the garage door",
    "play some quiet music in the living room",
    "the old man next door was reading all evening",
    "remind me to water the plants on monday",
    "dim the lamp in the study please",
    "she said that nobody came home before the news",
    "they left the television on in the living room",
)
FLITE_VOICES = ("slt", "rms", "awb")
PAUSES_S = (0.05, 0.15, 0.3)
"""Between words that stand apart, one after the other."""
GOAL_MS = 80
_QUICK_SENTENCES = 3
_BEFORE_S = 0.5
_AFTER_S = 0.3
_FADE = RATE_HZ // 200
"""Samples over which a word that is cut out fades, so that it does not click."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence, and when each of its words begins and ends, in seconds."""

    pcm: bytes
    sentence: str
    times_s: tuple[tuple[float, float], ...]


def run(options: Options) -> Report:
    """Measure both kinds of speech, and what the times cost."""
    report = Report("word timings")
    engine = MoonshineEngine()
    sentences = SENTENCES[:_QUICK_SENTENCES] if options.quick else SENTENCES
    kinds = {
        "fluent": [fluent(text, voice) for text in sentences for voice in FLITE_VOICES],
        "apart": [apart(text, voice) for text in sentences for voice in voices.ALL],
    }
    for kind, said in kinds.items():
        errors = [errors_ms(engine, one) for one in said]
        heard = [pair for pairs in errors for pair in pairs]
        note = f"{len(heard)} words; {sum(map(bool, errors))} of {len(said)} sentences heard right"
        for what, of in zip(("begin", "end"), zip(*heard, strict=True), strict=True):
            sizes = sorted(map(abs, of))
            name = f"{kind}, {what} of a word"
            report.add(f"{name}: median error", statistics.median(sizes), "ms", GOAL_MS, note=note)
            report.add(f"{name}: 90 % are within", sizes[len(sizes) * 9 // 10], "ms")
            report.add(f"{name}: median, negative is early", statistics.median(of), "ms")
    for name, timed in (("without", False), ("with", True)):
        taken_ms = [_taken_ms(engine, one.pcm, timed=timed) for one in kinds["fluent"]]
        report.add(f"one transcription {name} times: median", statistics.median(taken_ms), "ms")
    return report


def fluent(sentence: str, voice: str) -> Spoken:
    """Return `sentence` by a voice of flite, which tells its times."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        command = ["flite", "-voice", voice, "-psdur", "-t", sentence, str(wav)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        pcm = b"".join(WavSource(wav).blocks())
    phonemes, begin_s = [], _BEFORE_S
    for phoneme in told.split():
        name, _, end = phoneme.partition(":")
        end_s = _BEFORE_S + float(end)
        if name != "pau":
            phonemes.append((begin_s, end_s))
        begin_s = end_s
    lengths = [_phonemes(word, voice) for word in sentence.split()]
    assert sum(lengths) == len(phonemes), f"flite says the words of {sentence!r} in another way"
    lasts = np.cumsum(lengths)
    times_s = tuple(
        (phonemes[last - length][0], phonemes[last - 1][1])
        for length, last in zip(lengths, lasts.tolist(), strict=True)
    )
    return Spoken(_silence(_BEFORE_S) + pcm + _silence(_AFTER_S), sentence, times_s)


@cache
def _phonemes(word: str, voice: str) -> int:
    """Return how many phonemes a voice of flite says `word` with."""
    command = ["flite", "-voice", voice, "-ps", "-t", word, "none"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sum(1 for name in told.split() if name != "pau")


def apart(sentence: str, voice: SynthesisCommand) -> Spoken:
    """Return the words of `sentence`, each spoken by itself, with pauses between them."""
    pcm, times_s = _silence(_BEFORE_S), []
    for word, pause_s in zip(sentence.split(), cycle(PAUSES_S)):
        samples = mixing.from_pcm(voices.spoken(word, voice))
        speech = find_speech(samples)
        cut = samples[speech.start : speech.end].copy()
        cut[:_FADE] *= np.linspace(0, 1, _FADE)
        cut[-_FADE:] *= np.linspace(1, 0, _FADE)
        begin_s = len(pcm) / (2 * RATE_HZ)
        times_s.append((begin_s, begin_s + len(cut) / RATE_HZ))
        pcm += mixing.to_pcm(cut) + _silence(pause_s)
    return Spoken(pcm + _silence(_AFTER_S), sentence, tuple(times_s))


def errors_ms(engine: MoonshineEngine, said: Spoken) -> list[tuple[float, float]]:
    """Return by how much the begin and the end of each word are late; none if misheard."""
    nbest = engine.transcribe(said.pcm, None, timed=True).nbest
    words = nbest[0].words if nbest else ()
    if [word.word for word in words] != said.sentence.split():
        return []
    return [
        (1000 * (word.begin_s - begin_s), 1000 * (word.end_s - end_s))
        for word, (begin_s, end_s) in zip(words, said.times_s, strict=True)
    ]


def _taken_ms(engine: MoonshineEngine, pcm: bytes, *, timed: bool) -> float:
    begun_s = time.perf_counter()
    engine.transcribe(pcm, None, timed=timed)
    return 1000 * (time.perf_counter() - begun_s)


def _silence(duration_s: float) -> bytes:
    return bytes(2 * round(duration_s * RATE_HZ))
