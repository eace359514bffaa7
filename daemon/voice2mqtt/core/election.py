"""Which of several nodes that heard the same sentence acts on it. Pure: time is an argument.

Theory of operation. As soon as speech begins, a node that hears it says so and how loud it is
(`hears`); when it has ended, how loud it was (`heard`). When the node knows what was meant, it
says so (`wants`), or that it understood nothing it could act on (`passes`). The best of those
that want the same thing acts, and says so (`acts`): the loudest, then the most certain, then
the first by name. So the loudest does not wait for anybody; a quieter one waits for the verdict
of the louder ones that it knows are still listening or thinking, within reason.

Two notes are about the same utterance when speech began at about the same moment (its end each
gate sees in its own time); each node counts time by its own clock, from a note's arrival and
the age it tells. Two wishes are the
same when they name the same row, or share half of their words: what two people say at the same
moment in two rooms is done in both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

SAME_MOMENT_S = 0.8
"""A far microphone hears speech begin later, and a busy machine says so later still."""
PATIENCE_S = 1.5
"""A louder node that has not decided for so long is not waited for."""
_MEMORY_S = 10.0


class Stage(StrEnum):
    """How far a node is with an utterance."""

    HEARS = "hears"
    HEARD = "heard"
    WANTS = "wants"
    PASSES = "passes"
    ACTS = "acts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a node tells the others about one utterance."""

    node: str
    utterance: str
    """Tells a node's utterances apart."""
    stage: Stage
    loudness_db: int
    """In whole dBFS, so that nearly equal is equal."""
    age_ms: int
    """How long ago speech began."""
    row: str = ""
    text: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Won:
    """This node acts."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Another node acts; `reason` says which and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Ask again when a note arrives, or when this much monotonic time has come."""

    until_s: float


Verdict = Won | HeldBack | Undecided


@dataclass(slots=True)
class _Known:
    note: Note
    began_s: float


class Election:
    """The notes of one node and those it received."""

    def __init__(self, node: str, window_s: float) -> None:
        self._node = node
        self._window_s = window_s
        self._own: _Known | None = None
        self._before_s = float("-inf")
        self._announced_s = 0.0
        self._first_db = 0
        self._others: dict[tuple[str, str], _Known] = {}

    def receive(self, note: Note, now_s: float) -> None:
        """Take in what another node says."""
        if note.node != self._node:
            known = _Known(note, now_s - note.age_ms / 1000)
            self._others[note.node, note.utterance] = known
            self._others = {
                key: each for key, each in self._others.items() if now_s - each.began_s < _MEMORY_S
            }

    def hear(self, utterance: str, loudness_db: float, began_s: float, now_s: float) -> Note:
        """Return the note to send when speech is heard, which began at `began_s`."""
        age_ms = max(0, round((now_s - began_s) * 1000))
        note = Note(
            node=self._node,
            utterance=utterance,
            stage=Stage.HEARS,
            loudness_db=round(loudness_db),
            age_ms=age_ms,
        )
        self._before_s = self._own.began_s if self._own else float("-inf")
        self._own, self._announced_s = _Known(note, began_s), now_s
        self._first_db = note.loudness_db
        return note

    def end(self, loudness_db: float, now_s: float) -> Note:
        """Return the note to send when speech has ended, `loudness_db` loud as a whole."""
        own = self._mine()
        own.note = replace(own.note, loudness_db=round(loudness_db))
        return self.move(Stage.HEARD, now_s)

    def move(
        self, stage: Stage, now_s: float, *, row: str = "", text: str = "", score: float = 0.0
    ) -> Note:
        """Return the note to send when this node has come to `stage` with its utterance."""
        own = self._mine()
        own.note = replace(
            own.note,
            stage=stage,
            age_ms=max(0, round((now_s - own.began_s) * 1000)),
            row=row or own.note.row,
            text=text or own.note.text,
            score=round(score, 3) or own.note.score,
        )
        return own.note

    def _mine(self) -> _Known:
        if self._own is None:
            raise ValueError("an utterance is heard before it is decided on")
        return self._own

    def verdict(self, wanted_s: float, now_s: float) -> Verdict:
        """Return who acts, as far as it is known; this node came to `wants` at `wanted_s`."""
        own = self._mine()
        rivals = [each.note for each in self._rivals(own)]
        for rival in rivals:
            if rival.stage is Stage.ACTS and _same_wish(own.note, rival):
                return HeldBack(f"{rival.node} has carried it out already")
        ahead = [rival for rival in rivals if _rank(rival) < _rank(own.note)]
        for rival in ahead:
            if rival.stage is Stage.WANTS and _same_wish(own.note, rival):
                return HeldBack(_why(rival, own.note))
        thinking = [each for each in rivals if self._may_be_ahead(each, own.note)]
        if thinking and now_s < wanted_s + PATIENCE_S:
            return Undecided(wanted_s + PATIENCE_S)
        if now_s < self._announced_s + self._window_s:
            return Undecided(self._announced_s + self._window_s)
        return Won()

    def _rivals(self, own: _Known) -> Iterable[_Known]:
        return [each for each in self._others.values() if self._is_same(own.began_s, each.began_s)]

    def _is_same(self, own_s: float, other_s: float) -> bool:
        """Whether two beginnings are of one utterance, and not of the one before it."""
        apart_s = abs(other_s - own_s)
        return apart_s <= SAME_MOMENT_S and apart_s < abs(other_s - self._before_s)

    def _may_be_ahead(self, rival: Note, own: Note) -> bool:
        """Whether `rival` may turn out to want the same, and be better; like with like."""
        if rival.stage is Stage.HEARS:
            return rival.loudness_db >= self._first_db
        return rival.stage is Stage.HEARD and rival.loudness_db >= own.loudness_db


def _rank(note: Note) -> tuple[int, float, str]:
    return (-note.loudness_db, -note.score, note.node)


def _same_wish(one: Note, other: Note) -> bool:
    if one.row == other.row:
        return True
    mine, theirs = set(one.text.lower().split()), set(other.text.lower().split())
    return 2 * len(mine & theirs) >= max(len(mine), len(theirs), 1)


def _why(rival: Note, own: Note) -> str:
    if rival.loudness_db != own.loudness_db:
        return (
            f"{rival.node} heard it louder ({rival.loudness_db} dBFS, here {own.loudness_db} dBFS)"
        )
    if rival.score != own.score:
        return f"{rival.node} is more certain ({rival.score:.2f}, here {own.score:.2f})"
    return f"{rival.node} heard it as well and comes first by name"
