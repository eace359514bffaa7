"""The wake word: how often it is missed, what else wakes, and the command in the same breath.

Each wake word is said by many synthetic voices, alone, clean and in noise; then before commands
of `bench/home.yaml`. Talk and, with `--data DIR`, the recorded commands there are other people's
speech, which must not wake. Recordings of real wake words are measured too where they lie in
`DIR/wake/WORD/*.wav`, as in `wake/alexa`. Engine and endpointer are the daemon's; no sockets.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import labels, mixing, noises, talk, voices
from bench.mixing import CLEAN, Samples
from bench.pipeline import Home, heard
from bench.report import Options, Report
from bench.spoken_commands import SpokenCommand, draw
from voice2mqtt.audio.factory import voice_activity
from voice2mqtt.audio.microphone import Microphone
from voice2mqtt.audio.sources.source import BLOCK_BYTES
from voice2mqtt.audio.wake_gate import WakeSettings
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES, Wakefulness
from voice2mqtt.core.decision import Fire
from voice2mqtt.demo.stage import SynthesisCommand, espeak, flite
from voice2mqtt.service.wake import wake_word_detector
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import EndpointerSettings
from voice2mqtt.settings.wake_words import BUILT_IN
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine

TABLE = Path(__file__).with_name("home.yaml")
SNRS_DB = (CLEAN, 10.0, 5.0)
MISSED_GOALS = {CLEAN: 1.0, 10.0: 2.0, 5.0: 8.0}
"""In percent, of real people; synthetic voices are only reported."""
ACCENTS = ("en-us", "en-us+f2", "en-us+f4", "en-us+m3", "en-gb", "en-gb-scotland", "en-gb-x-rp+f5",
           "en-us-nyc")  # fmt: skip
RATES = (140, 165, 190)
"""Words per minute."""
LEAD_S, TAIL_S = 1.5, 1.0
BREATH_S = 0.12
"""Pause between wake word and command: without any, espeak's words are one, which nobody says."""
NOISE_S = 60.0
_Heard = tuple[list[str], list[Samples]]
"""The wake words that were heard, and the utterances that were let through."""


class _Played:
    """A source that plays samples as fast as they are read."""

    live = False

    def __init__(self, samples: Samples) -> None:
        self._pcm = mixing.to_pcm(samples)

    def blocks(self) -> Iterator[bytes]:
        for at in range(0, len(self._pcm), BLOCK_BYTES):
            yield self._pcm[at : at + BLOCK_BYTES]

    def close(self) -> None:
        self._pcm = b""


@dataclass(frozen=True, slots=True)
class _Size:
    words: Sequence[str]
    voices: Sequence[SynthesisCommand]
    commands: int
    talk: int
    recordings: int


ALL_VOICES = (
    *(espeak(accent, rate) for accent in ACCENTS for rate in RATES),
    *(flite(name) for name in ("kal", "awb", "rms", "slt")),
)
QUICK = _Size(("alexa",), ALL_VOICES[::4], commands=8, talk=10, recordings=20)
FULL = _Size(BUILT_IN, ALL_VOICES, commands=56, talk=1400, recordings=200)


