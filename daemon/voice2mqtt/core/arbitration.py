"""Which of several nodes that heard the same sentence acts on it. Pure: time is an argument.

Theory of operation. As soon as speech begins, a node that hears it says so and how loud it is
(`hears`); when it has ended, how loud it was (`heard`). When the node knows what was meant, it
says so (`wants`), or that it understood nothing it could act on (`passes`). The best of those
that want the same thing acts: the loudest, then the most certain, then the first by name. So
the loudest does not wait for anybody; a quieter one waits for the verdict of the louder ones
that it knows are still listening or thinking, within reason.

That alone would go wrong where notes are late. So whoever thinks itself the best first claims
the sentence (`acts`), and acts when its own claim has come back from the broker. A broker passes
the notes of one topic on to everybody in the same order: a node that has its claim back has
seen every claim before it. The first claim holds, all later ones give way (`passes`), so that
at most one node acts, however long notes are under way. A claim that does not come back soon is
given up. For the same reason a node must have followed what went on since before the sentence
began (`membership.py`). A node that is alone asks nobody.

Two notes are about the same utterance when speech began at about the same moment (its end each
gate sees in its own time). A node counts by its own clock, from a note's arrival and the age it
tells: that is the latest moment at which the other's speech can have begun, and a claim that may
be of the same utterance counts as one. Two wishes are the same when they name the same row, or
share half of their words: what two people say at the same moment in two rooms is done in both.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from voice2mqtt.core.membership import Membership

SAME_MOMENT_S = 0.8
"""A far microphone hears speech begin later, and a busy machine says so later still."""
PATIENCE_S = 1.5
"""A louder node that has not decided for so long is not waited for."""
ANSWER_S = 3.0
"""A broker that has not passed our claim back for so long is not waited for."""
OLDEST_MS = 120_000
"""No utterance takes longer; an age beyond it is made up."""
_MEMORY_S = 60.0
_MOST_NOTES = 256


class Stage(StrEnum):
    """How far a node is with an utterance."""

    HEARS = "hears"
    HEARD = "heard"
    WANTS = "wants"
    PASSES = "passes"
    ACTS = "acts"
    """It claims the sentence; older versions say so when they have acted."""
    JOINS = "joins"
    """It has come to the broker."""
    KNOWS = "knows"
    """It knows of the node that joined with this note's `utterance`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """What a node tells the others about one utterance."""

    node: str
    utterance: str
    """Tells a node's utterances apart, or its connections."""
    stage: Stage
    loudness_db: int = 0
    """In whole dBFS, so that nearly equal is equal."""
    age_ms: int = 0
    """How long ago speech began."""
    row: str = ""
    text: str = ""
    score: float = 0.0
    instance: str = ""
    """The run of the program that says so; "" from older versions."""


@dataclass(frozen=True, slots=True)
class Won:
    """This node acts."""

    if_alone: bool = False
    """Whether it must turn out first that there is no other: see `Arbitration.objection`."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """This node does not act; `reason` says why."""

    reason: str
    unsure: bool = False
    """Whether it may be that no node acts."""


@dataclass(frozen=True, slots=True)
class Claims:
    """This node is to claim the sentence, with `Stage.ACTS`, and ask again."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Ask again when a note arrives, or when this much monotonic time has come."""

    until_s: float


Verdict = Won | HeldBack | Claims | Undecided


@dataclass(slots=True)
class _Known:
    note: Bid
    began_s: float
    """For another's utterance, the latest moment it can have begun."""


@dataclass(slots=True)
class _Claim:
    """What this node claimed."""

    sent_s: float
    is_back: bool = False
    first: Bid | None = None
    """The claim that the broker passed on before ours."""


