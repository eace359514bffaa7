"""Which of several nodes that heard the same sentence acts on it. Pure: time is an argument.

How it works. All nodes exchange bids by way of the broker. As soon as speech begins, a node says
so and how loud it is (`hears`); when speech has ended, how loud it was as a whole (`heard`). When
the command is recognised it says so (`wants`), or that there is none it could act on (`passes`).
The best of those that want the same acts: the loudest, then the most confident, then the first
by name. So the loudest waits for nobody; a quieter one waits, for a limited time, for the
louder ones that are known to be still capturing or recognising.

That alone would go wrong where bids are late. So whoever seems to be the best first claims the
utterance (`acts`), and acts when its own claim has come back from the broker. A broker delivers
the messages of one topic to everybody in the same order: a node that has its claim back has seen
every earlier claim. The first claim holds and all later ones give way (`passes`), so that at most
one node acts, however long messages take. A claim that does not come back in time is given up.
For the same reason a node must have been connected since before the utterance began
(`membership.py`). A node that is alone asks nobody.

Two bids are about the same utterance if speech began at about the same moment; its end depends
on each endpointer. A node uses its own clock only: arrival of a bid minus the age in it is
the latest moment at which the other's speech can have begun, and a claim that may be to the same
utterance counts as one. Two commands are the same if they are of the same row, or share half of
their words: what two people say at the same moment in two rooms is carried out in both.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from voice2mqtt.core.membership import Membership

SAME_MOMENT_S = 0.8
"""How far two beginnings of one utterance may be apart: the onset is detected later at a distant
microphone, and told later by a busy machine. Set by hand."""
PATIENCE_S = 1.5
"""How long a louder node that has not decided yet is waited for. Set by hand."""
ANSWER_S = 3.0
"""How long our own claim is waited for to come back from the broker. Set by hand."""
OLDEST_MS = 120_000
"""Longer than any utterance; a greater age is wrong and is cut to this."""
_MEMORY_S = 60.0
"""Bids about utterances older than this are forgotten."""
_MOST_BIDS = 256
"""Bids kept at one time, so that a faulty node cannot fill the memory."""


class Stage(StrEnum):
    """How far a node is with an utterance, or why else it sends a bid."""

    HEARS = "hears"
    HEARD = "heard"
    WANTS = "wants"
    PASSES = "passes"
    ACTS = "acts"
    """It claims the utterance; older versions send this when they have acted."""
    JOINS = "joins"
    """It has connected to the broker."""
    KNOWS = "knows"
    """It knows of the node that joined with this bid's `utterance` as its token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """What a node tells the others about one utterance, or about itself."""

    node: str
    utterance: str
    """Identifies the utterance among those of the node; at JOINS and KNOWS the connection."""
    stage: Stage
    loudness_db: int = 0
    """In whole dBFS, so that nearly equal is equal."""
    age_ms: int = 0
    """How long ago speech began."""
    row: str = ""
    text: str = ""
    score: float = 0.0
    instance: str = ""
    """Identifies the run of the program; "" from older versions."""


@dataclass(frozen=True, slots=True)
class Won:
    """This node acts."""

    if_alone: bool = False
    """Whether it must become known first that there is no other: `Arbitration.objection`."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """This node does not act; `reason` says why."""

    reason: str
    unsure: bool = False
    """Whether possibly no node acts."""


@dataclass(frozen=True, slots=True)
class Claims:
    """This node is to claim the utterance, by `Stage.ACTS`, and ask again."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Ask again when a bid arrives, or at `until_s`."""

    until_s: float


Ruling = Won | HeldBack | Claims | Undecided


@dataclass(slots=True)
class _Known:
    bid: Bid
    began_s: float
    """When speech began; for another node the latest moment at which it can have begun."""


@dataclass(slots=True)
class _Claim:
    """This node's claim to its utterance."""

    sent_s: float
    is_back: bool = False
    first: Bid | None = None
    """The claim that the broker passed on before ours."""


