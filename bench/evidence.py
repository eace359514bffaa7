"""What is heard of commands, near misses and talk, written once.

Any way to decide can then be tried on it within seconds (`bench/fit.py`, `bench/ablation.py`).
Writes `evidence.jsonl` to the folder `--evidence`, one trial a line: recordings of coffee orders
(`--data`), clean and in kitchen noise, also with a value that the table does not have; and of a
home, spoken by synthetic voices: commands, near misses and talk. Each is heard by open dictation
and by a host that knows the table. Whoever reads it gets near misses as text beside them.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import labels, mixing, talk, voices
from bench.mixing import CLEAN, Samples
from bench.near_misses import Missing, near_misses, without
from bench.pipeline import Home, grammar
from bench.report import Options, Report
from bench.spoken_commands import draw
from voice2mqtt.errors import InputError
from voice2mqtt.nlu.grammar.table import CommandTable, TextList
from voice2mqtt.settings.load import load_table
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.decoding.scoring import grammar_terms
from voice2mqtt.speechhost.engine import EngineGrammar

FILE = "evidence.jsonl"
TABLES = {"coffee": labels.COFFEE_TABLE, "home": Path(__file__).with_name("home.yaml")}
RATIOS_DB = (CLEAN, 12.0, 6.0)
OTHER_RATIOS_DB = (24.0, 18.0, 9.0)
"""Of speech to noise; with these, every fourth recording."""
HOME_SNR_DB = 12.0
COMMANDS = 80
"""Of the home, of one word and of more."""
PER_VALUE = 4
"""Near misses for each value of a list, of the home and recorded."""
TALK = 120
"""Sentences of talk: some seven minutes."""
QUICK_STEP = 40
"""With `--quick`, every 40th trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One utterance: what was heard, and what should become of it."""

    set: str
    name: str
    """Of the recording or of the sentence: what cross-validation holds together."""
    table: str
    missing: Missing | None
    """What is taken out of the table."""
    slots: dict[str, str] | None
    """Of the command that was said; None where none was."""
    open: list[tuple[str, str, float]]
    """(text, lexical, confidence) of open dictation"""
    host: dict[str, Any] | None
    """`terms`, `open` (text) and `shares` (of each meaning) of a host with it; None where it is
    only a text"""


@dataclass(frozen=True, slots=True)
class _Said:
    set: str
    name: str
    table: str
    missing: Missing | None
    slots: dict[str, str] | None
    samples: Callable[[], Samples]


def folder(options: Options) -> Path:
    """Return where the evidence lies.

    Raises:
        InputError: no folder was named.
    """
    if options.evidence is None:
        raise InputError("this bench needs --evidence DIR, where bench/evidence.py writes")
    return options.evidence


def read(options: Options) -> list[Trial]:
    """Return the trials of a folder.

    Raises:
        InputError: there are none.
    """
    path = folder(options) / FILE
    if not path.exists():
        raise InputError(f"{path} is missing; script/bench evidence writes it")
    trials = []
    for line in path.read_text().splitlines():
        fields = json.loads(line)
        missing = fields["missing"] and Missing(**fields["missing"])
        trials.append(Trial(**fields | {"missing": missing}))
    return [*trials, *_as_text()]


def _as_text() -> Iterator[Trial]:
    """Yield near misses of which each word was heard clearly: they need no recording."""
    for name, path in TABLES.items():
        for text, missing in near_misses(load_table(path, "en"), PER_VALUE):
            yield Trial(
                set="near text",
                name=text,
                table=name,
                missing=missing,
                slots=None,
                open=[(text, "", 1.0)],
                host=None,
            )


def table_of(name: str, missing: Missing | None) -> CommandTable:
    """Return the table of a trial."""
    table = load_table(TABLES[name], "en")
    return without(table, missing) if missing else table


def run(options: Options) -> Report:
    """Hear everything once."""
    report = Report("evidence")
    path = folder(options)
    path.mkdir(parents=True, exist_ok=True)
    engine = MoonshineEngine()
    said = [*_orders(options.recordings_folder()), *_at_home(engine, options.recordings_folder())]
    said = said[:: QUICK_STEP if options.quick else 1]
    random.Random(0).shuffle(said)  # so that a part of the file is a sample
    grammars: dict[tuple[str, Missing | None], EngineGrammar] = {}
    with (path / FILE).open("w") as file:
        for one in said:
            key = one.table, one.missing
            if key not in grammars:
                grammars[key] = grammar(table_of(*key))
            file.write(json.dumps(asdict(_heard(engine, grammars[key], one))) + "\n")
            file.flush()
    report.add("trials", len(said))
    return report


def _heard(engine: MoonshineEngine, expected: EngineGrammar, said: _Said) -> Trial:
    pcm = mixing.to_pcm(said.samples())
    posterior = engine.posterior(pcm, expected)
    best, heard = posterior.meanings[:1], posterior.open_hypothesis
    return Trial(
        set=said.set,
        name=said.name,
        table=said.table,
        missing=said.missing,
        slots=said.slots,
        open=[(e.text, e.lexical, e.confidence) for e in engine.transcribe(pcm, None).nbest],
        host={
            "terms": asdict(grammar_terms(best[0], heard)) if best else None,
            "open": heard.text,
            "shares": [[engine.text(tokens), share] for tokens, share in posterior.shares()],
        },
    )


def _orders(data: Path) -> Iterator[_Said]:
    noise = mixing.read_wav(data / labels.NOISE)
    recordings = labels.recordings(data)

    def order(recording: labels.Recording, snr_db: float) -> Callable[[], Samples]:
        return lambda: mixing.recorded(recording.path, noise, snr_db)

    for snr_db in (*RATIOS_DB, *OTHER_RATIOS_DB):
        where = "clean" if snr_db == CLEAN else f"{snr_db:g} dB"
        for recording in recordings[:: 1 if snr_db in RATIOS_DB else 4]:
            slots, samples = dict(recording.slots), order(recording, snr_db)
            yield _Said(f"orders {where}", recording.path.name, "coffee", None, slots, samples)
    for name, source in load_table(TABLES["coffee"], "en").lists.items():
        for value in source.values if isinstance(source, TextList) else ():
            having = [one for one in recordings if one.slots.get(name) == value.spoken]
            for one in having[:PER_VALUE]:
                missing, samples = Missing(name, value.spoken), order(one, CLEAN)
                yield _Said("near orders", one.path.name, "coffee", missing, None, samples)
    for one in recordings[::4]:
        samples = order(one, CLEAN)
        yield _Said("orders at home", one.path.name, "home", None, None, samples)


def _at_home(engine: MoonshineEngine, data: Path) -> Iterator[_Said]:
    def spoken(text: str, number: int) -> Callable[[], Samples]:
        voice = voices.ALL[number % len(voices.ALL)]
        return lambda: mixing.from_pcm(voices.spoken(text, voice))

    table = load_table(TABLES["home"], "en")
    for number, (text, missing) in enumerate(near_misses(table, PER_VALUE)):
        yield _Said("near home", text, "home", missing, None, spoken(text, number))
    for number, text in enumerate(talk.sentences(TALK)):
        yield _Said("talk", text, "home", None, None, spoken(text, number))
    home, noise = Home(engine, TABLES["home"]), mixing.read_wav(data / labels.NOISE)
    for one_word in (True, False):
        for command in draw(home, table, COMMANDS // 2, one_word=one_word):
            slots = {name: str(value) for name, value in command.meant.slots.items()}
            slots["row"] = command.meant.row

            def noisy(speech: Samples = command.speech, name: str = command.name) -> Samples:
                return mixing.mix(speech, noise, HOME_SNR_DB, name=name)

            def clean(speech: Samples = command.speech) -> Samples:
                return speech

            yield _Said("home clean", command.text, "home", None, slots, clean)
            yield _Said(f"home {HOME_SNR_DB:g} dB", command.text, "home", None, slots, noisy)
