"""What a node leaves on a real broker is cleared, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.broker import Broker, wait_until
from voice2mqtt.errors import UserFacingError
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.forgetting import NodeOnlineError, forget
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import MqttSettings, Settings

ROWS = ("light", "door")
PREFIX = "homeassistant"


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be waited for as long as a real broker may need."""
    monkeypatch.setattr("voice2mqtt.mqtt.broker.paho_client._POLL_S", 0.05)
    monkeypatch.setattr("voice2mqtt.mqtt.broker.inquiry.RETAINED_PAUSE_S", 0.3)
    monkeypatch.setattr("voice2mqtt.mqtt.home_assistant.discovery_publisher.RETAINED_PAUSE_S", 0.1)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def settings(broker: Broker, node: str) -> Settings:
    return Settings(node=node, mqtt=MqttSettings(broker=broker.url))


@contextmanager
def running(broker: Broker, node: str) -> Iterator[MqttAdapter]:
    """A node that has announced itself."""
    adapter = MqttAdapter(settings(broker, node))
    adapter.set_rows(ROWS)
    adapter.publish_state({"listening": True})
    adapter.start()
    try:
        announced = adapter._discovery
        wait_until(lambda: len(announced._kept) == len(announced._current), f"{node} announced")
        yield adapter
    finally:
        adapter.close(1)


def retained(broker: Broker) -> set[str]:
    """The topics of which a newcomer is told."""
    with broker.subscriber() as newcomer:
        newcomer.send("end/of/retained", "x")
        newcomer.wait_for("end/of/retained")
        return {m.topic for m in newcomer.messages if m.retained}


def of(node: str, topics: set[str]) -> set[str]:
    return {topic for topic in topics if f"/{node}/" in topic or f"_{node}/" in topic}


def test_all_of_a_node_is_cleared_and_nothing_of_another(broker: Broker) -> None:
    for node in ("hall", "hall2"):
        with running(broker, node):
            pass
    before = retained(broker)
    mine = of("hall", before)
    assert {f"voice2mqtt/hall/{name}" for name in ("availability", "state", "activity")} <= mine
    assert len(mine) > 15
    cleared = forget(settings(broker, "den"), Topics("voice2mqtt", "hall"), PREFIX)
    assert set(cleared) == mine
    assert retained(broker) == before - mine
    assert forget(settings(broker, "den"), Topics("voice2mqtt", "hall"), PREFIX) == []


def test_a_running_node_is_left_as_it_is(broker: Broker) -> None:
    with running(broker, "hall"):
        before = retained(broker)
        with pytest.raises(NodeOnlineError, match="hall is online at mqtt:"):
            forget(settings(broker, "den"), Topics("voice2mqtt", "hall"), PREFIX)
        assert retained(broker) == before


def test_a_node_that_is_only_said_to_be_online_is_cleared(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice2mqtt.mqtt.forgetting._ANSWER_WITHIN_S", 0.3)
    with broker.subscriber() as somebody:
        somebody.send("voice2mqtt/hall/availability", "online", retain=True)
    cleared = forget(settings(broker, "den"), Topics("voice2mqtt", "hall"), PREFIX)
    assert cleared == ["voice2mqtt/hall/availability"]
    assert retained(broker) == set()


def test_names_that_discovery_cannot_tell_apart_keep_what_they_share(broker: Broker) -> None:
    shared = f"{PREFIX}/switch/voice2mqtt_a_b/mute/config"
    with broker.subscriber() as somebody:
        somebody.send(shared, "{}", retain=True)
        somebody.send("voice2mqtt_a/b/state", "{}", retain=True)
    cleared = forget(settings(broker, "a_b"), Topics("voice2mqtt_a", "b"), PREFIX)
    assert cleared == ["voice2mqtt_a/b/state"]
    assert retained(broker) == {shared}


def test_what_the_access_list_forbids_is_named(tmp_path: Path) -> None:
    acl = "user voice\ntopic read #\ntopic write voice2mqtt/den/#\nuser all\ntopic readwrite #\n"
    (tmp_path / "p").write_text("v")
    with Broker(tmp_path, users={"voice": "v", "all": "a"}, acl=acl) as broker:
        with broker.subscriber(username="all", password="a") as somebody:
            somebody.send("voice2mqtt/hall/state", "{}", retain=True)
        mqtt = MqttSettings(broker=broker.url, username="voice", password_file=tmp_path / "p")
        with pytest.raises(UserFacingError, match=r"clear 1 of 1 topics, such as .*hall/state"):
            forget(Settings(node="den", mqtt=mqtt), Topics("voice2mqtt", "hall"), PREFIX)
