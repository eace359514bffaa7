"""Nearest sound: the sentences of the table that sound most like what was heard.

Every word of the table is laid against every stretch of the utterance (`sounds.py`); then the
cheapest ways through the automaton are searched that cover the utterance from end to end
(`sound_search.py`). Phonemes run through the borders of the words heard, so that "study like"
finds "study light" and "livingroom" finds "living room".

The distance of a sentence is half how far it is as a whole and half how far its farthest word
is. That keeps talk from becoming a command, and "turn off" from becoming "turn on": what is
wrong with one word cannot be made good by the length of the rest. A word of the table that was
heard as itself is not bent into another one, and no number into another.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.core.ports import Pronouncer
from voice2mqtt.understanding.automaton import Automaton, Choice, Number, Word
from voice2mqtt.understanding.candidate import Candidate
from voice2mqtt.understanding.match import LONGEST_WORDS
from voice2mqtt.understanding.normalise import Normaliser
from voice2mqtt.understanding.sound_alignment import align
from voice2mqtt.understanding.sound_heard import HeardSounds
from voice2mqtt.understanding.sound_search import MOST_NUMBERS, Said, SoundSearch, Way, Worst
from voice2mqtt.understanding.sounds import Sounds, Vocabulary

FARTHEST = 0.3
"""Distance up to which a row is worth naming in a refusal."""

_NEAR = 0.22
"""Distance within which all are searched first, since farther ones take far longer."""

_SLOT_WEIGHT = 1.25
"""How much more a word counts that fills a slot, and so changes what is published."""
_HEARD_WEIGHT = 1.1
"""The same for a word heard that little was said of."""

_BELIEVED = 0.06
"""Share of the surest hypothesis' confidence below which another is not looked at."""
_PER_NAT = 0.01
"""Distance that a hypothesis falls behind for each nat it is less likely than the surest."""
_DOUBT = 2.5
"""How much nearer everything comes for the confidence that the host lacks, since a host that
doubts its words has misheard more of them ..."""
_LEAST_TRUST = 0.55
"""... and the most that distances shrink by it."""
_MOST_HYPOTHESES = 8
_MOST_MEANINGS = 5
_LONGEST_PHONEMES = 200
_EFFORT = 1_500
"""Pairs of state and position that a search looks at ..."""
_LITTLE_EFFORT = 300
"""... and where only a refusal is to be explained."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A row with slots, and how far its nearest sentence is from what was heard."""

    row: int
    slots: Mapping[str, SlotValue]
    distance: float
    said: tuple[Said, ...]

    @property
    def sentence(self) -> str:
        """The words of the sentence."""
        return " ".join(said.word for said in self.said)


