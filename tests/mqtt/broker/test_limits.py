"""A broker's own limits are kept, and told, instead of losing it again and again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from tests.broker import Broker, Subscriber, wait_until
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.broker.delivery import Delivery
from voice2mqtt.mqtt.broker.limits import BrokerLimits, limits_in
from voice2mqtt.settings.model import MqttSettings, Settings

WAIT_S = 10
ROOT = "voice2mqtt/den"


@contextmanager
def node(folder: Path, **broker: str) -> Iterator[tuple[Broker, MqttAdapter, Subscriber]]:
    """A node on a broker with such settings, and somebody who sees everything."""
    with Broker(folder, **broker) as running, running.subscriber() as house:  # type: ignore[arg-type]
        room = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=running.url)))
        room.publish_state({"muted": False})
        room.start()
        try:
            house.wait_for(f"{ROOT}/state")
            yield running, room, house
        finally:
            room.close(1)


def said_of(room: MqttAdapter, **message: object) -> str:
    told: Queue[str] = Queue()
    filled: dict[str, object] = {"topic": "home/light", "payload": "ON", **message}
    room.publish(Message(**filled), told.put)  # type: ignore[arg-type]  # as each test says
    return told.get(timeout=WAIT_S)


def connections(broker: Broker) -> int:
    return broker.log().count("as voice2mqtt-den")


def test_a_broker_without_qos_is_sent_none_and_still_confirms(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, listener="max_qos 0") as (broker, room, house):
        for qos in (0, 1, 2):
            assert said_of(room, topic=f"home/{qos}", qos=qos) == ""
            assert house.wait_for(f"home/{qos}").qos == 0
        house.wait_for("homeassistant/switch/voice2mqtt_den/mute/config")
        # The first attempt showed that our will is more than it takes.
        assert connections(broker) == 1
    assert "takes no QoS above 0: commands go out with QoS 0" in caplog.text
    assert "lost the broker" not in caplog.text
    assert "cannot reach" not in caplog.text


def test_a_broker_that_retains_nothing_is_asked_for_nothing_retained(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, settings="retain_available false") as (broker, room, house):
        assert said_of(room, qos=1, retain=True) == ""
        assert house.wait_for("home/light").payload == "ON"
        house.wait_for("homeassistant/switch/voice2mqtt_den/mute/config")
        assert connections(broker) == 1
    assert caplog.text.count("keeps no retained messages") == 1
    assert "lost the broker" not in caplog.text
    assert "cannot reach" not in caplog.text


def test_what_is_larger_than_the_broker_takes_is_not_done_and_costs_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, settings="max_packet_size 2000") as (broker, room, house):
        assert said_of(room, payload="x" * 1970) == ""
        reason = said_of(room, payload="x" * 2000)
        assert reason == (
            "the broker refused it: it has 2026 bytes, and the broker takes 2000 at most"
        )
        room.set_rows([f"a row with quite a long name {number}" for number in range(100)])
        wait_until(lambda: "should know of us: it has" in caplog.text, "its complaint")
        assert said_of(room) == ""
        assert connections(broker) == 1
        assert house.on("home/light")
    assert "takes no message above 2000 bytes" in caplog.text
    assert "lost the broker" not in caplog.text
    assert "cannot reach" not in caplog.text


def test_no_more_is_under_way_than_the_broker_grants(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, settings="max_inflight_messages 1") as (broker, room, house):
        told: Queue[str] = Queue()
        for number in range(30):
            room.publish(Message(topic="home/light", payload="ON", qos=number % 3), told.put)
        assert {told.get(timeout=WAIT_S) for _ in range(30)} == {""}
        house.wait_for("homeassistant/switch/voice2mqtt_den/mute/config")
        assert connections(broker) == 1
        assert room._link._limits.in_flight == 1
    assert "lost the broker" not in caplog.text


def test_usual_brokers_are_not_spoken_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with node(tmp_path) as (broker, _, _):
        assert connections(broker) == 1
    assert "the broker takes" not in caplog.text


def test_messages_are_made_to_fit() -> None:
    delivery = Delivery(topic="a", payload="b", qos=2, retain=True)
    assert BrokerLimits().fit(delivery) is delivery
    fitted = BrokerLimits(qos=1, retain=False).fit(delivery)
    assert (fitted.qos, fitted.retain, fitted.payload) == (1, False, "b")
    assert "QoS 2 go out with QoS 1" in BrokerLimits(qos=1).sentence()
    assert limits_in(None) == BrokerLimits()
