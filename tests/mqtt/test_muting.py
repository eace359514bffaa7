"""The daemon is mute while somebody else uses its microphone, and then as before."""

import json

import pytest

from tests.broker import Broker
from voice2mqtt.mqtt import muting
from voice2mqtt.mqtt.muting import muted
from voice2mqtt.settings.model import MqttSettings, Settings

ROOT = "voice2mqtt/voice"


def settings(broker: Broker) -> Settings:
    return Settings(mqtt=MqttSettings(broker=broker.url))


def test_a_daemon_that_is_there_is_muted_and_acts_again_afterwards(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(muting, "WITHIN_S", 1.0)
    with broker.subscriber() as daemon:

        def tell(*, is_muted: bool) -> None:
            daemon.send(f"{ROOT}/state", json.dumps({"muted": is_muted}), retain=True)

        daemon.send(f"{ROOT}/availability", "online", retain=True)
        tell(is_muted=False)
        daemon.wait_for(f"{ROOT}/state")
        with muted(settings(broker)) as safe:
            # Nobody plays the daemon's part in time.
            assert not safe
            assert daemon.wait_for(f"{ROOT}/mute/set").payload == "ON"
        assert daemon.wait_for(f"{ROOT}/mute/set", lambda said: said == "OFF")
        tell(is_muted=True)
        daemon.wait_for(f"{ROOT}/state", lambda state: json.loads(state)["muted"])
        with muted(settings(broker)) as safe:
            assert safe
        assert len(daemon.on(f"{ROOT}/mute/set")) == 2


def test_where_no_daemon_is_there_is_nothing_to_mute(broker: Broker) -> None:
    with broker.subscriber() as seen, muted(settings(broker)) as safe:
        assert safe
        assert seen.on(f"{ROOT}/mute/set") == []


def test_without_a_broker_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muting, "WITHIN_S", 0.2)
    with muted(Settings(mqtt=MqttSettings(broker="mqtt://127.0.0.1:1"))) as safe:
        assert not safe
