"""The recogniser alone: accuracy, calibration of its confidences, cost.

Engine and NLU without sockets or microphone. Needs `--data` with `clean/*.wav`,
`labels.json` and `kitchen-noise.wav`; the grammar is `bench/coffee.yaml`. With `--quick`, a few
recordings at 6 dB only. Open decoding is judged by known sentences that synthetic voices speak.
"""

import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench import labels, mixing, talk
from bench.mixing import CLEAN, NOISY_DB
from bench.pipeline import Home, heard
from bench.report import Options, Report
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.memory import configure_malloc
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.engine import Transcript

QUICK_FILES = 40
"""Recordings with `--quick`, to end within a minute."""
OPEN_BANDS = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 1.01))
OPEN_SENTENCES = 60
OPEN_DB = (CLEAN, 12.0, 6.0)
BANDS = ((0.7, 0.85), (0.85, 0.95), (0.95, 1.01))
"""Bands of confidence; the share of right answers is reported for each."""
LATENCY_FILES = 20
COMMAND_S = 3.0
"""Length of a usual command; the recordings are longer."""


@dataclass(frozen=True, slots=True)
class _Trial:
    verdict: str
    """`right`, `asked`, `refused` or `wrong`."""
    confidence: float
    best_is_right: bool


class _TimedHome:
    """A home with the coffee grammar that sums up the cost of recognition."""

    def __init__(self, engine: MoonshineEngine) -> None:
        self._home = Home(engine, labels.COFFEE_TABLE)
        self.cpu_s = self.audio_s = 0.0

    def try_out(self, samples: mixing.Samples, recording: labels.Recording) -> _Trial:
        """Transcribe and decide; compare with the label."""
        transcript = self.hear(samples)
        outcome = heard(transcript)
        if outcome is None:
            return _Trial("refused", 0.0, best_is_right=False)
        decision = self._home.decide(outcome)[0]
        verdict = "asked" if isinstance(decision, Ask) else "refused"
        if isinstance(decision, Fire):
            verdict = "right" if labels.wholly_right(decision.slots, recording) else "wrong"
        alone = self._home.decide(Heard(text=outcome.text))[0]
        fired = isinstance(alone, Fire) and labels.wholly_right(alone.slots, recording)
        return _Trial(verdict, transcript.nbest[0].confidence, best_is_right=fired)

    def hear(self, samples: mixing.Samples) -> Transcript:
        """Transcribe `samples`, adding up what it costs."""
        before_s = time.process_time()
        transcript = self._home.hear(samples)
        self.cpu_s += time.process_time() - before_s
        self.audio_s += len(samples) / RATE_HZ
        return transcript


def run(options: Options) -> Report:
    """Measure at each ratio of speech to noise."""
    data = options.recordings_folder()
    report = Report("decoder")
    configure_malloc()
    began_s = time.perf_counter()
    engine = MoonshineEngine()
    report.add("load and warm-up", time.perf_counter() - began_s, "s", 2.0)
    home = _TimedHome(engine)
    recordings = labels.recordings(data, QUICK_FILES if options.quick else None)
    noise = mixing.read_wav(data / labels.NOISE)
    trials: dict[float, list[_Trial]] = {}
    for snr_db in (6.0,) if options.quick else (CLEAN, *NOISY_DB):
        trials[snr_db] = [
            home.try_out(mixing.recorded(recording.path, noise, snr_db), recording)
            for recording in recordings
        ]
        _report(report, snr_db, trials[snr_db])
    if not options.quick:
        noisy = [trials[snr_db] for snr_db in NOISY_DB]
        share = float(np.mean([_share(some, "right") for some in noisy]))
        report.add("right, mean of 6 to 24 dB", share, "%", labels.MEAN_RIGHT_GOAL, "high")
    _report_calibration(report, [trial for some in trials.values() for trial in some])
    _report_open_calibration(report, engine, noise, 10 if options.quick else OPEN_SENTENCES)
    report.add("decoding, share of one core's time", home.cpu_s / home.audio_s, "", 0.10)
    _report_latency(report, home, recordings)
    resident_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.add("resident at most, understanding included", resident_mb, "MB", 350.0)
    return report


def _share(trials: Sequence[_Trial], verdict: str) -> float:
    return 100 * sum(trial.verdict == verdict for trial in trials) / len(trials)


def _report(report: Report, snr_db: float, trials: Sequence[_Trial]) -> None:
    where = "clean" if snr_db == CLEAN else f"{snr_db:g} dB"
    counts = Counter(trial.verdict for trial in trials)
    note = labels.interval(counts["right"], len(trials))
    right, wrong = _share(trials, "right"), _share(trials, "wrong")
    report.add(f"right, {where}", right, "%", labels.RIGHT_GOALS.get(snr_db), "high", note)
    report.add(f"asked back, {where}", _share(trials, "asked"), "%")
    report.add(f"refused, {where}", _share(trials, "refused"), "%")
    note = labels.interval(counts["wrong"], len(trials))
    report.add(f"acted on wrongly, {where}", wrong, "%", labels.WRONG_GOALS[snr_db], note=note)


def _report_calibration(report: Report, trials: Sequence[_Trial]) -> None:
    """Report how often answers of each confidence band are right."""
    for low, high in BANDS:
        band = [trial for trial in trials if low <= trial.confidence < high]
        if band:
            hits = sum(trial.best_is_right for trial in band)
            goal = 90.0 if low >= 0.85 else None
            note = labels.interval(hits, len(band))
            what = f"right of those reported at {low:.2f} to {min(high, 1.0):.2f}"
            report.add(what, 100 * hits / len(band), "%", goal, "high", note)


def _report_open_calibration(
    report: Report, engine: MoonshineEngine, noise: mixing.Samples, count: int
) -> None:
    """Report how often hypotheses of open dictation are right, by confidence band."""
    texts = talk.sentences(count)
    told: list[tuple[float, bool]] = []
    for text, pcm in zip(texts, talk.spoken(texts), strict=True):
        speech = np.frombuffer(pcm, "<i2") / mixing.FULL_SCALE
        for snr_db in OPEN_DB:
            heard = speech if snr_db == CLEAN else mixing.mix(speech, noise, snr_db, name=text)
            entries = engine.transcribe(mixing.to_pcm(heard), None).nbest
            told += [(entry.confidence, entry.lexical == lexical(text)) for entry in entries]
    for low, high in OPEN_BANDS:
        band = [right for confidence, right in told if low <= confidence < high]
        if band:
            what = f"right of open readings at {low:.1f} to {min(high, 1.0):.1f}"
            note = labels.interval(sum(band), len(band))
            report.add(what, 100 * sum(band) / len(band), "%", note=note)


def _report_latency(
    report: Report, home: _TimedHome, recordings: Sequence[labels.Recording]
) -> None:
    """Report the time for a command of the usual length, with nothing prepared."""
    waits_ms = []
    for recording in recordings[:LATENCY_FILES]:
        samples = mixing.read_wav(recording.path)
        loud = np.flatnonzero(np.abs(samples) > 0.1 * np.abs(samples).max())
        began_s = time.perf_counter()
        home.hear(samples[loud[0] :][: round(COMMAND_S * RATE_HZ)])
        waits_ms.append(1000 * (time.perf_counter() - began_s))
    what = f"answer to {COMMAND_S:g} s of speech, median"
    report.add(what, float(np.median(waits_ms)), "ms", 150.0)