def run(options: Options) -> Report:
    """Measure everything; the noise is the kitchen's of `--data`, else a synthetic one."""
    report, size = Report("wake"), QUICK if options.quick else FULL
    noise = mixing.read_wav(options.data / labels.NOISE) if options.data else noises.pink(NOISE_S)
    for word in size.words:
        said = [(str(voice), _spoken(word, voice)) for voice in size.voices]
        _report_missed(report, word, "synthetic", said, noise)
        real = sorted((options.data / "wake" / word).glob("*.wav")) if options.data else []
        if real:
            recorded = [(path.name, mixing.read_wav(path)) for path in real]
            _report_missed(report, word, "people", recorded, noise, MISSED_GOALS)
    home = Home(MoonshineEngine(), TABLE, wake_words=("alexa",))
    _report_breath(report, home, size.commands, noise)
    texts = talk.prose(size.talk // 2)
    texts += talk.sentences(size.talk - len(texts))
    others = [mixing.from_pcm(pcm) for pcm in talk.spoken(texts, ALL_VOICES)]
    _report_others(report, "talk", home, size.words, others)
    if options.data:
        chosen = labels.recordings(options.data)[: size.recordings]
        clean = [mixing.read_wav(recording.path) for recording in chosen]
        _report_others(report, "recordings, clean", home, size.words, clean)
        noisy = [mixing.mix(each, noise, 10.0, name=str(n)) for n, each in enumerate(clean)]
        _report_others(report, "recordings, 10 dB", home, size.words, noisy)
        _report_others(report, "kitchen noise", home, size.words, [noise])
    return report


def _woken(samples: Samples, words: Sequence[str]) -> _Heard:
    told: list[str] = []

    def on_change(change: Wakefulness, word: str) -> None:
        if change is Wakefulness.WOKEN:
            told.append(word)

    wake = WakeSettings(detector=wake_word_detector(tuple(words)), on_change=on_change)
    source = _Played(samples)
    microphone = Microphone(source, voice_activity(), EndpointerSettings(), wake=wake)
    passed = [mixing.from_pcm(b"".join(each.frames())) for each in microphone.utterances()]
    return told, passed


def _report_missed(
    report: Report,
    word: str,
    who: str,
    said: Sequence[tuple[str, Samples]],
    noise: Samples,
    goals: dict[float, float] | None = None,
) -> None:
    for snr_db in SNRS_DB:
        missed = sum(
            word not in _woken(_scene(samples, noise, snr_db, name), [word])[0]
            for name, samples in said
        )
        where = "clean" if snr_db == CLEAN else f"{snr_db:g} dB"
        goal = goals[snr_db] if goals else None
        note = labels.interval(missed, len(said))
        share = 100 * missed / len(said)
        report.add(f"{word}, {who}: missed, {where}", share, "%", goal, note=note)


def _report_breath(report: Report, home: Home, count: int, noise: Samples) -> None:
    """Report commands that follow the wake word at once, of those that woke, and alone."""
    commands = draw(home, load_table(TABLE, "en"), count, one_word=False)
    for snr_db in (CLEAN, 10.0):
        alone: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for command in commands:
            pause = np.zeros(round(BREATH_S * RATE_HZ))
            word = _trimmed(_spoken("alexa", command.voice))
            together = np.concatenate([word, pause, _trimmed(command.speech)])
            told, passed = _woken(_scene(together, noise, snr_db, command.name), ["alexa"])
            if not told:
                continue
            scene = _scene(_trimmed(command.speech), noise, snr_db, command.name)
            alone[_verdict(command, scene)] += 1
            after[_verdict(command, passed[0]) if passed else "lost"] += 1
        where = "clean" if snr_db == CLEAN else f"{snr_db:g} dB"
        for what, verdicts in (("alone", alone), ("in the same breath", after)):
            share = 100 * verdicts["right"] / alone.total()
            note = f"{labels.interval(verdicts['right'], alone.total())}; {dict(verdicts)}"
            report.add(f"right {what}, {where}", share, "%", note=note)


def _verdict(command: SpokenCommand, samples: Samples) -> str:
    return command.verdict(heard(command.home.hear(samples)))


def _report_others(
    report: Report, what: str, home: Home, words: Sequence[str], speech: Sequence[Samples]
) -> None:
    """Report what wakes although nobody says a wake word, and the commands that come of it."""
    pause = np.zeros(round(0.5 * RATE_HZ))
    samples = np.concatenate([part for each in speech for part in (_loud(each), pause)])
    hours = len(samples) / RATE_HZ / 3600
    told, passed = _woken(samples, words)
    for word in words:
        note = f"{told.count(word)} in {60 * hours:.0f} min"
        report.add(f"{what}: {word} heard", told.count(word) / hours, "/h", note=note)
    outcomes = filter(None, (heard(home.hear(each)) for each in passed))
    fired = sum(isinstance(d, Fire) for each in outcomes for d in home.decide(each))
    report.add(f"{what}: commands", fired, "", 0.0)
    detector, pcm = wake_word_detector(("alexa",)), mixing.to_pcm(samples)
    began_s = time.process_time()
    for at in range(0, len(pcm), BLOCK_BYTES):
        detector.feed(pcm[at : at + BLOCK_BYTES])
    used_s = time.process_time() - began_s
    share = 100 * used_s / (len(pcm) / SAMPLE_BYTES / RATE_HZ)
    report.add(f"{what}: the engine, of one core", share, "%", 2.0)


def _spoken(text: str, voice: SynthesisCommand) -> Samples:
    return mixing.from_pcm(voices.spoken(text, voice))


def _trimmed(samples: Samples) -> Samples:
    """Return `samples` without the silence around them."""
    (loud,) = np.nonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def _loud(samples: Samples) -> Samples:
    return np.asarray(0.5 * samples / np.abs(samples).max(), dtype=np.float64)


def _scene(samples: Samples, noise: Samples, snr_db: float, name: str) -> Samples:
    """Return `samples` between silences, and the noise under all of it."""
    silences = round(LEAD_S * RATE_HZ), round(TAIL_S * RATE_HZ)
    padded = np.pad(samples, silences)
    return _loud(padded) if snr_db == CLEAN else mixing.mix(padded, noise, snr_db, name=name)
