"""The recogniser alone, with other tables, noises and echoes, all synthetic.

Commands of `bench/home.yaml` and `bench/garden.yaml`, of one word and of more, are spoken by
synthetic voices: clean, with reverberation, in noise at 10 dB, and with a television behind the
speaker at several levels; with `--data`, also in kitchen noise. Then noise alone, and talk that is
no command. Engine and NLU without sockets, microphone or endpointer; "amid television" is what an
endpointer sends that takes the television for the speaker.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import labels, mixing, noises, talk, voices
from bench.mixing import CLEAN, Samples
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
TALK_DB = (20.0, 15.0, 10.0, 5.0)
"""Ratios of the speaker to the television."""
TALK_ELSEWHERE_DB = (15.0, 10.0)
"""The same in a room that echoes, and where the television is heard before and after too."""
AROUND_S = 1.5
"""How long it is heard before and after."""
ALONE_S = 3.0
"""Length of an excerpt of noise alone: about a command."""
ALONE_PEAK = 0.25
"""Its peak, of full scale; set by hand."""
WRONG_GOAL = 2.0
"""In percent, in each condition; `--quick` has too few trials for it."""
_HEAD = (
    "| where | right | asked | refused | acted on wrongly | one word: right |",
    "|---|---|---|---|---|---|",
)
_Verdicts = list[tuple[SpokenCommand, str]]


@dataclass(frozen=True, slots=True)
class _Condition:
    """Where a command is said."""

    name: str
    rt60_s: float = 0.0
    noise: Samples | None = None
    snr_db: float = CLEAN
    around_s: float = 0.0
    """How much more of the noise there is before and after the command."""

    def sound(self, command: SpokenCommand) -> Samples:
        """Return `command` as a microphone there captures it."""
        speech = np.pad(command.speech, round(self.around_s * RATE_HZ))
        if self.rt60_s:
            speech = reverberant(speech, self.rt60_s, name=command.name)
        if self.noise is None:
            return speech
        return mixing.mix(speech, self.noise, self.snr_db, name=command.name)


@dataclass(frozen=True, slots=True)
class _Size:
    """How many trials of each kind."""

    one_word: int
    longer: int
    """For each home."""
    alone: int
    """For each noise."""
    talk: int
    noise_s: float
    """Length of each noise that excerpts are taken from."""


QUICK = _Size(one_word=4, longer=4, alone=2, talk=4, noise_s=10.0)
FULL = _Size(one_word=28, longer=24, alone=20, talk=60, noise_s=60.0)


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
    sources = {kind: make(size.noise_s, 0) for kind, make in noises.KINDS.items()}
    if options.data:
        sources["kitchen"] = mixing.read_wav(options.data / labels.NOISE)
    wrong: Counter[str] = Counter()
    rows = list(_HEAD)
    for condition in _conditions(sources):
        verdicts = [
            (each, each.verdict(heard(each.home.hear(condition.sound(each))))) for each in commands
        ]
        rows.append(_row(condition.name, verdicts))
        _report(report, condition.name, verdicts, None if options.quick else WRONG_GOAL)
        wrong.update(verdict for _, verdict in verdicts if verdict.startswith("wrong"))
    for kind in ("command", "value"):
        report.add(f"acted on wrongly, all in all: another {kind}", wrong[f"wrong {kind}"])
    for kind, noise in sources.items():
        _report_fired(report, f"{kind} alone", homes, list(_alone(noise, size.alone)))
    said = (mixing.from_pcm(pcm) for pcm in talk.spoken(talk.sentences(size.talk)))
    _report_fired(report, "talk", homes, list(said))
    print("\nIn percent, as a table for the documentation:\n", *rows, sep="\n")
    return report


def _conditions(sources: dict[str, Samples]) -> Iterator[_Condition]:
    television = sources["television"]
    yield _Condition("clean")
    for rt60_s in RT60_S:
        yield _Condition(f"RT60 {rt60_s:g} s", rt60_s=rt60_s)
    for kind, noise in sources.items():
        for snr_db in TALK_DB if kind == "television" else (SNR_DB,):
            yield _Condition(f"{kind}, {snr_db:g} dB", noise=noise, snr_db=snr_db)
    for snr_db in TALK_ELSEWHERE_DB:
        what, rt60_s = f"television, {snr_db:g} dB", RT60_S[0]
        echoing = reverberant(television, rt60_s, name="television")
        yield _Condition(f"RT60 {rt60_s:g} s, {what}", rt60_s=rt60_s, noise=echoing, snr_db=snr_db)
        yield _Condition(f"amid {what}", noise=television, snr_db=snr_db, around_s=AROUND_S)


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


def _row(condition: str, verdicts: _Verdicts) -> str:
    """Return a row of the table under `_HEAD`."""
    kinds = Counter(verdict.split()[0] for _, verdict in verdicts)
    cells = [100 * kinds[kind] / len(verdicts) for kind in ("right", "asked", "refused", "wrong")]
    short = [verdict == "right" for command, verdict in verdicts if command.is_one_word]
    cells.append(100 * sum(short) / len(short))
    return f"| {condition} | " + " | ".join(f"{cell:.0f}" for cell in cells) + " |"


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
