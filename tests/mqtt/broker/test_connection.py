"""What becomes of messages whose connection ends at the worst moment."""

import socket
import struct
import threading

import pytest

from voice2mqtt.mqtt.broker.address import parse_address
from voice2mqtt.mqtt.broker.connection import BrokerConnection
from voice2mqtt.mqtt.broker.delivery import ConnectionLost, Delivery, DeliveryResult
from voice2mqtt.mqtt.broker.link import MQTT_5
from voice2mqtt.mqtt.broker.login import Login

DEADLINE_S = 1e9
CONNACK = bytes([0x20, 3, 0, 0, 0])
HANG_UP = struct.pack("ii", 1, 0)
"""SO_LINGER: close at once, and tell the other end with a reset."""


def _serve_once(door: socket.socket) -> None:
    """Welcome one client, answer its UNSUBSCRIBE, and be gone before it can say more."""
    client, _ = door.accept()
    with client:
        client.recv(4096)
        client.sendall(CONNACK)
        asked = client.recv(4096)
        client.sendall(bytes([0xB0, 4, asked[2], asked[3], 0, 0]))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HANG_UP)


def _turn_for_ever(connection: BrokerConnection, wake: socket.socket) -> None:
    while True:
        connection.turn(wake)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_each_message_is_answered_when_the_broker_goes_between_probe_and_message(qos: int) -> None:
    results: list[DeliveryResult] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        broker = threading.Thread(target=_serve_once, args=(door,))
        broker.start()
        address = parse_address(f"mqtt://127.0.0.1:{door.getsockname()[1]}")
        login = Login(addresses=(address,), client_id="den", will=None, keepalive_s=30)
        connection = BrokerConnection(login, MQTT_5, lambda _message: None)
        wake, bell = socket.socketpair()
        with wake, bell:
            connection.open(wake)
            for name in ("home/one", "home/two", "home/three"):
                delivery = Delivery(topic=name, payload="ON", qos=qos, deadline_s=DEADLINE_S)
                connection.publish(delivery, lambda result, _reason: results.append(result))
            broker.join()
            with pytest.raises(ConnectionLost):
                _turn_for_ever(connection, wake)
    assert len(results) == 3
    assert DeliveryResult.CONFIRMED not in results
