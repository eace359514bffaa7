"""A message that is too large, and retained, neither ends the daemon nor fills the memory."""

import tracemalloc
from collections.abc import Iterator
from queue import Queue

import pytest

from tests.broker import Broker, wait_until
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.broker import link as link_module
from voice2mqtt.mqtt.broker.login import LARGEST_BYTES
from voice2mqtt.mqtt.control import Control, Mute
from voice2mqtt.settings.model import MqttSettings, Settings

WAIT_S = 60
LARGE = 30_000_000
TOPICS = ("voice2mqtt/den/mute/set", "voice2mqtt/attic/availability")


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def serve(adapter: MqttAdapter, broker: Broker) -> int:
    """Have `room` obey and carry out; return the most memory it took."""
    asked: Queue[Control] = Queue()
    done: Queue[str] = Queue()
    adapter.on_control(asked.put)
    tracemalloc.reset_peak()
    before_bytes, _ = tracemalloc.get_traced_memory()
    adapter.start()
    try:
        wait_until(lambda: adapter.up, "connection", WAIT_S)
        adapter.publish(Message(topic="home/light", payload="ON", qos=1), done.put)
        assert done.get(timeout=WAIT_S) == ""
        with broker.subscriber("end") as subscriber:
            subscriber.send(TOPICS[0], "ON")
            assert asked.get(timeout=WAIT_S) == Mute(on=True)
        return tracemalloc.get_traced_memory()[1] - before_bytes
    finally:
        adapter.close(1)


def make_large(broker: Broker) -> None:
    with broker.subscriber("end") as stranger:
        for topic in TOPICS:
            stranger.send(topic, bytes(LARGE), retain=True)


@pytest.mark.usefixtures("memory")
def test_a_broker_of_mqtt_5_holds_it_back(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    make_large(broker)
    adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=broker.url)))
    assert serve(adapter, broker) < LARGEST_BYTES
    assert "Dropping too large outgoing PUBLISH" in broker.log()
    assert "is ignored" not in caplog.text


@pytest.mark.usefixtures("memory")
def test_one_of_mqtt_3_sends_it_and_it_is_read_without_being_kept(
    broker: Broker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "MQTT_5", link_module.MQTT_3_1_1)
    make_large(broker)
    adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=broker.url)))
    assert serve(adapter, broker) < 5 * LARGEST_BYTES
    for topic in TOPICS:
        assert (
            f"a message of 30.0 MB on {topic} is ignored; clear it, for it is retained"
            in caplog.text
        )
    assert "lost the broker" not in caplog.text
