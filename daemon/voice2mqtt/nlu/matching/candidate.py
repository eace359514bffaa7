"""What may have been meant, what is decided about it, and the search that finds it by sound."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType
from typing import Protocol, TypeGuard

from voice2mqtt.core.decision import Nearest, SlotValue
from voice2mqtt.core.outcome import Hypothesis
from voice2mqtt.nlu.matching.weights import Sound

_TERMS = {
    "sentence": "the sound of the whole sentence",
    "slot": "the farthest word that fills a slot",
    "clear_word": "a word that was heard clearly",
}
_TOLD = 0.005
"""A smaller part of a distance is not told: it would read 0.00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A meaning (row and slots), and how far its sentence is from what was heard."""

    row: int
    slots: Mapping[str, SlotValue] = field(default_factory=lambda: MappingProxyType({}))
    sentence: str
    """How the row says it, in the owner's words."""
    distance: float = 0.0
    """Phonetic distance: 0 is word for word, 1 shares nothing."""
    heard: str = ""
    """The text of the hypothesis that it was found in."""
    terms: Sound = field(default_factory=Sound)
    """Of which the distance is the weighted sum; none for word for word."""

    free_text: tuple[str, ...] = ()
    """What free text took, where it was found by sound."""

    def weighed(self, weights: Sound) -> "Candidate":
        """Return it with the distance that `weights` give its terms."""
        return replace(self, distance=self.terms.distance(weights))

    def told(self, row: str, weights: Sound) -> Nearest:
        """Return it for a reason, by the name of its row."""
        return Nearest(
            row=row,
            sentence=self.sentence,
            distance=self.distance,
            heard=self.heard,
            because=self.because(weights),
        )

    def because(self, weights: Sound) -> str:
        """Return what its distance is the sum of, in words, the largest term first."""
        parts = sorted(self.terms.parts(weights).items(), key=lambda part: -part[1])
        return ", ".join(f"{cost:.2f} for {_TERMS[term]}" for term, cost in parts if cost >= _TOLD)

    def has_same_meaning(self, other: "Candidate") -> bool:
        """Return whether both are the same row with the same slots."""
        return self.row == other.row and self.slots == other.slots


Meaning = tuple[Candidate, ...]
"""The commands of one utterance, in the order they were said; nearly always one."""


def joined(known: Iterable[Meaning | None], meaning: Meaning) -> Meaning:
    """Return the commands of all of `known`, those of `meaning` in the place of None."""
    return tuple(chain.from_iterable(part or meaning for part in known))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    why: str
    nearest: tuple[Candidate, ...] = ()
    """The sentences that sound nearest, best first; none where it was said word for word."""
    something_else: str = ""
    """What speaks for it that no sentence of the table was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant(_Decided):
    """This was meant."""

    meaning: Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear(_Decided):
    """One of these was meant, likeliest first; the speaker must say which."""

    options: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(_Decided):
    """No command."""


Verdict = Meant | Unclear | Unknown


def options_of(verdict: Verdict) -> tuple[Meaning, ...]:
    """Return what may have been meant, likeliest first."""
    match verdict:
        case Meant():
            return (verdict.meaning,)
        case Unclear():
            return verdict.options
    return ()


def is_word_for_word(verdict: Verdict) -> TypeGuard[Meant]:
    """Return whether a command was said in its own words, with no search by sound."""
    return isinstance(verdict, Meant) and not verdict.nearest


class PhoneticSearch(Protocol):
    """Finds the rows that sound most like what was heard."""

    @property
    def gave_up(self) -> bool:
        """Whether the last search ended early, since too much of the table was near."""
        ...

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        """Return the nearest meanings over the whole n-best list, likeliest first.

        Each meaning is returned once. Candidates too far for any row may be among them, since a
        refusal names the nearest.
        """
        ...

    def distance(self, heard: str, said: str) -> float:
        """Return how far `heard` sounds from `said`, from 0 to 1."""
        ...


def first_of_each_sentence(
    found: Iterable[Candidate], normalise: Callable[[str], str]
) -> tuple[Candidate, ...]:
    """Return of the candidates with one sentence that of the first row, as if it had been said."""
    first: dict[str, Candidate] = {}
    for candidate in found:
        known = first.setdefault(normalise(candidate.sentence), candidate)
        if candidate.row < known.row:
            first[normalise(candidate.sentence)] = candidate
    return tuple(first.values())
