"""Confirmations: A real broker, and a device played by the test."""

import json
from collections.abc import Iterator
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.broker import Broker
from voice2mqtt.core.decision import Expectation, Fire, Message, Reason
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.confirmation_watcher import confirms
from voice2mqtt.settings.model import MqttSettings, Settings

WAIT_S = 60
EVENT = "voice2mqtt/den/event"


@pytest.mark.parametrize(
    ("payload", "expected", "fits"),
    [
        (b"ON", "ON", True),
        (b" ON\n", "ON", True),
        (b"on", "ON", False),
        (b"OFF", "ON", False),
        (b'{"state": "ON", "brightness": 254}', '{"state": "ON"}', True),
        (b'{"state": "OFF"}', '{"state": "ON"}', False),
        (b'{"brightness": 50.0}', '{"brightness": 50}', True),
        (b"50.0", "50", True),
        (b"true", "1", False),
        (b"\xff", "ON", False),
        (b"[1]", '{"state": "ON"}', False),
    ],
)
def test_what_a_device_says_is_compared_with_what_is_expected(
    payload: bytes, expected: str, *, fits: bool
) -> None:
    assert confirms(payload, expected) is fits


@given(st.binary(), st.text())
def test_no_payload_breaks_the_comparison(payload: bytes, expected: str) -> None:
    assert confirms(payload, expected) in {True, False}


@pytest.fixture
def adapter(broker: Broker) -> Iterator[MqttAdapter]:
    adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=broker.url)))
    adapter.start()
    yield adapter
    adapter.close(0)


def light(payload: str | None = "ON", within_s: float = 5.0) -> Fire:
    return Fire(
        row="light",
        text="turn on the light",
        score=1.0,
        messages=(Message(topic="home/light/set", payload="ON", qos=1),),
        reason=Reason(text=""),
        expect=Expectation(topic="home/light", payload=payload, within_s=within_s),
    )


def test_a_confirmed_command_succeeds(broker: Broker, adapter: MqttAdapter) -> None:
    outcomes: Queue[str] = Queue()
    with broker.subscriber("home/#") as device:
        adapter.carry_out(light(), "id-1", outcomes.put)
        device.wait_for("home/light/set")
        device.send("home/light", "ON")
        assert outcomes.get(timeout=WAIT_S) == ""


def test_a_device_that_says_already_what_is_wanted_is_believed(
    broker: Broker, adapter: MqttAdapter
) -> None:
    outcomes: Queue[str] = Queue()
    with broker.subscriber("home/#") as device:
        device.send("home/light", "ON", retain=True)
        adapter.carry_out(light(), "id-1", outcomes.put)
        assert outcomes.get(timeout=WAIT_S) == ""


@pytest.mark.parametrize(
    ("expected", "answer", "reason"),
    [
        pytest.param("ON", "OFF", "home/light says 'OFF' 0.3 s after the command", id="refuses"),
        pytest.param("ON", None, "home/light said nothing 0.3 s after the command", id="silent"),
        pytest.param(None, None, "home/light said nothing 0.3 s after the command", id="any-word"),
    ],
)
def test_a_command_that_is_not_confirmed_is_an_event(
    broker: Broker, adapter: MqttAdapter, expected: str | None, answer: str | None, reason: str
) -> None:
    outcomes: Queue[str] = Queue()
    with broker.subscriber() as device:
        adapter.carry_out(light(expected, within_s=0.3), "id-1", outcomes.put)
        device.wait_for("home/light/set")
        if answer:
            device.send("home/light", answer)
        assert outcomes.get(timeout=WAIT_S) == reason
        event = json.loads(device.wait_for(EVENT).payload)
    assert (event["event"], event["id"], event["row"]) == ("not_obeyed", "id-1", "light")
    assert event["reason"] == reason


def test_a_command_that_was_not_sent_is_an_event_once_there_is_a_broker(
    broker: Broker, adapter: MqttAdapter
) -> None:
    broker.kill()
    outcomes: Queue[str] = Queue()
    fire = Fire(
        row="light",
        text="",
        score=1.0,
        messages=(Message(topic="home/light/set", payload="ON", expires_s=0.2),),
        reason=Reason(text=""),
    )
    adapter.carry_out(fire, "id-2", outcomes.put)
    assert "not reachable in time" in outcomes.get(timeout=WAIT_S)
    broker.start()
    with broker.subscriber() as subscriber:
        event = json.loads(subscriber.wait_for(EVENT).payload)
        assert (event["event"], event["id"]) == ("not_done", "id-2")
        assert not subscriber.on("home/light/set")
