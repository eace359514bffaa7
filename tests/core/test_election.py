"""Exactly one of several nodes acts: the loudest, the most certain, the first by name."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.core.election import (
    PATIENCE_S,
    SAME_MOMENT_S,
    Election,
    HeldBack,
    Note,
    Stage,
    Undecided,
    Won,
)

WINDOW_S = 0.12


@dataclass
class Node:
    """A node of a house in which time is a number."""

    name: str
    loudness_db: float
    score: float = 1.0
    row: str = "light"
    text: str = "turn on the light"
    began_s: float = 0.0
    told_s: float = 0.02
    """When it notices that speech began."""
    closed_s: float = 0.0
    """When it notices that speech ended; before `decided_s`."""
    decided_s: float = 0.4
    understands: bool = True
    acted_s: float | None = None
    reason: str = ""
    election: Election = field(init=False)

    def __post_init__(self) -> None:
        self.election = Election(self.name, WINDOW_S)
        self.closed_s = self.closed_s or (self.told_s + self.decided_s) / 2


class House:
    """Nodes that hear one utterance, and notes that take `DELAY_S` from one to another."""

    DELAY_S = 0.005

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes
        self._agenda: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()

    def play(self) -> list[Node]:
        """Let it happen; return the nodes that acted."""
        for node in self._nodes:
            self._at(node.told_s, partial(self._hear, node))
            self._at(node.closed_s, partial(self._close, node))
            self._at(node.decided_s, partial(self._decide, node))
        while self._agenda:
            now_s, _, happen = self._agenda.pop(0)
            happen(now_s)
        return [node for node in self._nodes if node.acted_s is not None]

    def _at(self, at_s: float, happen: Callable[[float], None]) -> None:
        self._agenda.append((at_s, next(self._order), happen))
        self._agenda.sort(key=lambda each: each[:2])

    def _tell(self, now_s: float, sender: Node, note: Note) -> None:
        for node in self._nodes:
            if node is not sender:
                self._at(now_s + self.DELAY_S, partial(self._receive, node, note))

    def _hear(self, node: Node, now_s: float) -> None:
        self._tell(now_s, node, node.election.hear("u", node.loudness_db, node.began_s, now_s))

    def _close(self, node: Node, now_s: float) -> None:
        self._tell(now_s, node, node.election.end(node.loudness_db, now_s))

    def _decide(self, node: Node, now_s: float) -> None:
        stage = Stage.WANTS if node.understands else Stage.PASSES
        note = node.election.move(stage, now_s, row=node.row, text=node.text, score=node.score)
        self._tell(now_s, node, note)
        self._judge(node, now_s)

    def _receive(self, node: Node, note: Note, now_s: float) -> None:
        node.election.receive(note, now_s)
        if now_s >= node.decided_s:
            self._judge(node, now_s)

    def _judge(self, node: Node, now_s: float) -> None:
        if not node.understands or node.acted_s is not None or node.reason:
            return
        match node.election.verdict(node.decided_s, now_s):
            case Undecided(until_s=until_s):
                self._at(until_s, partial(self._judge, node))
            case Won():
                node.acted_s = now_s
                self._tell(now_s, node, node.election.move(Stage.ACTS, now_s))
            case HeldBack(reason=reason):
                node.reason = reason
                self._tell(now_s, node, node.election.move(Stage.PASSES, now_s))


def hold(*nodes: Node) -> list[Node]:
    """Return the nodes that act when all of them hear one utterance."""
    return House(list(nodes)).play()


@pytest.mark.parametrize(
    ("nodes", "winner"),
    [
        pytest.param((Node("a", -30), Node("b", -20), Node("c", -40)), "b", id="loudest"),
        pytest.param((Node("a", -30, 0.8), Node("b", -30.2, 0.9)), "b", id="most-certain"),
        pytest.param((Node("b", -30), Node("a", -30)), "a", id="first-by-name"),
        pytest.param((Node("a", -30),), "a", id="alone"),
        pytest.param((Node("a", -20, decided_s=1.2), Node("b", -30)), "a", id="slow-but-loud"),
        pytest.param((Node("a", -20, understands=False), Node("b", -30)), "b", id="loud-but-dull"),
        pytest.param((Node("a", -20, decided_s=9.0), Node("b", -30)), "b", id="the-loudest-hangs"),
        pytest.param(
            (Node("a", -20, row="lights"), Node("b", -30)), "a", id="almost-the-same-words"
        ),
        pytest.param((Node("a", -30), Node("b", -20, told_s=0.7, decided_s=0.8)), "a", id="late"),
        pytest.param(
            (Node("a", -20, closed_s=0.9, decided_s=1.0), Node("b", -30)), "a", id="gate-open-long"
        ),
    ],
)
def test_exactly_one_acts(nodes: tuple[Node, ...], winner: str) -> None:
    assert [node.name for node in hold(*nodes)] == [winner]
    assert all(node.reason for node in nodes if node.understands and node.name != winner)


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param(
            (Node("a", -20), Node("b", -30, row="blinds", text="close blinds please")),
            id="different-wishes-at-the-same-moment",
        ),
        pytest.param(
            (Node("a", -20), Node("b", -30, began_s=2, told_s=2.1, decided_s=2.4)),
            id="the-same-wish-later",
        ),
    ],
)
def test_what_two_people_say_is_done_twice(nodes: tuple[Node, Node]) -> None:
    assert len(hold(*nodes)) == 2


def test_the_same_wish_said_again_at_once_is_another_one() -> None:
    node, other = Election("b", WINDOW_S), Election("a", WINDOW_S)
    for name, began_s in (("first", 0.0), ("second", 0.5)):
        decided_s = began_s + 0.2
        node.receive(other.hear(name, -40, began_s, began_s), began_s)
        node.hear(name, -20, began_s, began_s)
        node.move(Stage.WANTS, decided_s, row="light")
        assert node.verdict(decided_s, decided_s) == Won()
        # It comes so late that the next utterance has ended.
        late = other.move(Stage.ACTS, decided_s, row="light")
    node.receive(late, 0.75)
    node.hear("third", -20, 1.0, 1.0)
    node.move(Stage.WANTS, 1.2, row="light")
    assert node.verdict(1.2, 1.2) == Won()


def test_the_loudest_does_not_wait_once_recognition_took_longer_than_the_window() -> None:
    loud = Node("a", -20, decided_s=0.3)
    hold(loud, Node("b", -30, decided_s=0.9), Node("c", -31, decided_s=0.2))
    assert loud.acted_s == loud.decided_s


def test_a_quieter_one_waits_no_longer_than_patience() -> None:
    quiet = Node("b", -30, decided_s=0.3)
    hold(Node("a", -20, decided_s=99.0), quiet)
    assert quiet.acted_s == pytest.approx(quiet.decided_s + PATIENCE_S)


@given(
    seed=st.integers(),
    loudness_db=st.lists(st.integers(-60, -10), min_size=2, max_size=5),
)
def test_whatever_the_timing_exactly_one_acts_and_it_is_the_best(
    seed: int, loudness_db: list[int]
) -> None:
    chance = random.Random(seed)
    nodes = [
        Node(
            f"n{number}",
            loudness,
            score=chance.choice([0.8, 1.0]),
            began_s=(began_s := chance.uniform(0, SAME_MOMENT_S / 2)),
            told_s=(told_s := began_s + chance.uniform(0.01, 0.1)),
            decided_s=told_s + chance.uniform(SAME_MOMENT_S / 2, PATIENCE_S / 2),
        )
        for number, loudness in enumerate(loudness_db)
    ]
    best = min(nodes, key=lambda n: (-round(n.loudness_db), -n.score, n.name))
    assert hold(*nodes) == [best]


def test_nothing_is_decided_before_anything_was_heard() -> None:
    with pytest.raises(ValueError, match="heard before"):
        Election("a", WINDOW_S).move(Stage.WANTS, 0.0)
