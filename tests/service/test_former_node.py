"""A node that was renamed clears what the broker retains of its old name."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.broker import Broker, wait_until
from tests.mqtt.test_forgetting import hurry, of, retained, running, settings
from voice2mqtt.service.former_node import FormerNode
from voice2mqtt.service.store import Store
from voice2mqtt.settings.model import HomeAssistantSettings, Settings


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def _kept(folder: Path) -> object:
    return Store(folder).read("node")


def _called(node: str, prefix: str = "homeassistant") -> dict[str, str]:
    return {"base": "voice2mqtt", "node": node, "prefix": prefix}


def _start(made: Settings, folder: Path) -> FormerNode:
    """Start one, and wait until the present name is kept."""
    former = FormerNode(made, Store(folder))
    former.start()
    now = _called(made.node, made.home_assistant.prefix)
    wait_until(lambda: _kept(folder) == now, "the new name")
    return former


def test_the_old_name_is_cleared_and_the_new_one_remembered(broker: Broker, tmp_path: Path) -> None:
    _start(settings(broker, "hall"), tmp_path)
    with running(broker, "hall"):
        pass
    with running(broker, "den"):
        assert of("hall", retained(broker))
        _start(settings(broker, "den"), tmp_path)
        left = retained(broker)
        assert of("hall", left) == set()
        assert len(of("den", left)) > 15


def test_another_machine_that_has_taken_the_name_keeps_it(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _start(settings(broker, "hall"), tmp_path)
    with running(broker, "hall"):
        before = retained(broker)
        _start(settings(broker, "den"), tmp_path)
        assert retained(broker) == before
    assert "what the broker retains of hall stays: hall is online" in caplog.text


def test_another_prefix_is_another_place_to_clear(broker: Broker, tmp_path: Path) -> None:
    _start(settings(broker, "hall"), tmp_path)
    with running(broker, "hall"):
        pass
    moved = replace(settings(broker, "hall"), home_assistant=HomeAssistantSettings(prefix="ha"))
    _start(moved, tmp_path)
    assert of("hall", retained(broker)) == set()


def test_a_broker_that_is_not_there_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice2mqtt.service.former_node._AGAIN_AFTER_S", 0.1)
    broker = Broker(tmp_path)
    store = Store(tmp_path)
    store.write("node", _called("hall"))
    former = FormerNode(settings(broker, "den"), store)
    former.start()
    with broker:
        wait_until(lambda: _kept(tmp_path) == _called("den"), "the new name")
    former.stop()


@pytest.mark.parametrize("document", ["hall", {"node": 1}, None])
def test_what_is_no_name_is_forgotten(document: object, tmp_path: Path, broker: Broker) -> None:
    Store(tmp_path).write("node", document)
    _start(settings(broker, "den"), tmp_path)
