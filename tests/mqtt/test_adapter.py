"""The adapter against a real broker: what others see of a node and may ask of it."""

import json
import time
from collections.abc import Iterator
from queue import Queue

import pytest

from tests.broker import Broker, wait_until
from tests.relay import Relay
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.control import Control, Listen, Mute, Reload, Say
from voice2mqtt.settings.model import MqttSettings, Settings

WAIT_S = 60


@pytest.fixture
def adapter(broker: Broker) -> Iterator[MqttAdapter]:
    adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=broker.url)))
    yield adapter
    adapter.close(0)


def test_it_comes_and_goes_in_good_order(broker: Broker, adapter: MqttAdapter) -> None:
    with broker.subscriber("voice2mqtt/den/#") as subscriber:
        adapter.publish_state({"muted": False})
        adapter.start()
        assert subscriber.wait_for("voice2mqtt/den/availability").payload == "online"
        state = json.loads(subscriber.wait_for("voice2mqtt/den/state").payload)
        assert state["muted"] is False
        adapter.publish_activity("hearing")
        subscriber.wait_for("voice2mqtt/den/activity", like=lambda p: p == "hearing")
        adapter.close(1)
        subscriber.wait_for("voice2mqtt/den/availability", like=lambda p: p == "offline")
    with broker.subscriber("voice2mqtt/den/#") as latecomer:
        kept = latecomer.wait_for("voice2mqtt/den/availability")
        assert (kept.payload, kept.retained) == ("offline", True)
        assert latecomer.wait_for("voice2mqtt/den/state").retained
        assert latecomer.wait_for("voice2mqtt/den/activity").payload == "idle"


def test_a_message_arrives_as_its_row_says_and_is_confirmed(
    broker: Broker, adapter: MqttAdapter
) -> None:
    done: Queue[str] = Queue()
    adapter.start()
    with broker.subscriber("home/#") as subscriber:
        for qos in (0, 1, 2):
            adapter.publish(Message(topic="home/light", payload="ON", qos=qos), done.put)
            assert done.get(timeout=WAIT_S) == ""
            assert subscriber.wait_for_count("home/light", qos + 1)[-1].qos == qos
        adapter.publish(Message(topic="home/heat", payload="1", retain=True), done.put)
        assert done.get(timeout=WAIT_S) == ""
    with broker.subscriber("home/heat") as latecomer:
        assert latecomer.wait_for("home/heat").retained


@pytest.mark.parametrize(
    ("name", "payload", "control"),
    [
        ("mute", "ON", Mute(on=True)),
        ("mute", "off", Mute(on=False)),
        ("say", "Turn on the light.", Say("Turn on the light.")),
        ("reload", "", Reload()),
        ("listen", "PRESS", Listen()),
    ],
)
def test_it_may_be_asked(
    broker: Broker, adapter: MqttAdapter, name: str, payload: str, control: Control
) -> None:
    asked: Queue[Control] = Queue()
    adapter.on_control(asked.put)
    adapter.start()
    with broker.subscriber() as subscriber:
        subscriber.wait_for("voice2mqtt/den/availability")
        subscriber.send(f"voice2mqtt/den/{name}/set", payload)
        assert asked.get(timeout=WAIT_S) == control


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        pytest.param("mute", b"maybe", id="unknown-word"),
        pytest.param("say", b"", id="nothing-to-say"),
        pytest.param("say", b"\xff\xfe", id="not-utf-8"),
        pytest.param("say", b"a" * 501, id="too-long"),
        pytest.param("reload", b"now please", id="not-a-press"),
    ],
)
def test_a_bad_request_is_answered(
    broker: Broker, adapter: MqttAdapter, name: str, payload: bytes
) -> None:
    adapter.start()
    with broker.subscriber() as subscriber:
        subscriber.wait_for("voice2mqtt/den/availability")
        subscriber.send(f"voice2mqtt/den/{name}/set", payload)
        event = json.loads(subscriber.wait_for("voice2mqtt/den/event").payload)
    assert event["event"] == "bad_request"
    assert f"{name}/set takes" in event["reason"]


def test_garbage_on_a_control_topic_is_told_once_and_costs_no_command(
    broker: Broker, adapter: MqttAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    done: Queue[str] = Queue()
    adapter.start()
    with broker.subscriber("voice2mqtt/den/#") as subscriber:
        subscriber.wait_for("voice2mqtt/den/availability")
        for _ in range(500):
            subscriber._client.publish("voice2mqtt/den/mute/set", "maybe", qos=1)
        adapter.publish(Message(topic="home/light", payload="ON", qos=1), done.put)
        assert done.get(timeout=WAIT_S) == ""
        subscriber.send("voice2mqtt/den/reload/set", "the end")
        subscriber.wait_for("voice2mqtt/den/event", like=lambda event: "reload/set" in event)
        assert len(subscriber.on("voice2mqtt/den/event")) == 2
    assert caplog.text.count("mute/set takes ON or OFF") == 1


def test_what_is_not_taken_is_told(broker: Broker, adapter: MqttAdapter) -> None:
    adapter.on_control(lambda _control: "enough waits already")
    adapter.start()
    with broker.subscriber() as subscriber:
        subscriber.wait_for("voice2mqtt/den/availability")
        subscriber.send("voice2mqtt/den/say/set", "turn on the light")
        event = json.loads(subscriber.wait_for("voice2mqtt/den/event").payload)
    assert (event["event"], event["reason"]) == ("bad_request", "enough waits already")


ROWS = [f"row {number}" for number in range(1000)]


def test_a_command_does_not_wait_behind_discovery(broker: Broker) -> None:
    with Relay(broker.port, delay_s=0.02) as relay:
        adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=relay.url)))
        done: Queue[str] = Queue()
        adapter.start()
        try:
            wait_until(lambda: bool(adapter._discovery._kept), "announcements of the entities")
            adapter.set_rows(ROWS)
            # Behind all of it, a row would take a second for each 100 of them and more.
            asked_s = time.monotonic()
            adapter.publish(Message(topic="home/light", payload="ON", qos=1, expires_s=3), done.put)
            assert done.get(timeout=WAIT_S) == ""
            assert time.monotonic() - asked_s < 2
            assert len(adapter._discovery._kept) < len(ROWS) / 2
        finally:
            adapter.close(0)


def test_a_fault_in_a_control_handler_ends_nothing(
    broker: Broker, adapter: MqttAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    asked: Queue[Control] = Queue()

    def handle(control: Control) -> str:
        asked.put(control)
        raise RuntimeError("boom")

    adapter.on_control(handle)
    adapter.start()
    with broker.subscriber() as subscriber:
        subscriber.wait_for("voice2mqtt/den/availability")
        for _ in range(2):
            subscriber.send("voice2mqtt/den/mute/set", "ON")
            assert asked.get(timeout=WAIT_S) == Mute(on=True)
    assert "boom" in caplog.text
    assert adapter.up


def test_a_broker_that_is_not_there_is_waited_for(
    broker: Broker, adapter: MqttAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    broker.stop()
    done: Queue[str] = Queue()
    adapter.start()
    adapter.publish(Message(topic="home/light", payload="ON"), done.put)
    assert caplog.text.count("nobody listens there") <= 1
    broker.start()
    assert done.get(timeout=WAIT_S) == ""
    assert caplog.text.count("nobody listens there") == 1
