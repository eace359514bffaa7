"""Numbers that sound like other words, such as "for two" and 42, and durations: none goes wrong.

Every English voice of espeak-ng and flite on this machine sets a timer by the shipped table. Our
host recognises it with that table, as for the daemon, and without, as a dictation service. Asking
back or refusing is no fault here; carrying out another number is.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import voices
from bench.pipeline import Home, grammar, heard
from bench.report import Options, Report
from voice2mqtt.core.decision import Ask, Decision, Fire
from voice2mqtt.demo.stage import SynthesisCommand, espeak, flite
from voice2mqtt.errors import UnavailableError
from voice2mqtt.settings.load import load_table
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine

TABLE = Path(__file__).parents[1] / "config" / "commands.yaml"
MINUTES = {"two minutes": 2, "four minutes": 4, "eight minutes": 8, "fifteen minutes": 15,
           "fifty minutes": 50, "twenty two minutes": 22, "forty two minutes": 42,
           "half an hour": 30, "an hour and a half": 90, "an hour and ten minutes": 70,
           "a quarter of an hour": 15, "ninety seconds": 1.5}  # fmt: skip
_QUICK_STEP = 40
"""With `--quick`, every 40th voice."""


def run(options: Options) -> Report:
    """Measure, one line for each duration, with the table and without."""
    report = Report("spoken numbers")
    engine = MoonshineEngine()
    home = Home(engine, TABLE)
    ways = {"with the table": grammar(load_table(TABLE)), "openly": None}
    counts = {(said, way): Counter[str]() for said in MINUTES for way in ways}
    mistakes: list[str] = []
    for name, voice in list(english_voices())[:: _QUICK_STEP if options.quick else 1]:
        for said, minutes in MINUTES.items():
            try:
                pcm = voices.spoken(f"set a timer for {said}", voice)
            except UnavailableError:
                # espeak-ng lists voices of MBROLA, whose data may not be installed.
                break
            for way, listens_for in ways.items():
                outcome = heard(engine.transcribe(pcm, listens_for))
                found = verdict(home.decide(outcome) if outcome else (), minutes)
                counts[said, way][found] += 1
                if found == "wrong" and outcome:
                    mistakes.append(f"{name}, {said}, {way}: {outcome.text}")
    for (said, way), tally in counts.items():
        note = ", ".join(f"{tally[what]} {what}" for what in ("right", "asked", "refused"))
        goal = 0 if way == "with the table" else None
        report.add(f"{said}, heard {way}: wrong", tally["wrong"], "", goal, note=note)
    print(*mistakes, sep="\n")
    return report


def verdict(decisions: Sequence[Decision], minutes: float) -> str:
    """Return the result of setting a timer of `minutes`: right, wrong, asked or refused."""
    fired = [decision for decision in decisions if isinstance(decision, Fire)]
    if fired:
        return "right" if [fire.slots for fire in fired] == [{"minutes": minutes}] else "wrong"
    return "asked" if any(isinstance(decision, Ask) for decision in decisions) else "refused"


def english_voices() -> Iterator[tuple[str, SynthesisCommand]]:
    """Yield the name and the command of every voice that speaks English."""
    for name in _listed("flite", "-lv").partition(":")[2].split():
        yield f"flite {name}", flite(name)
    for file in re.findall(r" (\w+/en\S*)", _listed("espeak-ng", "--voices=en")):
        yield f"espeak {file}", espeak(file)
    variants = re.findall(
        r" !v/(.+?)\s*(?:\(|$)", _listed("espeak-ng", "--voices=variant"), re.MULTILINE
    )
    for variant in variants:
        yield f"espeak en-us+{variant}", espeak(f"en-us+{variant}")


def _listed(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
