"""What Whisper costs, and what a table adds: `script/bench whisper --data MODEL_FOLDER`.

German commands by voices that are put together from formants, which a recogniser that learnt from
people has trouble with: the figures of "right" are for comparing, not for promising.
"""

import os
import statistics
import time

from bench import mixing, noises, voices
from bench.process import resident_mb
from bench.report import Options, Report
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.demo.stage import espeak
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, ListValue, RangeList, Row, TextList
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.speechhost.decoding.lexical import lexical
from voice2mqtt.speechhost.decoding.whisper import Whisper
from voice2mqtt.speechhost.decoding.whisper_engine import WhisperEngine
from voice2mqtt.speechhost.engine import EngineGrammar

VOICES = (espeak("de"), espeak("de+f2", 165), espeak("de+m3", 150))
NOISE_DB = 15.0
ROOMS = ("Küche", "Garage", "Werkstatt")
SAY = (
    "mach das Licht in der {room} an",
    "mach das Licht in der {room} aus",
    "Heizung auf {degrees} Grad",
    "stell einen Timer auf {minutes} Minuten",
    "gute Nacht",
)
COMMANDS = (
    "mach das Licht in der Küche an",
    "mach das Licht in der Garage aus",
    "mach das Licht in der Werkstatt an",
    "Heizung auf 21 Grad",
    "stell einen Timer auf 15 Minuten",
    "gute Nacht",
)


def run(options: Options) -> Report:
    """Hear each command, with the table and without, clean and in noise."""
    report = Report("whisper")
    before_mb, threads = resident_mb(), len(os.sched_getaffinity(0))
    engine = WhisperEngine(Whisper(str(options.recordings_folder()), threads), "de", pronouncer)
    grammar = _grammar()
    engine.prepare(grammar)
    spoken = [
        (command, voices.spoken(command, voice))
        for command in COMMANDS
        for voice in VOICES[: 1 if options.quick else None]
    ]
    noisy = [(command, _noisy(pcm, seed)) for seed, (command, pcm) in enumerate(spoken)]
    for said, what in ((spoken, "clean"), (noisy, f"{NOISE_DB:.0f} dB")):
        for known, how in ((grammar, "with the table"), (None, "without")):
            right, took_s, factors = 0, [], []
            for command, pcm in said:
                started_s = time.monotonic()
                best = next(iter(engine.transcribe(pcm, known).nbest), None)
                took_s.append(time.monotonic() - started_s)
                factors.append(took_s[-1] / (len(pcm) / SAMPLE_BYTES / RATE_HZ))
                right += best is not None and best.lexical == lexical(command, "de")
            note = f"{len(said)} commands, the slowest {max(took_s):.2f} s"
            report.add(f"{what}, {how}: right", 100 * right / len(said), "%", note=note)
            report.add(f"{what}, {how}: time, median", statistics.median(took_s), "s")
            factor = statistics.median(factors)
            report.add(
                f"{what}, {how}: time / length of the audio", factor, note=f"{threads} threads"
            )
    report.add("memory", resident_mb() - before_mb, "MB", note="model, table and library")
    return report


def _grammar() -> EngineGrammar:
    rows = tuple(Row(name=say, say=(say,), publish=()) for say in SAY)
    table = CommandTable(
        rows=rows,
        lists={
            "room": TextList(values=tuple(ListValue(spoken=r, out=r) for r in ROOMS)),
            "degrees": RangeList(lowest=5, highest=30),
            "minutes": RangeList(lowest=1, highest=90),
        },
        language="de",
    )
    return EngineGrammar(automaton=compile_table(table), forced=True, language="de")


def _noisy(pcm: bytes, seed: int) -> bytes:
    speech = mixing.from_pcm(pcm)
    noise = noises.fan(len(speech) / RATE_HZ + 1.0, seed)
    return mixing.to_pcm(mixing.mix(speech, noise, NOISE_DB, name="command", seed=seed))
