"""What Whisper costs and hears in five languages: `script/bench whisper --data MODEL_FOLDER`.

The commands of the homes in `bench/forms`, every row in turn, and what there means nothing, are
spoken by SVOX Pico, Dutch by MBROLA. Both are cut from recordings of people, MBROLA's from single
sounds in pairs, so that a recogniser that learnt from people has more trouble with them. It needs
the extra `whisper`, the package py-nanotts, and MBROLA by `script/mbrola`.
"""

import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import yaml

from bench import mixing, noises, voices
from bench.forms import FOLDER, NOTHING
from bench.labels import interval
from bench.pipeline import Home, heard
from bench.process import resident_mb
from bench.report import Options, Report
from bench.spoken_commands import SpokenCommand, between_silence
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.decision import Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.demo.stage import SynthesisCommand
from voice2mqtt.nlu.grammar.enumerate import Sentences
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.settings.load import load_table
from voice2mqtt.speechhost.decoding.whisper.engine import WhisperEngine
from voice2mqtt.speechhost.decoding.whisper.model import Whisper

NOISE_DB = 15.0
_QUICK_STEP = 6
"""With `--quick`, every sixth sentence."""
_LEAST_RIGHT = 95.0


def pico(name: str, speed: float = 1.0, pitch: float = 1.0) -> SynthesisCommand:
    """Return the voice of that name of SVOX Pico, in the package py-nanotts."""
    shape = "--speed", str(speed), "--pitch", str(pitch)
    return sys.executable, "-m", "py_nanotts", "{text}", "-o", "{wav}", "-v", name, *shape


def mbrola(name: str, words_per_min: int = 145) -> SynthesisCommand:
    """Return the voice of that name of MBROLA, as `script/mbrola` unpacks it."""
    path, speed = "--path=.venv/mbrola", str(words_per_min)
    return "espeak-ng", path, "-v", f"mb-{name}", "-s", speed, "-w", "{wav}", "{text}"


VOICES: Mapping[str, Sequence[SynthesisCommand]] = {
    language: (pico(name), pico(name, 1.1, 1.2), pico(name, 0.95, 0.85))
    for language, name in {"de": "de-DE", "fr": "fr-FR", "es": "es-ES", "it": "it-IT"}.items()
} | {"nl": (mbrola("nl2"), mbrola("nl3"), mbrola("nl2", 160))}


def run(options: Options) -> Report:
    """Hear each command with the table and without, clean and in noise; then what is none."""
    report = Report("whisper")
    before_mb, threads = resident_mb(), len(os.sched_getaffinity(0))
    engine = WhisperEngine(Whisper(str(options.recordings_folder()), threads), "de", pronouncer)
    step = _QUICK_STEP if options.quick else 1
    said = yaml.safe_load((FOLDER / "said.yaml").read_text("utf-8"))
    took_s: list[float] = []
    factors: list[float] = []
    for language, spoken_by in VOICES.items():
        table = FOLDER / f"{language}.yaml"
        home = Home(engine, table)
        commands = list(_commands(home, load_table(table), spoken_by))[::step]
        for what, noisy in (("clean", False), (f"{NOISE_DB:.0f} dB", True)):
            verdicts = Counter[str]()
            for seed, command in enumerate(commands):
                speech = _noisy(command, seed) if noisy else command.speech
                started_s = time.monotonic()
                outcome = heard(home.hear(speech))
                took_s.append(time.monotonic() - started_s)
                factors.append(took_s[-1] * RATE_HZ / len(speech))
                verdicts[command.verdict(outcome).split()[0]] += 1
            _report(report, f"{language}, {what}", verdicts, noisy=noisy)
        _report_fired(report, language, home, said[language][NOTHING][::step])
    report.add("time, median", statistics.median(took_s), "s")
    report.add("time / length of the audio", statistics.median(factors), note=f"{threads} threads")
    report.add("memory", resident_mb() - before_mb, "MB", note="model, tables and library")
    return report


def _commands(
    home: Home, table: CommandTable, spoken_by: Sequence[SynthesisCommand]
) -> Iterator[SpokenCommand]:
    """Yield a sentence of each row without free text, by two voices in turn."""
    rng = random.Random(0)
    for number, row in enumerate(table.rows):
        sentences = Sentences(rng.choice(row.say), table.lists, table.rules)
        text = sentences[rng.randrange(sentences.count)]
        decisions = home.decide(Heard(text=text))
        for voice in (spoken_by[number % 3], spoken_by[(number + 1) % 3]):
            if len(decisions) == 1 and isinstance(decisions[0], Fire):
                speech = between_silence(voices.spoken(text, voice))
                yield SpokenCommand(home, text, decisions[0], voice, speech)


def _noisy(command: SpokenCommand, seed: int) -> mixing.Samples:
    noise = noises.fan(len(command.speech) / RATE_HZ + 1.0, seed)
    return mixing.mix(command.speech, noise, NOISE_DB, name=command.name, seed=seed)


def _report(report: Report, what: str, verdicts: Counter[str], *, noisy: bool) -> None:
    count = verdicts.total()
    goal = None if noisy else _LEAST_RIGHT
    note = interval(verdicts["right"], count)
    report.add(f"{what}: right", 100 * verdicts["right"] / count, "%", goal, "high", note)
    report.add(f"{what}: asked", verdicts["asked"])
    report.add(f"{what}: acted on wrongly", verdicts["wrong"], "", 1)


def _report_fired(report: Report, language: str, home: Home, sentences: Sequence[str]) -> None:
    fired = 0
    for number, text in enumerate(sentences):
        speech = between_silence(voices.spoken(text, VOICES[language][number % 3]))
        outcome = heard(home.hear(speech))
        decisions = home.decide(outcome) if outcome else ()
        fired += any(isinstance(decision, Fire) for decision in decisions)
    report.add(f"{language}, no commands: acted on", fired, "", 1, note=f"of {len(sentences)}")
