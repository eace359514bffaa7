"""Two nodes with one name are named, and do not cut each other off for ever."""

import json
import logging

import pytest

from tests.broker import Broker, wait_until
from voice2mqtt.mqtt import link as link_module
from voice2mqtt.mqtt.delivery import Cause, Lost
from voice2mqtt.mqtt.room import MqttRoom
from voice2mqtt.mqtt.twin import Twin
from voice2mqtt.settings.model import MqttSettings, Settings

OTHER = json.dumps({"instance": "other"}).encode()
CUT = Lost("it closed the connection", Cause.NETWORK)
TAKEN = Lost("Session taken over", Cause.TAKEN_OVER)


@pytest.mark.parametrize(
    ("losses", "state", "proven"),
    [
        pytest.param([(CUT, 1), (CUT, 1)], OTHER, True, id="cut-short-twice"),
        pytest.param([(TAKEN, 1000)], OTHER, True, id="the-broker-says-so"),
        pytest.param([(CUT, 1)], OTHER, False, id="once-is-chance"),
        pytest.param([(CUT, 1), (CUT, 1000)], OTHER, False, id="long-connections"),
        pytest.param([(CUT, 1), (CUT, 1)], b'{"instance": "us"}', False, id="our-own-state"),
        pytest.param([(CUT, 1), (CUT, 1)], b"[]", False, id="no-state"),
        pytest.param([(CUT, 1), (CUT, 1)], b"\xff", False, id="not-text"),
    ],
)
def test_a_twin_is_proven_by_short_connections_and_a_foreign_state(
    losses: list[tuple[Lost, float]], state: bytes, *, proven: bool
) -> None:
    twin, now_s = Twin("us"), 0.0
    for lost, lasted_s in losses:
        twin.came_up(now_s)
        now_s += lasted_s
        twin.went_down(lost, now_s)
    assert twin.is_proven_by(state) is proven
    assert not twin.is_proven_by(state)


def peace(broker: Broker) -> bool:
    """Whether the last word about a client that was cut off is older than a client's coming."""
    lines = broker.log().splitlines()
    cut = max(number for number, line in enumerate(lines) if "already connected" in line)
    return sum("New client connected" in line for line in lines[cut:]) >= 2


def test_two_nodes_with_one_name_are_told_apart(
    broker: Broker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "_SHORTEST_S", 0.1)
    caplog.set_level(logging.INFO)
    settings = Settings(node="den", mqtt=MqttSettings(broker=broker.url))
    twins = [MqttRoom(settings), MqttRoom(settings)]
    try:
        with broker.subscriber("voice2mqtt/den/event") as house:
            for room in twins:
                room.publish_state({"muted": False})
                room.start()
            told = house.wait_for("voice2mqtt/den/event", like=lambda p: "name_taken" in p)
            assert "another voice2mqtt is called 'den'" in json.loads(told.payload)["reason"]
            # Under names of their own, both stay: the broker has two clients, and keeps them.
            wait_until(lambda: all(room.up for room in twins) and peace(broker), "peace")
            losses = caplog.text.count("lost the broker")
            house.send("anything", "x")
            assert caplog.text.count("lost the broker") == losses
    finally:
        for room in twins:
            room.close(0)
