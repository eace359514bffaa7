"""The sentences of the table that sound most like what was heard.

Every word of the table is aligned with every span of the utterance (`word_scores.py`); then the
best paths through the search graph are found that cover the utterance from end to end
(`forward_backward.py`, `k_best.py`). Phonemes are not bound to the word boundaries of the
recogniser, so that "study like" finds "study light" and "livingroom" finds "living room".

What was said is often in a later hypothesis of the n-best list, so each meaning (row and slots)
counts with the hypothesis that it is nearest to. Its distance is a sum of named terms
(`weights.Sound`), at most 1. A recogniser in doubt has misheard more words, so that a single one
counts less: with c the ASR confidence of a word (`_asr_confidence`, 0.3 to 1), its terms count
c^1.5. The whole sentence counts as much, so that doubt alone brings nothing near.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.grammar.automaton import Automaton, Choice, Number, Word
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.exact import MAX_WORDS
from voice2mqtt.nlu.matching.phonetic.alignment import align
from voice2mqtt.nlu.matching.phonetic.k_best import KBestSearch, Path
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.phonemes import PhonemeInventory, PhoneticLexicon
from voice2mqtt.nlu.matching.phonetic.search_graph import SearchGraph, short_range
from voice2mqtt.nlu.matching.weights import WEIGHTS, Sound
from voice2mqtt.nlu.text.normaliser import Normaliser

_MAX_COST_PER_PHONEME = 0.4
"""Up to which a sentence is worth naming in a refusal."""
_CLOSER_BOUNDS = (0.1, 0.25)
"""Costs per phoneme that are tried first, since a wider search takes longer."""
_BEAM = 2.0
"""Cost above the best path up to which other meanings are returned."""
_FIRST_BEAM = 1.5 * _BEAM
"""Cost above the lower bound that the first pass allows; it seldom needs a second."""

_MAX_NODES = 3000
"""Nodes of one pass in which a command may be found"""
_MAX_NODES_TO_NAME = 300
"""Nodes of one pass in which there are only rows to name in a refusal"""
_MAX_NODES_IN_ALL = 6000
"""Nodes that all passes over an n-best list visit, some 300 ms of a server's core, after which no
further hypothesis is searched: with ten hypotheses a refusal took up to 0.9 s."""

_CONFIDENCE_SLOPE = 1.4
"""How fast confidence falls with what the host's confidence lacks ..."""
_MIN_CONFIDENCE = 0.3
"""... and where it stops."""
_WORD_CONFIDENCE_POWER = 1.5

_MAX_HYPOTHESES = 10
_MAX_FRUITLESS = 2
"""Hypotheses near nothing after which the rest of the list is not searched."""
_MAX_MEANINGS = 5
_MAX_PHONEMES = 200


