"""Every fault of the broker's settings is a sentence before anything connects."""

from pathlib import Path
from typing import Any

import pytest

from tests.broker import Certificates
from voice2mqtt.errors import SettingsError
from voice2mqtt.mqtt.broker.address import BrokerAddress, parse_address
from voice2mqtt.mqtt.broker.delivery import ConnectionLost
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.settings.model import MqttSettings


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mqtt://broker", BrokerAddress("broker", 1883, "", tls=False)),
        ("mqtt://broker:2883", BrokerAddress("broker", 2883, "", tls=False)),
        ("mqtts://broker", BrokerAddress("broker", 8883, "", tls=True)),
        ("ws://broker", BrokerAddress("broker", 80, "/mqtt", tls=False)),
        ("wss://broker:9001/socket/", BrokerAddress("broker", 9001, "/socket", tls=True)),
        ("mqtt://[::1]:2883/", BrokerAddress("::1", 2883, "", tls=False)),
    ],
)
def test_an_address_is_read(text: str, address: BrokerAddress) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"username": "me", "password_file": "no-such"}, "no-such: there is no such file"),
        ({"ca_file": "ca.pem"}, "mqtt.ca_file is of no use without mqtts://"),
        ({"broker": "mqtts://b", "ca_file": "no-such"}, "no-such: there is no such file"),
    ],
)
def test_settings_that_cannot_work_are_named(settings: dict[str, str], reason: str) -> None:
    files: Any = {n: Path(v) if n.endswith("_file") else v for n, v in settings.items()}
    with pytest.raises(SettingsError, match=reason):
        login_from(MqttSettings(**files), "den", None)


def test_files_that_hold_something_else_are_named(
    tmp_path: Path, certificates: Certificates
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(SettingsError, match="holds no certificate in PEM form"):
        login_from(MqttSettings(broker="mqtts://b", ca_file=nonsense), "den", None)
    mismatch = MqttSettings(
        broker="mqtts://b", cert_file=certificates.client_cert, key_file=certificates.server_key
    )
    with pytest.raises(SettingsError, match="and its key do not fit"):
        login_from(mismatch, "den", None)


def test_a_password_that_is_no_text_is_named_at_the_start_and_later(tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text("right\n")
    settings = MqttSettings(username="voice", password_file=word)
    login = login_from(settings, "den", None)
    assert login.password() == "right"
    word.write_bytes(b"caf\xe9\n")
    with pytest.raises(SettingsError, match=f"{word}:1: .* is not UTF-8"):
        login_from(settings, "den", None)
    with pytest.raises(ConnectionLost, match=f"the password file {word} cannot be read"):
        login.password()


def test_a_client_is_known_by_base_and_node_unless_named() -> None:
    assert login_from(MqttSettings(), "den", None).client_id == "voice2mqtt-den"
    assert login_from(MqttSettings(client_id="me"), "den", None).client_id == "me"


def test_the_brokers_of_a_list_are_tried_in_turn() -> None:
    settings = MqttSettings(broker=("mqtt://a", "ws://b:80/mqtt", "mqtt://c"))
    login = login_from(settings, "den", None)
    hosts = []
    for _ in range(4):
        hosts.append(login.address.host)
        login = login.moved_on()
    assert hosts == ["a", "b", "c", "a"]


def test_a_list_does_not_lead_from_tls_to_plain_text() -> None:
    settings = MqttSettings(broker=("mqtts://a", "mqtt://b"))
    with pytest.raises(SettingsError, match="for all of the brokers or none"):
        login_from(settings, "den", None)
