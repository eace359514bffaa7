"""The broker of the tests is ours, and can be taken away."""

import socket
from pathlib import Path

import pytest

from tests.broker import Broker, Certificates, Subscriber


def test_a_message_goes_through_and_survives_a_restart_of_the_broker(broker: Broker) -> None:
    with broker.subscriber("home/#") as subscriber:
        subscriber.send("home/light", "ON")
        assert subscriber.wait_for("home/light").payload == "ON"
        broker.kill()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((broker.host, broker.port), timeout=1)
        broker.start()


def test_a_port_somebody_else_holds_is_never_taken_for_ours(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    with socket.socket() as other:
        other.bind((broker.host, broker.port))
        other.listen()
        with pytest.raises(AssertionError, match="ended at once"):
            broker.start()


@pytest.mark.parametrize("websockets", [False, True], ids=["mqtts", "wss"])
def test_tls_with_a_client_certificate(
    tmp_path: Path, certificates: Certificates, *, websockets: bool
) -> None:
    with (
        Broker(
            tmp_path, certificates=certificates, client_certificate=True, websockets=websockets
        ) as broker,
        broker.subscriber() as subscriber,
    ):
        subscriber.send("home/light", "ON")
        assert subscriber.wait_for("home/light").payload == "ON"


def test_a_password_is_needed_where_there_are_users(tmp_path: Path) -> None:
    with (
        Broker(tmp_path, users={"voice": "secret"}) as broker,
        broker.subscriber(username="voice", password="secret") as subscriber,
    ):
        assert isinstance(subscriber, Subscriber)
        subscriber.send("home/light", "ON")
        assert subscriber.wait_for("home/light").payload == "ON"