class PhoneticMatcher:
    """Searches one automaton. Not thread-safe: pronunciations are added as words turn up."""

    def __init__(
        self, automaton: Automaton, normaliser: Normaliser, pronouncer: Pronouncer
    ) -> None:
        self.gave_up = False
        """Whether the last search ended before it had seen all that may be near."""
        self._nodes_left = _MAX_NODES_IN_ALL
        self._normaliser = normaliser
        self._inventory = PhonemeInventory(pronouncer)
        words = _words(automaton, numbers=True)
        self._lexicon = PhoneticLexicon(words, self._inventory, normaliser.inflection)
        self._graph = self._without_numbers = SearchGraph(automaton, self._lexicon)
        fewer = _words(automaton, numbers=False)
        if len(fewer) < len(words):
            lexicon = PhoneticLexicon(fewer, self._inventory, normaliser.inflection)
            self._without_numbers = SearchGraph(automaton, lexicon)

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        """Return the nearest meanings over the n-best list; see `candidate.PhoneticSearch`."""
        self.gave_up = False
        observations = self._observations(hypotheses)
        agreed = frozenset[str]().union(*({word.key for word in o.words} for o, _ in observations))
        for observation, _ in observations:
            agreed &= {word.key for word in observation.words}
        best: dict[tuple[int, object], tuple[float, Path, Observation, str]] = {}
        least = math.inf
        self._nodes_left = _MAX_NODES_IN_ALL
        for tried, (observation, text) in enumerate(observations):
            if tried >= _MAX_FRUITLESS and not best:
                break
            if self._nodes_left <= 0:
                self.gave_up = True
                break
            for path in self._paths(observation, _MAX_COST_PER_PHONEME, least + _BEAM):
                if _has_deletion_beside_free_text(path):
                    continue
                meaning = path.row, frozenset(dict(path.slots).items())
                if meaning not in best or path.cost < best[meaning][0]:
                    best[meaning] = path.cost, path, observation, text
                    least = min(least, path.cost)
        confidence = _asr_confidence(hypotheses)
        ranked = sorted(best.values(), key=lambda found: found[0])[:_MAX_MEANINGS]
        return [
            self._candidate(path, self._terms(path, observation, agreed, confidence), text)
            for _, path, observation, text in ranked
        ]

    def distance(self, heard: str, said: str) -> float:
        """Return how far `heard` sounds from `said`: edit distance per phoneme, 0 to 1."""
        one, other = (self._observed(text) for text in (heard, said))
        if one is None or other is None:
            return 0.0 if one is other else 1.0
        pairs = align(other.phonemes.tolist(), one.phonemes.tolist(), self._inventory)
        longest = max(len(one.phonemes), len(other.phonemes))
        return min(1.0, sum(pair.cost for pair in pairs) / longest)

    def find(
        self, text: str, max_distance: float, most: int = _MAX_MEANINGS
    ) -> tuple[Candidate, ...]:
        """Return the `most` nearest meanings of a clearly heard `text`, nearest first."""
        observation = self._observed(text)
        if observation is None:
            return ()
        clear = frozenset(word.key for word in observation.words)
        found = [
            self._candidate(path, self._terms(path, observation, clear, 1.0), text)
            for path in self._paths(observation, max_distance, math.inf, most)
        ]
        near = (candidate for candidate in found if candidate.distance <= max_distance)
        return tuple(sorted(near, key=lambda candidate: candidate.distance))

    @staticmethod
    def _candidate(path: Path, terms: Sound, heard: str) -> Candidate:
        return Candidate(
            row=path.row,
            slots=dict(path.slots),
            sentence=" ".join(word.surface for word in path.words),
            terms=terms,
            heard=heard,
            free_text=tuple(word.surface for word in path.words if word.is_free_text),
        ).weighed(WEIGHTS.sound)

    def _observations(self, hypotheses: Sequence[Hypothesis]) -> list[tuple[Observation, str]]:
        """Return the hypotheses that are searched, each with its text; equal words only once."""
        observations: dict[tuple[str, ...], tuple[Observation, str]] = {}
        for hypothesis in hypotheses:
            for observation in self._readings(hypothesis.text):
                keys = tuple(word.key for word in observation.words)
                observations.setdefault(keys, (observation, hypothesis.text))
        return list(observations.values())[:_MAX_HYPOTHESES]

    def _readings(self, text: str) -> Iterator[Observation]:
        """Yield `text` as it was heard, with "d'une" apart, and with amounts before their units."""
        observation = self._observed(text)
        if observation is None:
            return
        yield observation
        lattice, apart = observation.lattice, self._normaliser.elided_numbers_apart(text)
        said = lattice if apart == text else self._normaliser.lattice(apart)
        written = self._normaliser.amounts_in_digits(said)
        if written != lattice.text and (again := self._observed(written)):
            yield again

    def _paths(
        self,
        observation: Observation,
        max_per_phoneme: float,
        max_cost: float,
        most: int = _MAX_MEANINGS,
    ) -> list[Path]:
        """Return the best paths up to `max_cost` in all and `max_per_phoneme`."""
        # Where a number was recognised, that it was misheard for another costs too much to try.
        graph = self._without_numbers if observation.has_number else self._graph
        search = KBestSearch(graph, observation)
        length = len(observation.phonemes)
        found = self._paths_of(search, length, max_per_phoneme * length, max_cost, most)
        self._nodes_left -= search.visited
        return found

    def _paths_of(
        self, search: KBestSearch, length: int, farthest: float, max_cost: float, most: int
    ) -> list[Path]:
        """Return the best paths of `search`, of `length` phonemes, up to both costs."""
        if max_cost <= farthest:
            return search.paths(max_cost, _BEAM, most, _MAX_NODES)
        # Where all words heard are near, this one pass finds all that is wanted.
        first = search.lower_bound + _FIRST_BEAM
        wider = (per_phoneme * length for per_phoneme in _CLOSER_BOUNDS)
        for bound in (first, *(bound for bound in wider if first < bound < farthest), farthest):
            may_act = search.lower_bound <= _CLOSER_BOUNDS[-1] * length and bound < farthest
            nodes = _MAX_NODES if may_act else _MAX_NODES_TO_NAME
            best = search.best_cost(min(bound, farthest), nodes)
            self.gave_up |= may_act and search.is_cut
            if best is not None:
                return search.paths(min(best + _BEAM, farthest), _BEAM, most, nodes)
        return []

    def _observed(self, text: str) -> Observation | None:
        """Return `text` pronounced; None if it is empty or too long for a command."""
        if not 0 < len(self._normaliser.tokens(text)) <= MAX_WORDS:
            return None
        observation = Observation.of(text, self._normaliser, self._lexicon, self._inventory)
        return observation if 0 < len(observation.phonemes) <= _MAX_PHONEMES else None

    def _terms(
        self, path: Path, observation: Observation, agreed: frozenset[str], confidence: float
    ) -> Sound:
        """Return how far the sentence of `path` sounds from `observation`."""
        free = sum(word.end - word.start for word in path.words if word.is_free_text)
        per_phoneme = path.cost / max(1, len(observation.phonemes) - free)
        in_slot = max(
            (
                min(1.0, word.cost / self._length(word.key))
                for word in path.words
                if word.key and word.in_slot
            ),
            default=0.0,
        )
        of_a_word = math.pow(confidence, _WORD_CONFIDENCE_POWER)
        return Sound(
            sentence=per_phoneme,
            slot=of_a_word * in_slot,
            clear_word=of_a_word * self._farthest_agreed(path, observation, agreed),
        )

    def _length(self, key: str) -> int:
        return int(self._lexicon.lengths[self._lexicon.word_ids[key]])

    def _farthest_agreed(
        self, path: Path, observation: Observation, agreed: frozenset[str]
    ) -> float:
        """Return what the worst word heard that all hypotheses agree on speaks against `path`.

        That is its cost times the share of the word that `path` leaves unexplained: a word that
        is passed over counts in full, one that is much like a word of the table little.
        """
        inserted: list[float] = self._inventory.deletion_costs[observation.phonemes].tolist()
        costs = self._phoneme_costs(path, observation, inserted)
        against = [
            (sum(costs[word.start : word.end]), sum(inserted[word.start : word.end]))
            for word in observation.words
            if word.key in agreed
        ]
        return max((cost * min(1.0, cost / whole) for cost, whole in against), default=0.0)

    def _phoneme_costs(
        self, path: Path, observation: Observation, inserted: Sequence[float]
    ) -> list[float]:
        """Return what each phoneme heard costs on `path`: as `inserted`, or substituted."""
        costs = list(inserted)
        for word in path.words:
            costs[word.start : word.end] = [0.0] * (word.end - word.start)
            if word.key and word.cost:
                said = self._lexicon.phonemes[self._lexicon.word_ids[word.key]]
                heard = observation.phonemes[word.start : word.end].tolist()
                pairs = align(said, heard, self._inventory)
                # A form of a word costs less than its sound.
                share = word.cost / max(word.cost, sum(pair.cost for pair in pairs))
                for pair in pairs:
                    if pair.heard is not None:
                        costs[word.start + pair.heard] = share * pair.cost
        return costs


