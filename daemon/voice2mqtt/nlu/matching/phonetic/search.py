"""Nearest sound: the sentences of the table that sound most like what was heard.

Every word of the table is laid against every stretch of the utterance (`word_scores.py`); then the
cheapest ways through the automaton are searched that cover the utterance from end to end
(`forward_backward.py`, `k_best.py`). Phonemes run through the borders of the words heard, so
that "study like" finds "study light" and "livingroom" finds "living room".

A host that doubts offers several readings, and what was said is often in a later one: each
meaning counts with the reading that it is nearest to. How far it is follows from four things:

- what it costs a phoneme, over the whole sentence;
- the farthest word that fills a slot, since that changes what is published;
- the farthest word on which all readings agree: it was heard clearly, so if the table does not
  have it, something else was said;
- how sure the host is of its words: where it doubts, it has misheard more of them, so that a single
  one tells less. The whole sentence tells nearly as much: doubt alone brings nothing near.

The weights were fitted on real orders in three loudnesses of noise, on synthetic commands of
another home, on talk, and on sentences with one value that was taken out of the table.
`bench/free_text.py` and `bench/rejection.py` tell what comes of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.nlu.grammar.automaton import Automaton, Choice, Number, Word
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.exact import LONGEST_WORDS
from voice2mqtt.nlu.matching.phonetic.alignment import align
from voice2mqtt.nlu.matching.phonetic.arcs import PhoneticArcs, short_range
from voice2mqtt.nlu.matching.phonetic.k_best import AlignedWord, KBestSearch, Path
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.phonemes import PhonemeInventory, PhoneticLexicon
from voice2mqtt.nlu.text.normaliser import Normaliser

REACH = 0.4
"""Cost a phoneme up to which a sentence is worth naming in a refusal."""
_NEARER = (0.1, 0.2)
"""Within these is looked first, since farther ones take longer."""
_WINDOW = 2.0
"""How much more than the best another meaning may cost to be told."""
_FIRST = 1.5 * _WINDOW
"""How much more than any way costs at least the first pass allows: seldom needs it a second."""

_WHOLE = 0.85
_FORGIVEN = 0.2
"""How much more the whole sentence counts where the host is sure."""
_IN_SLOT = 0.4
_AGREED = 0.056
_AGREED_COST = 0.048
_DOUBT = 1.4
"""How much less is trusted for the confidence that the host lacks ..."""
_LEAST_TRUST = 0.3
"""... and what is trusted at least."""
_STEEPER = 1.5
"""The power of trust by which single words count."""

_WITHIN_NATS = 3.5
"""Readings so much less likely than the surest are not looked at."""
_MOST_READINGS = 10
_ENOUGH = 2
"""Readings that come near nothing, after which no more are tried."""
_MOST_MEANINGS = 5
_LONGEST_PHONEMES = 200


@dataclass(frozen=True, slots=True)
class Likeness:
    """A row with slots, and how far its nearest sentence is from what was heard."""

    row: int
    slots: Mapping[str, SlotValue]
    distance: float
    said: tuple[AlignedWord, ...]

    @property
    def sentence(self) -> str:
        """The words of the sentence."""
        return " ".join(said.word for said in self.said)

    @property
    def free_text(self) -> tuple[str, ...]:
        """What free text took."""
        return tuple(said.word for said in self.said if _is_free(said))


class PhoneticMatcher:
    """Searches one automaton. Learns sounds as it goes: one thread at a time."""

    def __init__(
        self, automaton: Automaton, normaliser: Normaliser, pronouncer: Pronouncer
    ) -> None:
        self._normaliser = normaliser
        self._sounds = PhonemeInventory(pronouncer)
        words = _words(automaton, numbers=True)
        self._vocabulary = PhoneticLexicon(words, self._sounds)
        self._graph = self._without_numbers = PhoneticArcs(automaton, self._vocabulary)
        fewer = _words(automaton, numbers=False)
        if len(fewer) < len(words):
            self._without_numbers = PhoneticArcs(automaton, PhoneticLexicon(fewer, self._sounds))

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        """Return the nearest meanings over the n-best list; see `candidate.NearestSound`."""
        readings = self._readings(hypotheses)
        agreed = frozenset[str]().union(*({word.key for word in r.words} for r, _ in readings))
        for reading, _ in readings:
            agreed &= {word.key for word in reading.words}
        best: dict[tuple[int, object], tuple[float, Path, Observation, str]] = {}
        least = math.inf
        for tried, (reading, text) in enumerate(readings):
            if tried >= _ENOUGH and not best:
                break
            for way in self._ways(reading, REACH, least + _WINDOW):
                if _is_starved(way):
                    continue
                meaning = way.row, frozenset(dict(way.slots).items())
                if meaning not in best or way.cost < best[meaning][0]:
                    best[meaning] = way.cost, way, reading, text
                    least = min(least, way.cost)
        trust = _trust(hypotheses)
        ranked = sorted(best.values(), key=lambda found: found[0])[:_MOST_MEANINGS]
        return [
            Candidate(
                row=way.row,
                slots=dict(way.slots),
                sentence=" ".join(said.word for said in way.said),
                distance=self._distance(way, reading, agreed, trust),
                heard=text,
            )
            for _, way, reading, text in ranked
        ]

    def distance(self, heard: str, said: str) -> float:
        """Return how far `heard` sounds from `said`, from 0 to 1."""
        one, other = (self._pronounced(text) for text in (heard, said))
        if one is None or other is None:
            return 0.0 if one is other else 1.0
        pairs = align(other.phonemes.tolist(), one.phonemes.tolist(), self._sounds)
        longest = max(len(one.phonemes), len(other.phonemes))
        return min(1.0, sum(pair.cost for pair in pairs) / longest)

    def find(self, text: str, at_most: float, most: int = _MOST_MEANINGS) -> tuple[Likeness, ...]:
        """Return the `most` nearest meanings up to the distance `at_most`, best first.

        A meaning is a row with the values of its slots; `text` was heard clearly.
        """
        heard = self._pronounced(text)
        if heard is None:
            return ()
        clear = frozenset(word.key for word in heard.words)
        found = [
            Likeness(
                way.row,
                MappingProxyType(dict(way.slots)),
                self._distance(way, heard, clear, 1.0),
                way.said,
            )
            for way in self._ways(heard, at_most, math.inf, most)
        ]
        near = (likeness for likeness in found if likeness.distance <= at_most)
        return tuple(sorted(near, key=lambda likeness: likeness.distance))

    def _readings(self, hypotheses: Sequence[Hypothesis]) -> list[tuple[Observation, str]]:
        """Return the readings that count, each with its text; equal words only once."""
        surest = max((h.confidence for h in hypotheses if h.confidence is not None), default=1.0)
        least = surest * math.exp(-_WITHIN_NATS)
        readings: dict[tuple[str, ...], tuple[Observation, str]] = {}
        for hypothesis in hypotheses:
            if hypothesis.confidence is not None and hypothesis.confidence < least:
                continue
            heard = self._pronounced(hypothesis.text)
            if heard is not None:
                keys = tuple(word.key for word in heard.words)
                readings.setdefault(keys, (heard, hypothesis.text))
        return list(readings.values())[:_MOST_READINGS]

    def _ways(
        self, heard: Observation, reach: float, at_most: float, most: int = _MOST_MEANINGS
    ) -> list[Path]:
        """Return the cheapest ways up to the cost `at_most` and to `reach` a phoneme."""
        # A number was heard as such: that another one was misheard costs too much to try.
        graph = self._without_numbers if heard.has_number else self._graph
        search = KBestSearch(graph, heard)
        length = len(heard.phonemes)
        farthest = reach * length
        if at_most <= farthest:
            return search.ways(at_most, _WINDOW, most)
        # Where all that was heard is near, this one pass finds whatever is wanted.
        first = search.bound + _FIRST
        later = (share * length for share in _NEARER)
        for bound in (first, *(bound for bound in later if first < bound < farthest), farthest):
            least = search.least(min(bound, farthest))
            if least is not None:
                return search.ways(min(least + _WINDOW, farthest), _WINDOW, most)
        return []

    def _pronounced(self, text: str) -> Observation | None:
        if not 0 < len(self._normaliser.tokens(text)) <= LONGEST_WORDS:
            return None
        heard = Observation.of(text, self._normaliser, self._vocabulary, self._sounds)
        return heard if 0 < len(heard.phonemes) <= _LONGEST_PHONEMES else None

    def _distance(
        self, way: Path, heard: Observation, agreed: frozenset[str], trust: float
    ) -> float:
        wild = sum(said.end - said.start for said in way.said if _is_free(said))
        whole = way.cost / max(1, len(heard.phonemes) - wild)
        in_slot = max(
            (
                min(1.0, said.cost / self._length(said.key))
                for said in way.said
                if said.key and said.in_slot
            ),
            default=0.0,
        )
        share, cost = self._farthest(way, heard, agreed)
        words = _IN_SLOT * in_slot + _AGREED * share + _AGREED_COST * cost
        distance = (_WHOLE + _FORGIVEN * trust) * whole + words * math.pow(trust, _STEEPER)
        return min(1.0, distance)

    def _length(self, key: str) -> int:
        return int(self._vocabulary.lengths[self._vocabulary.numbers[key]])

    def _farthest(
        self, way: Path, heard: Observation, agreed: frozenset[str]
    ) -> tuple[float, float]:
        """Return share and cost of what is farthest of the words that were heard clearly."""
        missed = self._missed(way, heard)
        shares, costs = [0.0], [0.0]
        for word in heard.words:
            if word.key in agreed and word.end > word.start:
                cost = sum(missed[word.start : word.end])
                costs.append(cost)
                if word.end - word.start > 1:
                    shares.append(min(1.0, cost / (word.end - word.start)))
        return max(shares), max(costs)

    def _missed(self, way: Path, heard: Observation) -> list[float]:
        """Return what each phoneme heard costs, be it skipped or taken for another."""
        missed: list[float] = self._sounds.loss[heard.phonemes].tolist()
        for said in way.said:
            missed[said.start : said.end] = [0.0] * (said.end - said.start)
            if said.key and said.cost:
                phonemes = self._vocabulary.phonemes[self._vocabulary.numbers[said.key]]
                stretch = heard.phonemes[said.start : said.end].tolist()
                for pair in align(phonemes, stretch, self._sounds):
                    if pair.heard is not None:
                        missed[said.start + pair.heard] = pair.cost
        return missed


def _is_starved(way: Path) -> bool:
    """Whether nothing was heard of a word beside free text: then the text is not what was meant.

    In "remind me that", "that" is not of what `remind me to {what}` should remind.
    """
    return any(
        (_is_free(one) and other.is_missed) or (one.is_missed and _is_free(other))
        for one, other in pairwise(way.said)
    )


def _is_free(said: AlignedWord) -> bool:
    return not said.key and not said.in_slot


def _trust(hypotheses: Sequence[Hypothesis]) -> float:
    """Return how much to trust what was heard: how sure the host is of a word of its surest."""
    sure = max(
        (h.confidence ** (1 / max(1, len(h.text.split()))) for h in hypotheses if h.confidence),
        default=1.0,
    )
    return max(_LEAST_TRUST, 1 - _DOUBT * (1 - min(1.0, sure)))


def _words(automaton: Automaton, numbers: bool) -> dict[str, str]:
    """Return the keys of all words that can be said, each with the spelling to pronounce.

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
