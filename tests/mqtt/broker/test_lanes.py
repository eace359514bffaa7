"""Who goes first, and how much may wait."""

import pytest

from voice2mqtt.mqtt.broker import lanes as lanes_module
from voice2mqtt.mqtt.broker.delivery import Delivery, Lane, ignore_result
from voice2mqtt.mqtt.broker.lanes import Lanes


def put(lanes: Lanes, topic: str, lane: Lane, *, retain: bool = False) -> Delivery | None:
    left_out = lanes.put(Delivery(topic=topic, payload="", lane=lane, retain=retain), ignore_result)
    return left_out[0] if left_out else None


def order(lanes: Lanes, *closed: Lane) -> list[str]:
    topics = []
    while taken := lanes.take(lambda lane: lane not in closed):
        topics.append(taken[0].topic)
    return topics


def test_the_first_lane_goes_first_and_each_keeps_its_order() -> None:
    lanes = Lanes()
    for topic, lane in (("d1", Lane.DISCOVERY), ("s", Lane.STATE), ("d2", Lane.DISCOVERY)):
        put(lanes, topic, lane)
    put(lanes, "c1", Lane.COMMAND)
    put(lanes, "c2", Lane.COMMAND)
    assert order(lanes) == ["c1", "c2", "s", "d1", "d2"]
    assert not lanes


def test_a_lane_that_has_its_share_under_way_holds_up_no_other() -> None:
    lanes = Lanes()
    put(lanes, "command", Lane.COMMAND)
    put(lanes, "state", Lane.STATE)
    assert order(lanes, Lane.COMMAND) == ["state"]
    assert [delivery.topic for delivery, _ in lanes.clear()] == ["command"]


def test_of_what_is_announced_only_the_last_word_waits() -> None:
    lanes = Lanes()
    put(lanes, "light", Lane.DISCOVERY, retain=True)
    put(lanes, "door", Lane.DISCOVERY, retain=True)
    assert put(lanes, "light", Lane.DISCOVERY, retain=True) is not None
    assert order(lanes) == ["door", "light"]


def test_states_are_all_told_unless_many_wait() -> None:
    lanes = Lanes()
    for _ in range(1000):
        put(lanes, "state", Lane.STATE, retain=True)
        put(lanes, "activity", Lane.STATE, retain=True)
    told = order(lanes)
    assert told[:4] == ["state", "activity"] * 2
    assert len(told) < 30


def test_commands_are_never_replaced() -> None:
    lanes = Lanes()
    for _ in range(100):
        assert put(lanes, "home/heating", Lane.COMMAND, retain=True) is None
    assert len(order(lanes)) == 100


def test_a_full_lane_takes_no_more_and_leaves_the_others_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes_module, "CAPACITY", 2)
    lanes = Lanes()
    assert [put(lanes, each, Lane.STATE) is None for each in "abc"] == [True, True, False]
    assert put(lanes, "command", Lane.COMMAND) is None
    assert order(lanes) == ["command", "a", "b"]
