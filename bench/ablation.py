"""Each term and each part of the decision removed in turn: what it costs.

Takes the evidence of `bench/evidence.py` (`--evidence DIR`), heard by open dictation and by a host
that knows the table. A part is kept if without it more commands go wrong, or more near misses are
acted on, than the intervals leave to chance; or if tests state what it is for.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace

from bench import deciding, evidence, labels
from bench.deciding import WAYS, Contradict, Deciding
from bench.report import Options, Report
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.contradiction import Contradictions
from voice2mqtt.nlu.matching.weights import WEIGHTS, Weights

NOTHING = "nothing"
_NO_LIST = "und"
"""A language of which no words are known."""


class _NoContradictions(Contradictions):
    def found(self, heard: str, said: str) -> str | None:  # noqa: ARG002 - as the real one
        return None

    def left_open(self, *_: object) -> Candidate | None:
        return None


def run(options: Options) -> Report:
    """Decide about all evidence without each part."""
    report, made = Report("ablation"), Deciding()
    cases = deciding.cases_of(evidence.read(options), 10 if options.quick else 1)
    for what, weights, contradict in _removed():
        for way in WAYS:
            commands, others = Counter[str](), Counter[str]()
            for case in cases:
                if case.way == way:
                    counts = others if case.trial.slots is None else commands
                    counts[made.outcome(case, weights, contradict)] += 1
            _report(report, f"without {what}, {way}", commands, others)
    return report


def _report(report: Report, what: str, commands: Counter[str], others: Counter[str]) -> None:
    for name, counts, outcome in (
        ("right", commands, "right"),
        ("wrong", commands, "wrong"),
        ("no command, acted on", others, "acted"),
    ):
        n = counts.total()
        note = labels.interval(counts[outcome], n)
        report.add(f"{what}: {name}", 100 * counts[outcome] / max(1, n), "%", note=note)


def _removed() -> Iterator[tuple[str, Weights, Contradict | None]]:
    yield NOTHING, WEIGHTS, None
    for part in ("sound", "grammar"):
        for term in asdict(getattr(WEIGHTS, part)):
            if getattr(getattr(WEIGHTS, part), term):
                yield f"{part}: {term}", deciding.without_term(WEIGHTS, part, term), None
    for threshold, off in (
        ("act", 0.01), ("ask", 0.0), ("credible", 0.0), ("searched", 0.0), ("rival", 1.0),
        ("number_rival", 1.0), ("ten_rival", 1.0),
    ):  # fmt: skip
        thresholds = replace(WEIGHTS.thresholds, **{threshold: off})
        yield f"threshold: {threshold}", replace(WEIGHTS, thresholds=thresholds), None

    yield "contradictions", WEIGHTS, _none
    yield "contradictions: word lists", WEIGHTS, _without_lists


def _none(table: CommandTable, _: Automaton) -> Contradictions:
    return _NoContradictions(table.language)


def _without_lists(_: CommandTable, automaton: Automaton) -> Contradictions:
    return Contradictions(_NO_LIST, automaton.words())
