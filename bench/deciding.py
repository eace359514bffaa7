"""Decides about evidence (`bench/evidence.py`) with any weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench import evidence
from bench.evidence import Trial
from bench.near_misses import Missing
from bench.pipeline import grammar
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.matching.candidate import (
    Candidate,
    Meant,
    Unclear,
    Unknown,
    Verdict,
    options_of,
)
from voice2mqtt.nlu.matching.contradiction import Contradictions
from voice2mqtt.nlu.matching.decision import Decider
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.matching.weights import WEIGHTS, Grammar, Sound, Thresholds, Weights
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.settings.model import ListeningSettings
from voice2mqtt.speechhost.decoding.grammar_answer import GrammarAnswer
from voice2mqtt.speechhost.engine import NBestEntry

COSTS = {"right": 0.0, "asked": 0.5, "refused": 1.0, "wrong": 10.0, "acted": 10.0}
"""Expected cost: a wrong act costs ten refusals, a question half a refusal."""
Contradict = Callable[[CommandTable, Automaton], Contradictions]
"""Makes other contradictions than those in use."""
WAYS = ("open", "table")
"""Heard by open dictation, or by a host that knows the table"""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A trial, heard in one of two ways."""

    trial: Trial
    way: str


def cases_of(trials: Sequence[Trial], step: int = 1) -> list[Case]:
    """Return every `step`-th trial, in each way in which it was heard."""
    cases = [Case(trial, way) for trial in trials for way in WAYS if way == "open" or trial.host]
    return cases[::step]


class Deciding:
    """Decides about trials; searches by sound once for each list of hypotheses."""

    def __init__(self) -> None:
        self._homes: dict[tuple[str, Missing | None], _Home] = {}
        self._outcomes: dict[tuple[Case, Weights, Contradict | None], str] = {}

    def outcome(
        self, case: Case, weights: Weights = WEIGHTS, contradict: Contradict | None = None
    ) -> str:
        """Return right, wrong, asked or refused; of what is no command, acted or right."""
        if case.way == "open":
            weights = replace(weights, grammar=WEIGHTS.grammar)  # of which it knows nothing
        key = case, weights, contradict
        if key not in self._outcomes:
            self._outcomes[key] = self._outcome(*key)
        return self._outcomes[key]

    def _outcome(self, case: Case, weights: Weights, contradict: Contradict | None) -> str:
        verdict = self.verdict(case, weights, contradict)
        slots = case.trial.slots
        if not isinstance(verdict, Meant):
            asked = "asked" if isinstance(verdict, Unclear) else "refused"
            return "right" if slots is None and asked == "refused" else asked
        if slots is None:
            return "acted"
        said = {name: " ".join(str(v).split()) for name, v in verdict.meaning[0].slots.items()}
        if "row" in slots:
            said["row"] = self._home(case.trial).table.rows[verdict.meaning[0].row].name
        return "right" if len(verdict.meaning) == 1 and said == slots else "wrong"

    def verdict(
        self, case: Case, weights: Weights = WEIGHTS, contradict: Contradict | None = None
    ) -> Verdict:
        """Return what is decided, perhaps with other contradictions than those in use."""
        home = self._home(case.trial)
        heard = self.hypotheses(case, weights, contradict)
        if not heard:
            return Unknown(why="nothing was heard")
        decider = home.decider(weights, contradict)
        return decider.decide(heard, frozenset(range(len(home.table.rows))))

    def nearest(self, case: Case, weights: Weights = WEIGHTS) -> float:
        """Return the distance of the nearest candidate; 1 where there is none."""
        verdict = self.verdict(case, weights)
        options = [option[0].distance for option in options_of(verdict)]
        return min([*options, *(near.distance for near in verdict.nearest)], default=1.0)

    def command_probability(
        self, trial: Trial, weights: Weights = WEIGHTS, contradict: Contradict | None = None
    ) -> float:
        """Return how likely a host with the table finds it that any command was said."""
        host = trial.host
        if not host or not host["terms"]:
            return 0.0
        answer, (best, _) = self._home(trial).answer(contradict), host["shares"][0]
        contradicted = float(answer.contradicts([host["open"]], best))
        terms = replace(Grammar(**host["terms"]), contradicted=contradicted)
        return terms.probability(weights.grammar)

    def hypotheses(
        self, case: Case, weights: Weights = WEIGHTS, contradict: Contradict | None = None
    ) -> list[Hypothesis]:
        """Return the n-best list of a case; that of a host with the table as `weights` make it."""
        trial, host = case.trial, case.trial.host
        if case.way == "open" or host is None:
            return [Hypothesis(text=t, lexical=words, confidence=c) for t, words, c in trial.open]
        said, shares = self.command_probability(trial, weights, contradict), host["shares"]
        commands = [_entry(text, said * share) for text, share in shares]
        answer = self._home(trial).answer(contradict)
        answered = answer.nbest(commands, _entry(host["open"], 1 - said))
        return [
            Hypothesis(
                text=one.text,
                confidence=one.confidence,
                outside=one.out_of_grammar,
                within=not one.openly,
            )
            for one in answered
            if one.text
        ]

    def _home(self, trial: Trial) -> "_Home":
        key = trial.table, trial.missing
        if key not in self._homes:
            self._homes[key] = _Home(evidence.table_of(*key))
        return self._homes[key]


