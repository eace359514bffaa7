"""A broker's own limits are kept and logged, instead of losing the connection again and again."""

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

WAIT_S = 60
ROOT = "voice2mqtt/den"


@contextmanager
def node(folder: Path, **broker: str) -> Iterator[tuple[Broker, MqttAdapter, Subscriber]]:
    """A node on a broker with such settings, and somebody who sees everything."""
    with Broker(folder, **broker) as running, running.subscriber() as subscriber:  # type: ignore[arg-type]
        adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=running.url)))
        adapter.publish_state({"muted": False})
        adapter.start()
        try:
            subscriber.wait_for(f"{ROOT}/state")
            yield running, adapter, subscriber
        finally:
            adapter.close(1)


def outcome_of(adapter: MqttAdapter, **message: object) -> str:
    outcomes: Queue[str] = Queue()
    filled: dict[str, object] = {"topic": "home/light", "payload": "ON", **message}
    adapter.publish(Message(**filled), outcomes.put)  # type: ignore[arg-type]  # as each test says
    return outcomes.get(timeout=WAIT_S)


def connections(broker: Broker) -> int:
    return broker.log().count("as voice2mqtt-den")


def test_a_broker_without_qos_is_sent_none_and_still_confirms(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, listener="max_qos 0") as (broker, adapter, subscriber):
        for qos in (0, 1, 2):
            assert outcome_of(adapter, topic=f"home/{qos}", qos=qos) == ""
            assert subscriber.wait_for(f"home/{qos}").qos == 0
        subscriber.wait_for("homeassistant/switch/voice2mqtt_den/mute/config")
        # The first attempt showed that our will is more than it takes.
        assert connections(broker) == 1
    assert "takes no QoS above 0: commands go out with QoS 0" in caplog.text
    assert "lost the broker" not in caplog.text
    assert "cannot reach" not in caplog.text


def test_a_broker_that_retains_nothing_is_asked_for_nothing_retained(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, settings="retain_available false") as (broker, adapter, subscriber):
        assert outcome_of(adapter, qos=1, retain=True) == ""
        assert subscriber.wait_for("home/light").payload == "ON"
        subscriber.wait_for("homeassistant/switch/voice2mqtt_den/mute/config")
        assert connections(broker) == 1
    assert caplog.text.count("keeps no retained messages") == 1
    assert "lost the broker" not in caplog.text
    assert "cannot reach" not in caplog.text


def test_what_is_larger_than_the_broker_takes_is_not_done_and_costs_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, settings="max_packet_size 2000") as (broker, adapter, subscriber):
        assert outcome_of(adapter, payload="x" * 1970) == ""
        reason = outcome_of(adapter, payload="x" * 2000)
        assert reason == (
            "the broker refused it: it has 2026 bytes, and the broker takes 2000 at most"
        )
        adapter.set_rows([f"a row with quite a long name {number}" for number in range(100)])
        wait_until(lambda: "should know of us: it has" in caplog.text, "its complaint")
        assert outcome_of(adapter) == ""
        assert connections(broker) == 1
        assert subscriber.on("home/light")
    assert "takes no message above 2000 bytes" in caplog.text
    assert "lost the broker" not in caplog.text
    assert "cannot reach" not in caplog.text


def test_no_more_is_under_way_than_the_broker_grants(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with node(tmp_path, settings="max_inflight_messages 1") as (broker, adapter, subscriber):
        outcomes: Queue[str] = Queue()
        for number in range(30):
            adapter.publish(Message(topic="home/light", payload="ON", qos=number % 3), outcomes.put)
        assert {outcomes.get(timeout=WAIT_S) for _ in range(30)} == {""}
        subscriber.wait_for("homeassistant/switch/voice2mqtt_den/mute/config")
        assert connections(broker) == 1
        assert adapter._link._limits.in_flight == 1
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
