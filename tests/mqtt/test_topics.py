"""No word anybody says can become a topic that a broker does not take."""

from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.broker import Broker, wait_until
from tests.mqtt.names import NASTY, TOPICS
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.topics import fault_of
from voice2mqtt.settings.model import HomeAssistantSettings, MqttSettings, Settings

WAIT_S = 60


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    folder: Path = tmp_path_factory.mktemp("broker")
    with Broker(folder) as running:
        yield running


@pytest.fixture(scope="module")
def adapter(broker: Broker) -> Iterator[MqttAdapter]:
    quiet = HomeAssistantSettings(discovery=False)
    adapter = MqttAdapter(
        Settings(node="den", mqtt=MqttSettings(broker=broker.url), home_assistant=quiet)
    )
    adapter.start()
    yield adapter
    adapter.close(0)


@given(topic=NASTY, payload=NASTY, qos=st.sampled_from([0, 1, 2]))
def test_whatever_is_published_arrives_there_or_nowhere_and_the_line_stays(
    broker: Broker, adapter: MqttAdapter, topic: str, payload: str, qos: int
) -> None:
    wait_until(lambda: adapter.up, "the connection")
    connections = broker.log().count("as voice2mqtt-den")
    outcomes: Queue[str] = Queue()
    adapter.publish(Message(topic=topic, payload=payload, qos=qos), outcomes.put)
    reason = outcomes.get(timeout=WAIT_S)
    assert bool(reason) == (bool(fault_of(topic)) or not _is_text(payload))
    assert broker.log().count("as voice2mqtt-den") == connections


def _is_text(payload: str) -> bool:
    try:
        payload.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("topic", "fault"),
    [
        ("", "it is empty"),
        ("home/+/light", "it contains +"),
        ("home/#", "it contains #"),
        ("$SYS/broker", "it begins with $, which belongs to the broker"),
        ("a\0b", "it contains a character that MQTT forbids"),
        ("ä" * 32768, "it is longer than 65535 bytes"),
        ("a/" * 200, "it has more than 200 levels"),
        ("home/living room/light", ""),
        ("/", ""),
    ],
)
def test_a_fault_is_named(topic: str, fault: str) -> None:
    assert fault_of(topic) == fault


@pytest.mark.parametrize(
    ("topic", "node"),
    [
        ("voice2mqtt/attic/availability", "attic"),
        ("voice2mqtt/availability", ""),
        ("voice2mqtt//availability", ""),
        ("other/attic/availability", ""),
        ("voice2mqtt/attic/state", ""),
    ],
)
def test_a_node_is_known_by_its_availability(topic: str, node: str) -> None:
    assert TOPICS.node_of_availability(topic) == node


def test_only_its_own_controls_are_handled() -> None:
    assert TOPICS.control_named_by("voice2mqtt/den/mute/set") == "mute"
    assert TOPICS.control_named_by("voice2mqtt/attic/mute/set") is None
    assert TOPICS.control_named_by("voice2mqtt/den/format/set") is None
