"""Open transcripts to commands: the phonetic search against the table.

Our host recognises without a grammar, as any dictation service does, and the NLU has to find the
command. Needs `--data` with `clean/*.wav`, `labels.json` and `kitchen-noise.wav`; the
grammar is `bench/coffee.yaml`.
"""

from collections import Counter
from itertools import count

from bench import labels, mixing
from bench.mixing import CLEAN
from bench.pipeline import NOON, heard, interpreter_for
from bench.report import Options, Report
from voice2mqtt.core.decision import Fire
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine

GOALS = {CLEAN: (98.0, 1.0), 12.0: (91.0, 3.0), 6.0: (80.0, 8.0)}
"""Ratio of speech to noise in dB to (least right, most wrong) in percent."""
QUICK_FILES = 40
"""Recordings with `--quick`, to end within a minute."""
_APART_S = 100.0
"""Time between two recordings, so that none is taken for the answer to a question."""


def run(options: Options) -> Report:
    """Measure what is right, and what is acted on wrongly."""
    data = options.recordings_folder()
    report = Report("free text to command")
    recordings = labels.recordings(data, QUICK_FILES if options.quick else None)
    noise = mixing.read_wav(data / labels.NOISE)
    engine, interpreter = MoonshineEngine(), interpreter_for(labels.COFFEE_TABLE)
    now_s = count(step=_APART_S)
    for snr_db, (least_right, most_wrong) in GOALS.items():
        counts: Counter[str] = Counter()
        for recording in recordings:
            speech = mixing.recorded(recording.path, noise, snr_db)
            counts[_verdict(engine, interpreter, speech, recording, next(now_s))] += 1
        name = "clean" if snr_db == CLEAN else f"{snr_db:g} dB"
        right, wrong = (
            (100 * counts[what] / counts.total(), labels.interval(counts[what], counts.total()))
            for what in ("right", "wrong")
        )
        report.add(f"wholly right, {name}", right[0], "%", least_right, "high", right[1])
        report.add(f"acted on wrongly, {name}", wrong[0], "%", most_wrong, "low", wrong[1])
    return report


def _verdict(
    engine: MoonshineEngine,
    interpreter: Interpreter,
    speech: mixing.Samples,
    recording: labels.Recording,
    now_s: float,
) -> str:
    outcome = heard(engine.transcribe(mixing.to_pcm(speech), None))
    decisions = interpreter.decide(outcome, now_s, NOON) if outcome else ()
    fired = [decision for decision in decisions if isinstance(decision, Fire)]
    if not fired:
        return "refused"
    right = len(fired) == 1 and labels.wholly_right(fired[0].slots, recording)
    return "right" if right else "wrong"