class Arbitration:
    """The bids of one node and those it has received."""

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
        """Return the bid to send when connected; `token` identifies the connection."""
        self.membership.join(token)
        return self._greeting(Stage.JOINS, token)

    def leave(self, now_s: float) -> None:
        """Handle the loss of the connection: bids of the others may be missed from now on."""
        self._cut_from |= self.membership.others(now_s)
        self.membership.leave()

    def receive(self, bid: Bid, now_s: float) -> Bid | None:
        """Handle a bid from the broker, our own included; return what to answer."""
        if bid.node == self._node:
            self._is_back(bid, now_s)
            return None
        self.membership.hear_of(bid.node, now_s)
        if bid.stage is Stage.JOINS:
            return self._greeting(Stage.KNOWS, bid.utterance)
        is_older = not bid.instance
        answers = bid.stage is Stage.KNOWS and self.membership.is_named(bid.utterance)
        if answers:
            # Where a broker keeps no retained messages, we were not told that it is online.
            self.membership.see(bid.node, now_s, there=True)
        if is_older or answers:
            self.membership.known_to(bid.node, now_s)
        if bid.stage is not Stage.KNOWS:
            self._remember(bid, now_s)
        return None

    def _greeting(self, stage: Stage, token: str) -> Bid:
        return Bid(node=self._node, utterance=token, stage=stage, instance=self._instance)

    def _is_back(self, bid: Bid, now_s: float) -> None:
        if bid.instance != self._instance:
            return
        if bid.stage is Stage.JOINS:
            self.membership.has_joined(bid.utterance, now_s)
        own, claim = self._own, self._claim
        if claim and own and bid.stage is Stage.ACTS and bid.utterance == own.bid.utterance:
            if not claim.is_back:
                claim.first = self._rival_claim(own)
            claim.is_back = True

    def _remember(self, bid: Bid, now_s: float) -> None:
        began_s = now_s - min(max(bid.age_ms, 0), OLDEST_MS) / 1000
        key = bid.node, bid.utterance
        if known := self._others.pop(key, None):
            began_s = min(began_s, known.began_s)
        self._others[key] = _Known(bid, began_s)
        old = [key for key, each in self._others.items() if now_s - each.began_s > _MEMORY_S]
        for key in old or list(self._others)[:-_MOST_BIDS]:
            del self._others[key]

    def hear(self, utterance: str, loudness_db: float, began_s: float, now_s: float) -> Bid:
        """Return the bid to send when speech is detected, which began at `began_s`."""
        age_ms = max(0, round((now_s - began_s) * 1000))
        bid = Bid(
            node=self._node,
            utterance=utterance,
            stage=Stage.HEARS,
            loudness_db=round(loudness_db),
            age_ms=age_ms,
            instance=self._instance,
        )
        self._before_s = self._own.began_s if self._own else -math.inf
        self._own, self._announced_s = _Known(bid, began_s), now_s
        self._claim, self._cut_from = None, frozenset()
        self._first_db = bid.loudness_db
        return bid

    def end(self, loudness_db: float, now_s: float) -> Bid:
        """Return the bid to send when speech has ended, `loudness_db` loud as a whole."""
        own = self._own_utterance()
        own.bid = replace(own.bid, loudness_db=round(loudness_db))
        return self.move(Stage.HEARD, now_s)

    def move(
        self, stage: Stage, now_s: float, *, row: str = "", text: str = "", score: float = 0.0
    ) -> Bid:
        """Return the bid to send when this node has come to `stage` with its utterance."""
        own = self._own_utterance()
        own.bid = replace(
            own.bid,
            stage=stage,
            age_ms=max(0, round((now_s - own.began_s) * 1000)),
            row=row or own.bid.row,
            text=text or own.bid.text,
            score=round(score, 3) or own.bid.score,
        )
        if stage is Stage.ACTS:
            self._claim = _Claim(now_s)
        return own.bid

    def _own_utterance(self) -> _Known:
        if self._own is None:
            raise ValueError("an utterance is heard before it is decided on")
        return self._own

    def verdict(self, wanted_s: float, now_s: float) -> Ruling:
        """Return who acts, as far as is known; this node reached `WANTS` at `wanted_s`."""
        own = self._own_utterance()
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
        # A node that has gone since may have acted before.
        if not follows and (others or self.membership.knows_of_another):
            return _has_missed(others)
        return self._best(own, wanted_s, now_s) if others else Won()

    def follows(self, now_s: float) -> bool:
        """Whether an utterance that begins now can be agreed on."""
        return now_s - SAME_MOMENT_S >= self.membership.following_since_s(now_s)

    def objection(self, now_s: float) -> str | None:
        """Return why what was won `if_alone` may not be done, or ""; None if not known yet."""
        if not self.membership.joined:
            return None
        others = self.membership.others(now_s)
        missed = others or self.membership.knows_of_another
        return _has_missed(others).reason if missed else ""

    def _verdict_on(self, claim: _Claim, own: _Known, now_s: float) -> Ruling:
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

    def _best(self, own: _Known, wanted_s: float, now_s: float) -> Ruling:
        """Return whether this node is the best, by the bids of the others so far."""
        rivals = [each.bid for each in self._rivals(own)]
        ahead = [rival for rival in rivals if _rank(rival) < _rank(own.bid)]
        for rival in ahead:
            if rival.stage is Stage.WANTS and _same_command(own.bid, rival):
                return HeldBack(_why(rival, own.bid))
        thinking = [each for each in rivals if self._may_be_ahead(each, own.bid)]
        if thinking and now_s < wanted_s + PATIENCE_S:
            return Undecided(wanted_s + PATIENCE_S)
        if now_s < self._announced_s + self._window_s:
            return Undecided(self._announced_s + self._window_s)
        return Claims()

    def _rival_claim(self, own: _Known) -> Bid | None:
        """Return another node's claim that may be to the same utterance and command, if any."""
        for each in self._others.values():
            may_be_same = (
                each.began_s >= own.began_s - SAME_MOMENT_S
                and own.began_s - each.began_s < each.began_s - self._before_s
            )
            if each.bid.stage is Stage.ACTS and may_be_same and _same_command(own.bid, each.bid):
                return each.bid
        return None

    def _rivals(self, own: _Known) -> Iterable[_Known]:
        return [each for each in self._others.values() if self._is_same(own.began_s, each.began_s)]

    def _is_same(self, own_s: float, other_s: float) -> bool:
        """Whether two beginnings are of one utterance, and not of our one before it."""
        apart_s = abs(other_s - own_s)
        return apart_s <= SAME_MOMENT_S and apart_s < abs(other_s - self._before_s)

    def _may_be_ahead(self, rival: Bid, own: Bid) -> bool:
        """Whether `rival` may still turn out to want the same and be the better one.

        Loudness is compared at the same stage: at the onset, or of the whole utterance.
        """
        if rival.stage is Stage.HEARS:
            return rival.loudness_db >= self._first_db
        return rival.stage is Stage.HEARD and rival.loudness_db >= own.loudness_db


def _rank(bid: Bid) -> tuple[int, float, str]:
    return (-bid.loudness_db, -bid.score, bid.node)


def _same_command(one: Bid, other: Bid) -> bool:
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
