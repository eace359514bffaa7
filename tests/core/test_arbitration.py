"""At most one of several nodes acts, whatever the lines; as a rule the loudest, and at once."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rooms import LINE_S, WINDOW_S, House, Room, Saying
from tests.examples import examples
from voice2mqtt.core.arbitration import (
    ANSWER_S,
    OLDEST_MS,
    PATIENCE_S,
    SAME_MOMENT_S,
    Arbitration,
    Bid,
    Claims,
    HeldBack,
    Stage,
    Won,
)
from voice2mqtt.core.membership import LINGER_S, MOST

ROUND_TRIP_S = 2 * LINE_S


def node(name: str, loudness_db: float = -30.0, score: float = 1.0, **saying: object) -> Room:
    """Return a node that hears one sentence."""
    said = Saying(loudness_db=loudness_db, score=score, **saying)  # type: ignore[arg-type]
    return Room(name, [said])


def hold(*rooms: Room, stalls_s: tuple[tuple[float, float], ...] = ()) -> list[str]:
    """Return the nodes that act when all of them hear what they hear."""
    House(rooms, stalls_s).play()
    return [room.name for room in rooms for said in room.sayings if said.acted_s is not None]


def held_back(room: Room) -> HeldBack:
    """Return why `room` did not act."""
    held = room.sayings[0].held
    assert held
    return held


@pytest.mark.parametrize(
    ("nodes", "winner"),
    [
        pytest.param((node("a", -30), node("b", -20), node("c", -40)), "b", id="loudest"),
        pytest.param((node("a", -30, 0.8), node("b", -30.2, 0.9)), "b", id="most-certain"),
        pytest.param((node("b", -30), node("a", -30)), "a", id="first-by-name"),
        pytest.param((node("a", -30),), "a", id="alone"),
        pytest.param((node("a", -20, decided_s=1.2), node("b", -30)), "a", id="slow-but-loud"),
        pytest.param((node("a", -20, understands=False), node("b", -30)), "b", id="loud-but-dull"),
        pytest.param((node("a", -20, decided_s=9.0), node("b", -30)), "b", id="the-loudest-hangs"),
        pytest.param(
            (node("a", -20, row="lights"), node("b", -30)), "a", id="almost-the-same-words"
        ),
        pytest.param((node("a", -30), node("b", -20, told_s=0.7, decided_s=0.8)), "a", id="late"),
        pytest.param(
            (node("a", -20, closed_s=0.9, decided_s=1.0), node("b", -30)), "a", id="gate-open-long"
        ),
    ],
)
def test_exactly_one_acts(nodes: tuple[Room, ...], winner: str) -> None:
    assert hold(*nodes) == [winner]
    for room in nodes:
        assert room.name == winner or room.sayings[0].held or not room.sayings[0].understands


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param(
            (node("a", -20), node("b", -30, row="blinds", text="close blinds please")),
            id="different-wishes-at-the-same-moment",
        ),
        pytest.param(
            (node("a", -20), node("b", -30, began_s=2, told_s=2.1, decided_s=2.4)),
            id="the-same-wish-later",
        ),
    ],
)
def test_what_two_people_say_is_done_twice(nodes: tuple[Room, Room]) -> None:
    assert len(hold(*nodes)) == 2


def joined(name: str, *others: str) -> Arbitration:
    """Return the election of a node that knows and is known to `others`."""
    made = Arbitration(name, WINDOW_S, "mine")
    joins = made.join("t")
    for other in others:
        made.membership.see(other, -10, there=True)
    made.receive(joins, -10)
    for other in others:
        made.receive(Bid(node=other, utterance="t", stage=Stage.KNOWS, instance="x"), -10)
    return made


def act(election: Arbitration, now_s: float, row: str = "light") -> Won | HeldBack:
    """Return the verdict when the broker answers at once."""
    election.move(Stage.WANTS, now_s, row=row)
    assert election.verdict(now_s, now_s) == Claims()
    election.receive(election.move(Stage.ACTS, now_s), now_s)
    verdict = election.verdict(now_s, now_s)
    assert isinstance(verdict, Won | HeldBack)
    return verdict


@pytest.mark.parametrize(
    ("better", "other", "why"),
    [
        (node("a", -20), node("b", -30), "a heard it louder (-20 dBFS, here -30 dBFS)"),
        (node("a", -30, 0.9), node("b", -30, 0.8), "a is more certain (0.90, here 0.80)"),
        (node("a", -30), node("b", -30), "a heard it as well and comes first by name"),
    ],
    ids=["loudness", "score", "name"],
)
def test_who_holds_back_is_told_why(better: Room, other: Room, why: str) -> None:
    assert hold(better, other) == ["a"]
    assert held_back(other).reason == why


@pytest.mark.parametrize("louder_db", [0, 1], ids=["as loud", "louder"])
def test_who_may_still_turn_out_the_better_one_is_waited_for(louder_db: int) -> None:
    slow = node("a", -30 + louder_db, decided_s=1.2)
    assert hold(slow, node("b", -30)) == ["a"]


@pytest.mark.parametrize(
    ("one", "other", "acting"),
    [
        ("turn on the light", "Turn ON the light", 1),
        ("turn on the light", "turn on that lamp", 1),
        ("turn on the light", "turn up the radio loud", 2),
        ("turn on the light", "light", 2),
        ("light", "turn on the light", 2),
        ("turn on", "light", 2),
        ("light", "turn on", 2),
    ],
)
def test_half_of_the_words_tell_whether_two_rows_are_one_wish(
    one: str, other: str, acting: int
) -> None:
    assert len(hold(node("a", row="one", text=one), node("b", row="two", text=other))) == acting


def test_the_same_wish_said_again_at_once_is_another_one() -> None:
    mine, other = joined("b", "a"), joined("a", "b")
    for name, began_s in (("first", 0.0), ("second", 0.5)):
        decided_s = began_s + 0.2
        mine.receive(other.hear(name, -40, began_s, began_s), began_s)
        mine.hear(name, -20, began_s, began_s)
        assert act(mine, decided_s) == Won()
        # It comes so late that the next utterance has ended.
        late = other.move(Stage.ACTS, decided_s, row="light")
    mine.receive(late, 0.75)
    mine.hear("third", -20, 1.0, 1.0)
    assert act(mine, 1.2) == Won()


def test_the_loudest_waits_for_the_broker_only_once_recognition_took_longer_than_the_window() -> (
    None
):
    loud = node("a", -20, decided_s=0.3)
    hold(loud, node("b", -30, decided_s=0.9), node("c", -31, decided_s=0.2))
    assert loud.sayings[0].acted_s == pytest.approx(0.3 + ROUND_TRIP_S)


def test_a_node_alone_waits_for_nothing() -> None:
    alone = node("a", -20, decided_s=0.03)
    assert hold(alone) == ["a"]
    assert alone.sayings[0].acted_s == 0.03


def test_a_quieter_one_waits_no_longer_than_patience() -> None:
    quiet = node("b", -30, decided_s=0.3)
    hold(node("a", -20, decided_s=99.0), quiet)
    assert quiet.sayings[0].acted_s == pytest.approx(0.3 + PATIENCE_S + ROUND_TRIP_S)


@given(
    seed=st.integers(),
    loudness_db=st.lists(st.integers(-60, -10), min_size=2, max_size=5),
)
def test_over_quick_lines_exactly_one_acts_and_it_is_the_best(
    seed: int, loudness_db: list[int]
) -> None:
    chance = random.Random(seed)
    nodes = []
    for number, loudness in enumerate(loudness_db):
        began_s = chance.uniform(0, SAME_MOMENT_S / 2)
        told_s = began_s + chance.uniform(0.01, 0.1)
        decided_s = told_s + chance.uniform(SAME_MOMENT_S / 2, PATIENCE_S / 2)
        made = node(f"n{number}", loudness, chance.choice([0.8, 1.0]), began_s=began_s,
                    told_s=told_s, decided_s=decided_s)  # fmt: skip
        made.clock_s = chance.uniform(-1e5, 1e5)
        nodes.append(made)

    def rank(room: Room) -> tuple[float, float, str]:
        return -round(room.sayings[0].loudness_db), -room.sayings[0].score, room.name

    assert hold(*nodes) == [min(nodes, key=rank).name]


# Lines that are late, brokers that stall, nodes that come and go.


@st.composite
def houses(draw: st.DrawFn) -> tuple[list[Room], list[tuple[float, float]]]:
    """Draw rooms that hear the same sentences, on lines as bad as it likes."""
    slow_s = draw(st.sampled_from([0.0, 0.1, 0.6, 2.5, 6.0]))
    sentences = range(draw(st.integers(1, 2)))
    rooms = []
    for number in range(draw(st.integers(2, 4))):
        chance = random.Random(draw(st.integers(0, 2**32)))
        sayings = []
        for sentence in sentences:
            # Sentences are further apart than rooms can be about one of them.
            began_s = 2.1 * SAME_MOMENT_S * sentence + chance.uniform(0, SAME_MOMENT_S)
            told_s = began_s + chance.uniform(0, 0.2)
            decided_s = told_s + chance.uniform(0.02, 1.3 * SAME_MOMENT_S)
            sayings.append(Saying(began_s=began_s, told_s=told_s, decided_s=decided_s,
                                  loudness_db=chance.uniform(-60, -10)))  # fmt: skip
        came_s = draw(st.sampled_from([-100.0, -100.0, chance.uniform(-3, 3)]))
        up = [(came_s, 1e9)]
        if draw(st.booleans()):
            cut_s = max(came_s, chance.uniform(-2, 4)) + 0.01
            up = [(came_s, cut_s), (cut_s + chance.uniform(0, 2), 1e9)]
        rooms.append(Room(f"n{number}", sayings, clock_s=chance.uniform(-1e5, 1e5),
                          up=tuple(up), delays_s=_delays(chance, slow_s)))  # fmt: skip
    begin_s = draw(st.floats(-1, 4))
    return rooms, [(begin_s, begin_s + draw(st.sampled_from([0.0, 0.5, 2.5, 5.0])))]


def _delays(chance: random.Random, slow_s: float) -> Callable[[], float]:
    share = chance.choice([0.0, 0.1, 0.5, 1.0])
    return lambda: LINE_S + (chance.uniform(0, slow_s) if chance.random() < share else 0)


@examples(2)
@given(houses())
def test_whatever_the_lines_a_sentence_is_acted_on_at_most_once(
    house: tuple[list[Room], list[tuple[float, float]]],
) -> None:
    rooms, stalls_s = house
    House(rooms, stalls_s).play()
    for about_it in zip(*(room.sayings for room in rooms), strict=True):
        assert not [said for said in about_it if said.open], "undecided for ever"
        assert sum(said.acted_s is not None for said in about_it) <= 1


def test_a_broker_that_stalls_has_it_done_once_when_it_wakes() -> None:
    rooms = node("a", -20), node("b", -30)
    assert hold(*rooms, stalls_s=((0.1, 2.6),)) == ["a"]


def test_a_broker_that_stalls_for_long_has_it_not_done() -> None:
    rooms = node("a", -20), node("b", -30)
    assert hold(*rooms, stalls_s=((0.1, 60.0),)) == []
    assert all(held_back(room).unsure for room in rooms)
    assert f"not answered for {ANSWER_S:.0f} s" in held_back(rooms[0]).reason


def test_a_node_whose_line_is_slow_by_so_much_gives_way() -> None:
    quick, slow = node("a", -30), node("b", -20)
    slow.delays_s = lambda: 0.6
    assert hold(quick, slow) == ["a"]
    assert not held_back(slow).unsure


def test_a_node_that_has_just_come_holds_back() -> None:
    there, comes = node("a", -30), node("b", -20)
    comes.up = ((0.1, 1e9),)
    assert hold(there, comes) == ["a"]
    assert held_back(comes).unsure


def test_without_a_broker_nobody_acts_who_knows_of_others() -> None:
    rooms = node("a", -20), node("b", -30)
    for room in rooms:
        room.up = ((-100, 0.1), (50, 1e9))
    assert hold(*rooms) == []


def test_an_older_version_shows_that_it_is_one() -> None:
    mine = Arbitration("b", WINDOW_S, "mine")
    mine.receive(mine.join("t"), 0)
    old = Bid(node="a", utterance="u", stage=Stage.HEARS, loudness_db=-50)
    mine.membership.see("a", 0.0, there=True)
    mine.join("again")
    mine.receive(old, 0.5)
    mine.receive(Bid(node="b", utterance="again", stage=Stage.JOINS, instance="mine"), 1.0)
    mine.hear("u", -20, 2.0, 2.0)
    assert act(mine, 2.2) == Won()
    # Its word that it has acted counts as a claim.
    mine.hear("v", -20, 4.0, 4.0)
    mine.receive(Bid(node="a", utterance="v", stage=Stage.ACTS, row="light", age_ms=100), 4.1)
    mine.move(Stage.WANTS, 4.2, row="light")
    assert mine.verdict(4.2, 4.2) == HeldBack("a acts on it already")


def test_a_claim_that_was_withdrawn_holds_nobody_back() -> None:
    mine = joined("b", "a")
    mine.hear("u", -30, 0, 0)
    claim = Bid(node="a", utterance="u", stage=Stage.ACTS, row="light", instance="x")
    mine.receive(claim, 0.1)
    mine.receive(Bid(node="a", utterance="u", stage=Stage.PASSES, row="light", instance="x"), 0.2)
    assert act(mine, 0.3) == Won()


@examples(0.2)
@given(st.lists(st.tuples(st.text(), st.sampled_from(Stage), st.integers()), max_size=5))
def test_invented_notes_are_forgotten(said: list[tuple[str, Stage, int]]) -> None:
    mine = joined("b", "a")
    for number, (name, stage, age_ms) in enumerate(said):
        for copy in range(MOST):
            invented = Bid(node=f"{name}{copy}", utterance=f"{number}", stage=stage, age_ms=age_ms)
            mine.receive(invented, 0)
    assert len(mine.membership.others(0)) <= MOST
    late_s = 2 * OLDEST_MS / 1000
    assert mine.membership.others(late_s) == {"a"}
    mine.hear("u", -30, late_s, late_s)
    assert act(mine, late_s + 1) == Won()


def test_a_node_that_left_is_reckoned_with_a_little_longer() -> None:
    mine = joined("b", "a")
    mine.membership.see("a", 0, there=False)
    assert mine.membership.others(LINGER_S / 2) == {"a"}
    assert not mine.membership.others(LINGER_S)


def test_nothing_is_decided_before_anything_was_heard() -> None:
    with pytest.raises(ValueError, match="heard before"):
        Arbitration("a", WINDOW_S).move(Stage.WANTS, 0.0)


def test_bids_tell_how_long_ago_speech_began() -> None:
    arbitration = Arbitration("here", WINDOW_S)
    ages_ms = [
        arbitration.hear("u", -30.4, began_s=10.0, now_s=10.25).age_ms,
        arbitration.end(-25.6, now_s=11.5).age_ms,
        arbitration.move(Stage.WANTS, 12.0, row="light", score=0.8765).age_ms,
        # The clocks of two threads are not read in order.
        arbitration.hear("v", -30.0, began_s=20.1, now_s=20.0).age_ms,
    ]
    assert ages_ms == [250, 1500, 2000, 0]


def test_a_bid_keeps_what_was_told_before() -> None:
    arbitration = Arbitration("here", WINDOW_S)
    arbitration.hear("u", -30.4, 10.0, 10.0)
    assert arbitration.end(-25.6, 11.0).loudness_db == -26
    arbitration.move(Stage.WANTS, 12.0, row="light", text="light on", score=0.8764)
    claim = arbitration.move(Stage.ACTS, 12.1)
    assert (claim.row, claim.text, claim.score, claim.loudness_db) == (
        *("light", "light on", 0.876), -26,
    )  # fmt: skip


def test_who_is_greeted_learns_of_us_by_its_own_token() -> None:
    arbitration = Arbitration("here", WINDOW_S, "run")
    answer = arbitration.receive(Bid(node="there", utterance="its", stage=Stage.JOINS), 1.0)
    assert answer
    assert (answer.node, answer.stage, answer.utterance) == ("here", Stage.KNOWS, "its")


def test_all_that_were_not_followed_are_named() -> None:
    arbitration = Arbitration("here", WINDOW_S)
    for name in ("den", "attic"):
        arbitration.receive(
            Bid(node=name, utterance="t", stage=Stage.HEARS, row="x", age_ms=100_000), 1.0
        )
    arbitration.hear("u", -30.0, 2.0, 2.0)
    arbitration.leave(2.1)
    held = arbitration.verdict(3.0, 3.0)
    assert isinstance(held, HeldBack)
    assert held.unsure
    assert "in touch with attic, den all the time" in held.reason
