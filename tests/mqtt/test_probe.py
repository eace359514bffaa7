"""What a real broker lets us do; nothing is ever carried out."""

from pathlib import Path

import pytest

from tests.broker import Broker
from tests.relay import Relay
from voice2mqtt.errors import UnavailableError
from voice2mqtt.mqtt.probe import examine_broker
from voice2mqtt.settings.model import MqttSettings, Settings

ACL = """\
user voice
topic readwrite voice2mqtt/#
topic write home/+/light/set
topic readwrite homeassistant/#
user deaf
topic write voice2mqtt/#
"""
USERS = {"voice": "v", "deaf": "d"}
TOPICS = [f"home/{room}/light/set" for room in range(25)]


def _settings(broker: Broker, folder: Path, user: str, password: str) -> Settings:
    (folder / "p").write_text(password)
    mqtt = MqttSettings(broker=broker.url, username=user, password_file=folder / "p")
    return Settings(node="hall", mqtt=mqtt)


def test_each_topic_is_asked_for_and_nothing_is_carried_out(tmp_path: Path) -> None:
    with (
        Broker(
            tmp_path, users=USERS | {"all": "a"}, acl=f"{ACL}user all\ntopic readwrite #\n"
        ) as b,
        b.subscriber(username="all", password="a") as seen,
    ):
        seen.send("voice2mqtt/hall/availability", "online", retain=True)
        seen.send("homeassistant/switch/voice2mqtt_hall/mute/config", "{}", retain=True)
        topics = [*TOPICS, "home/door/set", *TOPICS]
        report = examine_broker(_settings(b, tmp_path, "voice", "v"), topics)
        seen.send("over", "now")
        seen.wait_for("over")
        carried_out = [m.topic for m in seen.messages if m.topic.startswith("home/")]
    assert report.version == "5"
    assert report.refused == ["home/door/set"]
    assert report.round_trip_s
    assert report.availability == "online"
    assert report.announced == 1
    assert carried_out == []


def test_what_may_not_be_read_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice2mqtt.mqtt.broker.inquiry.RESPONSE_TIMEOUT_S", 0.2)
    with Broker(tmp_path, users=USERS, acl=ACL) as broker:
        report = examine_broker(_settings(broker, tmp_path, "deaf", "d"), ["home/1/light/set"])
    assert report.round_trip_s is None
    assert report.refused == ["home/1/light/set"]


def test_a_broker_without_reason_codes_tells_nothing(broker: Broker) -> None:
    with Relay(broker.port, refuse_five=True) as relay:
        report = examine_broker(Settings(mqtt=MqttSettings(broker=relay.url)), TOPICS)
    assert report.version == "3.1.1"
    assert report.round_trip_s
    assert not report.answers


def test_why_it_refuses_us_is_told(tmp_path: Path) -> None:
    with Broker(tmp_path, users=USERS) as broker:
        mine = _settings(broker, tmp_path, "voice", "wrong")
        with pytest.raises(UnavailableError, match="Not authorized"):
            examine_broker(mine, [])