class NearestSentences:
    """Searches one automaton. Learns sounds as it goes: one thread at a time."""

    def __init__(
        self, automaton: Automaton, normaliser: Normaliser, pronouncer: Pronouncer
    ) -> None:
        self._automaton = automaton
        self._normaliser = normaliser
        self._sounds = Sounds(pronouncer)
        self._vocabulary = Vocabulary(_words(automaton), self._sounds)

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        """Return the nearest meanings over the n-best list; see `candidate.NearestSound`."""
        weighed = list(_weighed(hypotheses[:_MOST_HYPOTHESES]))
        near = self._candidates(weighed, _NEAR, _EFFORT)
        return near or self._candidates(weighed[:1], FARTHEST, _LITTLE_EFFORT)

    def _candidates(
        self, weighed: Sequence[tuple[Hypothesis, float, float]], at_most: float, effort: int
    ) -> list[Candidate]:
        best: dict[tuple[int, object], Candidate] = {}
        for hypothesis, behind, trust in weighed:
            reach = (at_most - behind) / trust
            for likeness in self.find(hypothesis.text, reach, effort=effort):
                distance = min(1.0, likeness.distance * trust + behind)
                meaning = likeness.row, tuple(sorted(likeness.slots.items()))
                if meaning not in best or distance < best[meaning].distance:
                    best[meaning] = Candidate(
                        row=likeness.row,
                        slots=likeness.slots,
                        sentence=likeness.sentence,
                        distance=distance,
                        heard=hypothesis.text,
                    )
        return sorted(best.values(), key=lambda candidate: candidate.distance)

    def distance(self, heard: str, said: str) -> float:
        """Return how far `heard` sounds from `said`, from 0 to 1."""
        one, other = (self._pronounced(text) for text in (heard, said))
        if one is None or other is None:
            return 0.0 if one is other else 1.0
        pairs = align(other.phonemes.tolist(), one.phonemes.tolist(), self._sounds)
        longest = max(len(one.phonemes), len(other.phonemes))
        return min(1.0, sum(pair.cost for pair in pairs) / longest)

    def find(
        self, text: str, at_most: float, most: int = _MOST_MEANINGS, effort: int = _EFFORT
    ) -> tuple[Likeness, ...]:
        """Return the `most` nearest meanings up to the distance `at_most`, best first.

        A meaning is a row with the values of its slots.
        """
        heard = self._pronounced(text)
        if heard is None:
            return ()
        farthest = 2 * at_most
        worst = Worst(word=farthest, in_slot=farthest / _SLOT_WEIGHT)
        search = SoundSearch(self._automaton, self._vocabulary, heard, worst)
        found: dict[tuple[int, object], Likeness] = {}
        for way in search.ways(at_most * len(heard.phonemes), most, effort):
            distance = self._distance(way, heard)
            known = found.get((way.row, way.slots))
            if distance <= at_most and (known is None or distance < known.distance):
                slots = MappingProxyType(dict(way.slots))
                found[way.row, way.slots] = Likeness(way.row, slots, distance, way.said)
            if len(found) >= most:
                break
        return tuple(sorted(found.values(), key=lambda likeness: likeness.distance))

    def _pronounced(self, text: str) -> HeardSounds | None:
        if not 0 < len(self._normaliser.tokens(text)) <= LONGEST_WORDS:
            return None
        heard = HeardSounds.of(text, self._normaliser, self._vocabulary, self._sounds)
        return heard if 0 < len(heard.phonemes) <= _LONGEST_PHONEMES else None

    def _distance(self, way: Way, heard: HeardSounds) -> float:
        wild = sum(said.end - said.start for said in way.said if not said.key and not said.in_slot)
        whole = way.cost / max(1, len(heard.phonemes) - wild)
        farthest = max(self._shares(way, heard), default=0.0)
        return min(1.0, (whole + max(whole, farthest)) / 2)

    def _shares(self, way: Way, heard: HeardSounds) -> Iterator[float]:
        """Yield how far each word is by itself, those of the table and those heard."""
        for said in way.said:
            if said.key and not said.is_missed:
                length = self._vocabulary.lengths[self._vocabulary.numbers[said.key]]
                yield said.cost / float(length) * (_SLOT_WEIGHT if said.in_slot else 1.0)
        missed = self._missed(way, heard)
        for word in heard.words:
            if word.end - word.start > 1:
                cost = sum(missed[word.start : word.end])
                yield cost / (word.end - word.start) * _HEARD_WEIGHT

    def _missed(self, way: Way, heard: HeardSounds) -> list[float]:
        """Return what each phoneme heard costs, if it is nothing that was said."""
        missed = [0.0] * len(heard.phonemes)
        for said in way.said:
            if said.key and said.cost:
                phonemes = self._vocabulary.phonemes[self._vocabulary.numbers[said.key]]
                stretch = heard.phonemes[said.start : said.end].tolist()
                for pair in align(phonemes, stretch, self._sounds):
                    if pair.heard is not None:
                        missed[said.start + pair.heard] = pair.cost
        return missed


def _weighed(hypotheses: Sequence[Hypothesis]) -> Iterator[tuple[Hypothesis, float, float]]:
    """Yield each hypothesis, how far it is behind the surest, and what its distances count."""
    surest = max((h.confidence for h in hypotheses if h.confidence is not None), default=1.0)
    trust = max(_LEAST_TRUST, 1 - _DOUBT * (1 - min(1.0, surest)))
    for hypothesis in hypotheses:
        confidence = surest if hypothesis.confidence is None else hypothesis.confidence
        if confidence and confidence >= _BELIEVED * surest:
            yield hypothesis, _PER_NAT * math.log(surest / confidence), trust


def _words(automaton: Automaton) -> dict[str, str]:
    """Return the keys of all words that can be said, each with the spelling to pronounce."""
    words: dict[str, str] = {}
    for label in automaton.labels:
        match label:
            case Word(key=key, surface=surface):
                words.setdefault(key, surface)
            case Choice(spoken=spoken):
                words |= _words(spoken)
            case Number(lowest=lowest, highest=highest, step=step):
                numbers = range(lowest, highest + 1, step)
                if len(numbers) <= MOST_NUMBERS:
                    words |= {str(number): str(number) for number in numbers}
    return words
