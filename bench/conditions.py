"""The recogniser alone, with other tables, noises and echoes, all synthetic.

Commands of `bench/home.yaml` and `bench/garden.yaml`, of one word and of more, are spoken by
synthetic voices: clean, with reverberation, and in noise at 10 dB; with `--data`, also in kitchen
noise. Then noise alone, and talk that is no command. Engine and NLU without sockets, microphone or
endpointer.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import labels, mixing, noises, talk, voices
from bench.mixing import Samples
from bench.pipeline import Home, heard
from bench.report import Options, Report
from bench.reverberation import reverberant
from bench.spoken_commands import SpokenCommand, draw
from voice2mqtt.core.audio import RATE_HZ
from voice2mqtt.core.decision import Ask, Fire
from voice2mqtt.settings.load import load_table
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine

TABLES = tuple(Path(__file__).with_name(name) for name in ("home.yaml", "garden.yaml"))
SNR_DB = 10.0
RT60_S = (0.4, 0.8)
"""Reverberation times: decay by 60 dB."""
NOISE_S = 20.0
"""Length of each noise that excerpts are taken from."""
ALONE_S = 3.0
"""Length of an excerpt of noise alone: about a command."""
ALONE_PEAK = 0.25
"""Its peak, of full scale; set by hand."""
WRONG_GOAL = 2.0
"""In percent, in each condition; `--quick` has too few trials for it."""
_Verdicts = list[tuple[SpokenCommand, str]]


@dataclass(frozen=True, slots=True)
class _Size:
    """How many trials of each kind."""

    one_word: int
    longer: int
    """For each home."""
    alone: int
    """For each noise."""
    talk: int


QUICK = _Size(one_word=4, longer=4, alone=2, talk=4)
FULL = _Size(one_word=70, longer=56, alone=20, talk=60)


def run(options: Options) -> Report:
    """Measure in each condition."""
    report, size = Report("conditions"), QUICK if options.quick else FULL
    engine = MoonshineEngine()
    homes = [Home(engine, table) for table in TABLES]
    commands: list[SpokenCommand] = []
    for home, path in zip(homes, TABLES, strict=True):
        table = load_table(path, "en")
        commands += draw(home, table, size.one_word, one_word=True)
        commands += draw(home, table, size.longer, one_word=False)
    sources = {kind: make(NOISE_S, 0) for kind, make in noises.KINDS.items()}
    if options.data:
        sources["kitchen"] = mixing.read_wav(options.data / labels.NOISE)
    wrong: Counter[str] = Counter()
    for name, heard_as in _conditions(sources).items():
        verdicts = [(command, _verdict(command, heard_as)) for command in commands]
        _report(report, name, verdicts, None if options.quick else WRONG_GOAL)
        wrong.update(verdict for _, verdict in verdicts if verdict.startswith("wrong"))
    for kind in ("command", "value"):
        report.add(f"acted on wrongly, all in all: another {kind}", wrong[f"wrong {kind}"])
    for kind, noise in sources.items():
        _report_fired(report, f"{kind} alone", homes, list(_alone(noise, size.alone)))
    said = (mixing.from_pcm(pcm) for pcm in talk.spoken(talk.sentences(size.talk)))
    _report_fired(report, "talk", homes, list(said))
    return report


def _conditions(sources: dict[str, Samples]) -> dict[str, Callable[[SpokenCommand], Samples]]:
    """Return what each condition does to a command's audio."""
    found: dict[str, Callable[[SpokenCommand], Samples]] = {"clean": lambda command: command.speech}
    for rt60_s in RT60_S:
        found[f"RT60 {rt60_s:g} s"] = partial(_echoing, rt60_s)
    for kind, noise in sources.items():
        found[f"{kind}, {SNR_DB:g} dB"] = partial(_noisy, noise)
    return found


def _echoing(rt60_s: float, command: SpokenCommand) -> Samples:
    return reverberant(command.speech, rt60_s, name=command.name)


def _noisy(noise: Samples, command: SpokenCommand) -> Samples:
    return mixing.mix(command.speech, noise, SNR_DB, name=command.name)


def _verdict(command: SpokenCommand, heard_as: Callable[[SpokenCommand], Samples]) -> str:
    return command.verdict(heard(command.home.hear(heard_as(command))))


def _report(report: Report, condition: str, verdicts: _Verdicts, goal: float | None) -> None:
    count = len(verdicts)
    counts = Counter(verdict.split()[0] for _, verdict in verdicts)
    for what in ("right", "asked", "refused"):
        note = labels.interval(counts[what], count) if what == "right" else ""
        report.add(f"{condition}: {what}", 100 * counts[what] / count, "%", note=note)
    note = labels.interval(counts["wrong"], count)
    share = 100 * counts["wrong"] / count
    report.add(f"{condition}: acted on wrongly", share, "%", goal, note=note)
    parts = {
        "one word": [verdict for command, verdict in verdicts if command.is_one_word],
        "longer": [verdict for command, verdict in verdicts if not command.is_one_word],
        "clearer voices": [v for command, v in verdicts if command.voice in voices.CLEARER],
        "harder voices": [v for command, v in verdicts if command.voice in voices.HARDER],
    }
    for part, some in parts.items():
        right, wrong = some.count("right"), sum(v.startswith("wrong") for v in some)
        note = f"{labels.interval(right, len(some))}; {wrong} acted on wrongly"
        report.add(f"{condition}: right, {part}", 100 * right / len(some), "%", note=note)


def _alone(noise: Samples, count: int) -> Iterator[Samples]:
    """Yield excerpts from all over `noise`."""
    length = round(ALONE_S * RATE_HZ)
    for number in range(count):
        start = number * (len(noise) - length) // count
        excerpt = noise[start : start + length]
        yield ALONE_PEAK * excerpt / abs(excerpt).max()


def _report_fired(
    report: Report, what: str, homes: Sequence[Home], sounds: Sequence[Samples]
) -> None:
    """Report how often `sounds`, which are no commands, are taken for one by the homes in turn."""
    fired = asked = 0
    for number, sound in enumerate(sounds):
        home = homes[number % len(homes)]
        outcome = heard(home.hear(sound))
        decisions = home.decide(outcome) if outcome else ()
        fired += any(isinstance(decision, Fire) for decision in decisions)
        asked += any(isinstance(decision, Ask) for decision in decisions)
    note = f"{labels.interval(fired, len(sounds))}; {asked} asked about"
    report.add(f"{what}: fires", 100 * fired / len(sounds), "%", 0.0, note=note)