class Arbitration:
    """The notes of one node and those it received."""

    def __init__(self, node: str, window_s: float, instance: str = "") -> None:
        self._node = node
        self._instance = instance
        self._window_s = window_s
        self._own: _Known | None = None
        self._claim: _Claim | None = None
        self._cut_from: frozenset[str] = frozenset()
        self._before_s = -math.inf
        self._announced_s = 0.0
        self._first_db = 0
        self._others: dict[tuple[str, str], _Known] = {}
        self.membership = Membership()

    def join(self, token: str) -> Bid:
        """Return the note to send at the begin of a connection, which `token` names."""
        self.membership.join(token)
        return self._greeting(Stage.JOINS, token)

    def leave(self, now_s: float) -> None:
        """Take note that the connection is gone, and with it what the others say."""
        self._cut_from |= self.membership.others(now_s)
        self.membership.leave()

    def receive(self, note: Bid, now_s: float) -> Bid | None:
        """Take in what the broker passes on, our own notes too; return what to answer."""
        if note.node == self._node:
            self._is_back(note, now_s)
            return None
        self.membership.hear_of(note.node, now_s)
        if note.stage is Stage.JOINS:
            return self._greeting(Stage.KNOWS, note.utterance)
        is_older = not note.instance
        answers = note.stage is Stage.KNOWS and self.membership.is_named(note.utterance)
        if answers:
            # Where a broker keeps no messages, its being online was not told.
            self.membership.see(note.node, now_s, there=True)
        if is_older or answers:
            self.membership.known_to(note.node, now_s)
        if note.stage is not Stage.KNOWS:
            self._remember(note, now_s)
        return None

    def _greeting(self, stage: Stage, token: str) -> Bid:
        return Bid(node=self._node, utterance=token, stage=stage, instance=self._instance)

    def _is_back(self, note: Bid, now_s: float) -> None:
        if note.instance != self._instance:
            return
        if note.stage is Stage.JOINS:
            self.membership.has_joined(note.utterance, now_s)
        own, claim = self._own, self._claim
        if claim and own and note.stage is Stage.ACTS and note.utterance == own.note.utterance:
            if not claim.is_back:
                claim.first = self._rival_claim(own)
            claim.is_back = True

    def _remember(self, note: Bid, now_s: float) -> None:
        began_s = now_s - min(max(note.age_ms, 0), OLDEST_MS) / 1000
        key = note.node, note.utterance
        if known := self._others.pop(key, None):
            began_s = min(began_s, known.began_s)
        self._others[key] = _Known(note, began_s)
        old = [key for key, each in self._others.items() if now_s - each.began_s > _MEMORY_S]
        for key in old or list(self._others)[:-_MOST_NOTES]:
            del self._others[key]

    def hear(self, utterance: str, loudness_db: float, began_s: float, now_s: float) -> Bid:
        """Return the note to send when speech is heard, which began at `began_s`."""
        age_ms = max(0, round((now_s - began_s) * 1000))
        note = Bid(
            node=self._node,
            utterance=utterance,
            stage=Stage.HEARS,
            loudness_db=round(loudness_db),
            age_ms=age_ms,
            instance=self._instance,
        )
        self._before_s = self._own.began_s if self._own else -math.inf
        self._own, self._announced_s = _Known(note, began_s), now_s
        self._claim, self._cut_from = None, frozenset()
        self._first_db = note.loudness_db
        return note

    def end(self, loudness_db: float, now_s: float) -> Bid:
        """Return the note to send when speech has ended, `loudness_db` loud as a whole."""
        own = self._mine()
        own.note = replace(own.note, loudness_db=round(loudness_db))
        return self.move(Stage.HEARD, now_s)

    def move(
        self, stage: Stage, now_s: float, *, row: str = "", text: str = "", score: float = 0.0
    ) -> Bid:
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
        if stage is Stage.ACTS:
            self._claim = _Claim(now_s)
        return own.note

    def _mine(self) -> _Known:
        if self._own is None:
            raise ValueError("an utterance is heard before it is decided on")
        return self._own

    def verdict(self, wanted_s: float, now_s: float) -> Verdict:
        """Return who acts, as far as it is known; this node came to `wants` at `wanted_s`."""
        own = self._mine()
        if self._cut_from:
            return _has_missed(self._cut_from)
        if self._claim:
            return self._verdict_on(self._claim, own, now_s)
        if rival := self._rival_claim(own):
            return _gives_way(rival)
        others = self.membership.others(now_s)
        if not others and not self.membership.joined:
            return Won(if_alone=True)
        follows = own.began_s - SAME_MOMENT_S >= self.membership.following_since_s(now_s)
        # One that has gone since may have acted before.
        if not follows and (others or self.membership.knows_of_another):
            return _has_missed(others)
        return self._best(own, wanted_s, now_s) if others else Won()

    def follows(self, now_s: float) -> bool:
        """Whether a sentence that begins now can be agreed on."""
        return now_s - SAME_MOMENT_S >= self.membership.following_since_s(now_s)

    def objection(self, now_s: float) -> str | None:
        """Return what speaks against acting on what was won `if_alone`; None if it is not known."""
        if not self.membership.joined:
            return None
        others = self.membership.others(now_s)
        missed = others or self.membership.knows_of_another
        return _has_missed(others).reason if missed else ""

    def _verdict_on(self, claim: _Claim, own: _Known, now_s: float) -> Verdict:
        rival = claim.first if claim.is_back else self._rival_claim(own)
        if rival:
            return _gives_way(rival)
        if claim.is_back:
            return Won()
        if now_s < claim.sent_s + ANSWER_S:
            return Undecided(claim.sent_s + ANSWER_S)
        return HeldBack(
            f"the broker has not answered for {ANSWER_S:.0f} s, and another room may have acted",
            unsure=True,
        )

    def _best(self, own: _Known, wanted_s: float, now_s: float) -> Verdict:
        """Return whether this node is the best, as far as the others have told."""
        rivals = [each.note for each in self._rivals(own)]
        ahead = [rival for rival in rivals if _rank(rival) < _rank(own.note)]
        for rival in ahead:
            if rival.stage is Stage.WANTS and _same_wish(own.note, rival):
                return HeldBack(_why(rival, own.note))
        thinking = [each for each in rivals if self._may_be_ahead(each, own.note)]
        if thinking and now_s < wanted_s + PATIENCE_S:
            return Undecided(wanted_s + PATIENCE_S)
        if now_s < self._announced_s + self._window_s:
            return Undecided(self._announced_s + self._window_s)
        return Claims()

    def _rival_claim(self, own: _Known) -> Bid | None:
        """Return another's claim that may be of the same utterance and wish, if there is one."""
        for each in self._others.values():
            may_be_same = (
                each.began_s >= own.began_s - SAME_MOMENT_S
                and own.began_s - each.began_s < each.began_s - self._before_s
            )
            if each.note.stage is Stage.ACTS and may_be_same and _same_wish(own.note, each.note):
                return each.note
        return None

    def _rivals(self, own: _Known) -> Iterable[_Known]:
        return [each for each in self._others.values() if self._is_same(own.began_s, each.began_s)]

    def _is_same(self, own_s: float, other_s: float) -> bool:
        """Whether two beginnings are of one utterance, and not of the one before it."""
        apart_s = abs(other_s - own_s)
        return apart_s <= SAME_MOMENT_S and apart_s < abs(other_s - self._before_s)

    def _may_be_ahead(self, rival: Bid, own: Bid) -> bool:
        """Whether `rival` may turn out to want the same, and be better; like with like."""
        if rival.stage is Stage.HEARS:
            return rival.loudness_db >= self._first_db
        return rival.stage is Stage.HEARD and rival.loudness_db >= own.loudness_db


def _rank(note: Bid) -> tuple[int, float, str]:
    return (-note.loudness_db, -note.score, note.node)


def _same_wish(one: Bid, other: Bid) -> bool:
    if one.row == other.row:
        return True
    mine, theirs = set(one.text.lower().split()), set(other.text.lower().split())
    return 2 * len(mine & theirs) >= max(len(mine), len(theirs), 1)


def _has_missed(others: frozenset[str]) -> HeldBack:
    names = ", ".join(sorted(others)) or "another room"
    return HeldBack(
        f"it was not in touch with {names} all the time, which may have acted", unsure=True
    )


def _gives_way(rival: Bid) -> HeldBack:
    return HeldBack(f"{rival.node} acts on it already")


def _why(rival: Bid, own: Bid) -> str:
    if rival.loudness_db != own.loudness_db:
        return (
            f"{rival.node} heard it louder ({rival.loudness_db} dBFS, here {own.loudness_db} dBFS)"
        )
    if rival.score != own.score:
        return f"{rival.node} is more certain ({rival.score:.2f}, here {own.score:.2f})"
    return f"{rival.node} heard it as well and comes first by name"
