"""What must not fire: talk, commands of another table, and near misses.

Talk is made up and spoken by seven synthetic voices, heard by our host without a grammar as any
dictation service would; near misses are sentences of the table with one value that was taken
out of it, decided about as text, which is the hardest case: every word was heard clearly.
With `--data`, recordings of coffee orders are tried on a table without coffee. The near misses of
the home are spoken too, and recognised both by open dictation and by the host that knows the
(smaller) table; then decided as the daemon does. With `--data`, so are recordings of orders with a
value that was taken out of the table.

One half of the trials shows the trade-off of strictness and margin; the defaults are judged on the
other half.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import labels, mixing, talk
from bench.near_misses import Missing, near_misses, without
from bench.pipeline import NOON, grammar, heard
from bench.report import Options, Report
from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.core.decision import Fire
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, TextList
from voice2mqtt.nlu.matching.contradiction import Contradictions
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.odds import credible
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import ListeningSettings
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine

HOME_TABLE = Path(__file__).parent / "home.yaml"
TALK_SENTENCES = 520
"""A little more than half an hour."""
PER_VALUE = 8
"""Near misses for each value of a list."""
NEAR_GOAL = 5.0
"""Greatest share of near misses acted on, in percent."""
STRICTNESS = (0.15, 0.2, 0.25, 0.3)
MARGINS = (0.0, 0.02, 0.05)
_VOICE = pronouncer("en-US")


@dataclass(frozen=True, slots=True)
class Trial:
    """How near a non-command came to a command."""

    distance: float
    """Of sound; 0 is word for word, 1 is nothing near."""
    lead: float
    """How far the next meaning is behind."""

    def fires(self, strictness: float, margin: float) -> bool:
        """Whether it would have been carried out."""
        return self.distance + max(0.0, margin - self.lead) <= strictness


class _TableUnderTest:
    """One table: how near a text comes to its commands, and whether the daemon would act."""

    def __init__(self, table: CommandTable) -> None:
        automaton, words = compile_table(table), normaliser(table.language)
        self.matcher = ExactMatcher(automaton, words)
        self._nearest = PhoneticMatcher(automaton, words, _VOICE)
        self._contradictions = Contradictions(table.language, automaton.words())
        self._interpreter = Interpreter(table, None, self._nearest, automaton)
        self._grammar = grammar(table)
        self._days = 0

    def acts_on(self, engine: MoonshineEngine, pcm: bytes) -> bool:
        """Whether the daemon would act on what a host with this table recognises."""
        outcome = heard(engine.transcribe(pcm, self._grammar))
        self._days += 1  # so that nothing answers an earlier question
        now_s = 86_400.0 * self._days
        decisions = self._interpreter.decide(outcome, now_s, NOON) if outcome else ()
        return any(isinstance(decision, Fire) for decision in decisions)

    def trial(self, hypotheses: Sequence[Hypothesis]) -> Trial:
        if any(self.matcher.parses(hypothesis.text) for hypothesis in credible(hypotheses)):
            return Trial(0.0, 1.0)
        found = [
            candidate
            for candidate in self._nearest.search(hypotheses)
            if not self._contradictions.in_any(
                (candidate.heard, hypotheses[0].text), candidate.sentence
            )
        ]
        if not found:
            return Trial(1.0, 1.0)
        return Trial(
            found[0].distance,
            min((f.distance for f in found[1:]), default=1.0) - found[0].distance,
        )


def run(options: Options) -> Report:
    """Collect trials, report the trade-off on one half and judge the defaults on the other."""
    report = Report("rejection")
    home, coffee = (load_table(path, "en") for path in (HOME_TABLE, labels.COFFEE_TABLE))
    engine = MoonshineEngine()
    texts = talk.sentences(60 if options.quick else TALK_SENTENCES)
    under_test = _TableUnderTest(home)
    fired: dict[str, list[Trial]] = {}
    fired["talk as text"] = [under_test.trial([Hypothesis(text=text)]) for text in texts]
    minutes, fired["talk as speech"] = _spoken(
        engine, under_test, texts[: 20 if options.quick else None]
    )
    report.add("talk spoken", minutes, "min", None if options.quick else 30, "high")
    if options.data:
        orders = labels.recordings(options.data)[: 20 if options.quick else None]
        paths = [recording.path for recording in orders]
        fired["coffee orders at home"] = _orders(engine, under_test, paths)
    for name, table in (("home", home), ("coffee", coffee)):
        per_value = (1 if options.quick else PER_VALUE) if name == "home" else 1
        missed = list(_under_test(table, per_value))
        fired[f"near misses, {name}"] = [near.trial([Hypothesis(text=t)]) for t, near in missed]
        if name == "home":
            _speak(report, engine, missed[:: 8 if options.quick else 1], fired)
    if options.data:
        orders = labels.recordings(options.data)
        _order(report, engine, coffee, orders, 1 if options.quick else PER_VALUE)
    _report(report, fired)
    acted = sum(
        under_test.acts_on(engine, pcm)
        for pcm in talk.spoken(texts[: 10 if options.quick else 200])
    )
    report.add("talk, acted on by a host that knows the table", acted, "", 0)
    return report


def _speak(
    report: Report,
    engine: MoonshineEngine,
    missed: Sequence[tuple[str, "_TableUnderTest"]],
    fired: dict[str, list[Trial]],
) -> None:
    """Recognise spoken near misses, by open dictation and by a host that knows the table."""
    spoken = list(talk.spoken([text for text, _ in missed]))
    outcomes = [heard(engine.transcribe(pcm, None)) for pcm in spoken]
    fired["near misses spoken, home"] = [
        under_test.trial(outcome.hypotheses)
        for (_, under_test), outcome in zip(missed, outcomes, strict=True)
        if outcome
    ]
    acted = sum(
        under_test.acts_on(engine, pcm) for (_, under_test), pcm in zip(missed, spoken, strict=True)
    )
    note = labels.interval(acted, len(missed))
    what = "near misses spoken, acted on by a host that knows the table"
    report.add(what, 100 * acted / len(missed), "%", NEAR_GOAL, note=note)


def _order(
    report: Report,
    engine: MoonshineEngine,
    table: CommandTable,
    orders: Sequence[labels.Recording],
    per_value: int,
) -> None:
    """Recognise recorded orders with a host whose table lacks one of the values ordered."""
    acted = trials = 0
    for name, source in table.lists.items():
        for value in source.values if isinstance(source, TextList) else ():
            said = [order.path for order in orders if order.slots.get(name) == value.spoken]
            if said:
                under_test = _TableUnderTest(without(table, Missing(name, value.spoken)))
                spoken = [mixing.to_pcm(mixing.read_wav(path)) for path in said[:per_value]]
                acted += sum(under_test.acts_on(engine, pcm) for pcm in spoken)
                trials += len(spoken)
    what = "near misses recorded, acted on by a host that knows the table"
    share = 100 * acted / max(1, trials)
    report.add(what, share, "%", NEAR_GOAL, note=labels.interval(acted, trials))


def _under_test(table: CommandTable, per_value: int) -> Iterator[tuple[str, "_TableUnderTest"]]:
    """Yield near misses of `table`, each with the table that lacks its value."""
    made: dict[Missing, _TableUnderTest] = {}
    for text, missing in near_misses(table, per_value):
        if missing not in made:
            made = {missing: _TableUnderTest(without(table, missing))}
        yield text, made[missing]


def _report(report: Report, fired: dict[str, list[Trial]]) -> None:
    default = ListeningSettings()
    for kind, trials in fired.items():
        for strictness in STRICTNESS if kind.startswith("near") else ():
            rates = [
                f"{_share(trials[::2], strictness, margin):.1f} at margin {margin:g}"
                for margin in MARGINS
            ]
            what = f"{kind}, fired, strictness {strictness:g}"
            report.add(
                what, _share(trials[::2], strictness, default.margin), "%", note=", ".join(rates)
            )
    for kind, trials in fired.items():
        judged = trials[1::2] if kind.startswith("near") else trials
        count = sum(trial.fires(default.strictness, default.margin) for trial in judged)
        note = labels.interval(count, len(judged))
        goal = NEAR_GOAL if kind.startswith("near") else 0.0
        report.add(f"{kind}, fired by default", 100 * count / len(judged), "%", goal, note=note)


def _share(trials: Sequence[Trial], strictness: float, margin: float) -> float:
    return 100 * sum(trial.fires(strictness, margin) for trial in trials) / max(1, len(trials))


def _spoken(
    engine: MoonshineEngine, under_test: _TableUnderTest, texts: list[str]
) -> tuple[float, list[Trial]]:
    trials, length = [], 0
    for pcm in talk.spoken(texts):
        length += len(pcm)
        outcome = heard(engine.transcribe(pcm, None))
        trials.append(under_test.trial(outcome.hypotheses) if outcome else Trial(1.0, 1.0))
    return length / (RATE_HZ * SAMPLE_BYTES * 60), trials


def _orders(
    engine: MoonshineEngine, under_test: _TableUnderTest, recordings: list[Path]
) -> list[Trial]:
    audio = (mixing.to_pcm(mixing.read_wav(path)) for path in recordings)
    outcomes = [heard(engine.transcribe(pcm, None)) for pcm in audio]
    return [under_test.trial(outcome.hypotheses) for outcome in outcomes if outcome]
