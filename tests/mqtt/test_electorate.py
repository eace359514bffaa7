"""Rooms that hear the same sentence agree, over a real broker."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.broker import Broker, wait_until
from voice2mqtt.core.election import HeldBack, Won
from voice2mqtt.mqtt.electorate import read_note
from voice2mqtt.mqtt.room import MqttRoom
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

QUIET = HomeAssistantSettings(discovery=False)


@contextmanager
def node(broker: Broker, name: str) -> Iterator[MqttRoom]:
    room = MqttRoom(Settings(node=name, mqtt=MqttSettings(broker=broker.url), home_assistant=QUIET))
    room.start()
    try:
        yield room
    finally:
        room.close(0)


def wait_for_others(rooms: list[MqttRoom]) -> None:
    count = len(rooms) - 1
    wait_until(lambda: all(len(r.others) == count for r in rooms), "all to be known")


def hear(room: MqttRoom, loudness_db: float, thinks_s: float) -> Won | HeldBack:
    """What a node does with one utterance."""
    room.speech_began(loudness_db)
    room.speech_ended(loudness_db)
    threading.Event().wait(thinks_s)
    return room.elect(row="light", text="turn on the light", score=1.0)


def test_the_loudest_of_three_acts_however_long_each_thinks(broker: Broker) -> None:
    loudness_db = {"attic": -35.0, "bath": -22.0, "cellar": -51.0}
    with ExitStack() as stack:
        rooms = {name: stack.enter_context(node(broker, name)) for name in loudness_db}
        wait_for_others(list(rooms.values()))
        for thinks_s in ((0.15, 0.15, 0.15), (0.0, 0.3, 0.1), (0.3, 0.0, 0.2)):
            verdicts: dict[str, Won | HeldBack] = {}

            def take_part(name: str, thinks_s: float, to: dict[str, Won | HeldBack]) -> None:
                to[name] = hear(rooms[name], loudness_db[name], thinks_s)

            threads = [
                threading.Thread(target=take_part, args=(name, time_s, verdicts))
                for name, time_s in zip(rooms, thinks_s, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
            assert verdicts.pop("bath") == Won()
            assert len([v for v in verdicts.values() if isinstance(v, HeldBack)]) == 2


def test_a_node_alone_tells_nobody_and_waits_for_nobody(broker: Broker) -> None:
    with broker.subscriber("voice2mqtt/#") as house, node(broker, "den") as room:
        house.wait_for("voice2mqtt/den/availability")
        room.speech_began(-20)
        assert room.elect(row="light", text="turn on the light", score=1.0) == Won()
        room.publish_activity("hearing")
        house.wait_for("voice2mqtt/den/activity", like=lambda p: p == "hearing")
        assert not house.on("voice2mqtt/election")


def test_a_node_that_understood_nothing_holds_nobody_up(broker: Broker) -> None:
    with node(broker, "attic") as loud, node(broker, "bath") as quiet:
        wait_for_others([loud, quiet])
        loud.speech_began(-20)
        quiet.speech_began(-40)
        timer = threading.Timer(0.2, loud.abstain)
        timer.start()
        assert quiet.elect(row="light", text="turn on the light", score=1.0) == Won()
        timer.join()


def test_a_broker_that_goes_away_holds_nobody_up(broker: Broker) -> None:
    with node(broker, "attic") as loud, node(broker, "bath") as quiet:
        wait_for_others([loud, quiet])
        loud.speech_began(-20)
        quiet.speech_began(-40)
        timer = threading.Timer(0.1, broker.kill)
        timer.start()
        assert quiet.elect(row="light", text="turn on the light", score=1.0) == Won()
        timer.join()


def test_a_node_that_left_is_not_counted(broker: Broker) -> None:
    with node(broker, "attic") as stays:
        with node(broker, "bath") as leaves:
            wait_for_others([stays, leaves])
        wait_until(lambda: not stays.others, "farewell")


@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_no_note_can_break_an_election(payload: bytes) -> None:
    assert read_note(payload) is None


@pytest.mark.parametrize("loudness", ["1e999", "NaN", '"loud"', "null", "[]"])
def test_a_note_with_a_strange_number_is_none(loudness: str) -> None:
    payload = (
        f'{{"node": "a", "utterance": "u", "stage": "wants", "loudness_db": {loudness},'
        ' "age_ms": 3, "row": "", "text": "", "score": 1}'
    )
    assert read_note(payload.encode()) is None