def _entry(text: str, confidence: float) -> NBestEntry:
    return NBestEntry(text=text, lexical="", confidence=confidence)


class _Home:
    """A table, and how it is decided about it with any weights."""

    def __init__(self, table: CommandTable) -> None:
        self.table = table
        self._automaton = compile_table(table)
        words = normaliser(table.language)
        self._answers: dict[Contradict | None, GrammarAnswer] = {}
        search = PhoneticMatcher(self._automaton, words, pronouncer("en-US"))
        self._remembered = _Remembered(search)
        self._deciders: dict[tuple[Thresholds, Contradict | None], Decider] = {}

    def answer(self, contradict: Contradict | None) -> GrammarAnswer:
        """Return what a host with the table answers by."""
        if contradict not in self._answers:
            self._answers[contradict] = GrammarAnswer(
                grammar(self.table),
                self.table.language,
                contradict and contradict(self.table, self._automaton),
            )
        return self._answers[contradict]

    def decider(self, weights: Weights, contradict: Contradict | None = None) -> Decider:
        self._remembered.weights = weights.sound
        key = weights.thresholds, contradict
        if key not in self._deciders:
            usual = ListeningSettings()
            self._deciders[key] = Decider(
                self.table,
                self._automaton,
                self._remembered,
                strictness=usual.strictness,
                margin=usual.margin,
                thresholds=weights.thresholds,
                contradictions=contradict and contradict(self.table, self._automaton),
            )
        return self._deciders[key]


class _Remembered:
    """A search by sound that remembers what it found, and weighs it anew."""

    gave_up = False

    def __init__(self, search: PhoneticMatcher) -> None:
        self.weights: Sound = WEIGHTS.sound
        self._search = search
        self._found: dict[tuple[Hypothesis, ...], Sequence[Candidate]] = {}
        self._distances: dict[tuple[str, str], float] = {}

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        key = tuple(hypotheses)
        if key not in self._found:
            self._found[key] = self._search.search(hypotheses)
        return [candidate.weighed(self.weights) for candidate in self._found[key]]

    def distance(self, heard: str, said: str) -> float:
        if (heard, said) not in self._distances:
            self._distances[heard, said] = self._search.distance(heard, said)
        return self._distances[heard, said]


def without_term(weights: Weights, part: str, term: str) -> Weights:
    """Return `weights` in which a term of `sound` or `grammar` counts nothing."""
    if part == "sound":
        return replace(weights, sound=replace(weights.sound, **{term: 0.0}))
    return replace(weights, grammar=replace(weights.grammar, **{term: 0.0}))