def _has_deletion_beside_free_text(path: Path) -> bool:
    """Whether nothing was heard of a word next to free text: then the text is not what was meant.

    In "remind me that", "that" is not the {what} of `remind me to {what}`.
    """
    return any(
        (one.is_free_text and other.is_deleted) or (one.is_deleted and other.is_free_text)
        for one, other in pairwise(path.words)
    )


def _asr_confidence(hypotheses: Sequence[Hypothesis]) -> float:
    """Return the ASR confidence of a word, from `_MIN_CONFIDENCE` to 1.

    Derived from the geometric mean per word of the host's surest hypothesis; 1 if it tells none.
    """
    per_word = max(
        (h.confidence ** (1 / max(1, len(h.text.split()))) for h in hypotheses if h.confidence),
        default=1.0,
    )
    return max(_MIN_CONFIDENCE, 1 - _CONFIDENCE_SLOPE * (1 - min(1.0, per_word)))


def _words(automaton: Automaton, numbers: bool) -> dict[str, str]:
    """Return all words that can be said, as key to spelling.

    With `numbers`, those of short ranges are among them.
    """
    words: dict[str, str] = {}
    for label in automaton.labels:
        match label:
            case Word(key=key, surface=surface):
                words.setdefault(key, surface)
            case Choice(spoken=spoken):
                words |= _words(spoken, numbers)
            case Number() if numbers:
                words |= {str(number): str(number) for number in short_range(label)}
    return words
