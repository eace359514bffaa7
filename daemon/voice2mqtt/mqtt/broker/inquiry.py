"""One connection that asks the broker something, beside a running daemon and for a short time."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from voice2mqtt.mqtt.broker.connection import RESPONSE_TIMEOUT_S, BrokerConnection
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost, Incoming
from voice2mqtt.mqtt.broker.link import MQTT_3_1_1, MQTT_5
from voice2mqtt.mqtt.broker.login import Login, login_from
from voice2mqtt.settings.model import MqttSettings


class Inquiry:
    """One connection, turned until an answer has come; `inquiry` makes one."""

    def __init__(self, login: Login, version: int) -> None:
        self.messages: list[Incoming] = []
        self._wake, self._other = socket.socketpair()
        self.connection = BrokerConnection(login, version, self.messages.append)

    def until(self, done: Callable[[], bool], within_s: float | None = None) -> bool:
        """Serve the connection until `done`; False if that takes too long.

        Raises:
            ConnectionLost: it is gone.
        """
        deadline_s = time.monotonic() + (RESPONSE_TIMEOUT_S if within_s is None else within_s)
        while not done():
            if time.monotonic() > deadline_s:
                return False
            self.connection.turn(self._wake)
        return True

    def open(self) -> None:
        """Connect; see `BrokerConnection.open`."""
        self.connection.open(self._wake)

    def close(self) -> None:
        """Say goodbye."""
        with suppress(ConnectionLost):
            self.connection.close()
        self.connection.drop()
        self._wake.close()
        self._other.close()


def login_for(settings: MqttSettings, purpose: str) -> Login:
    """Return the login for an inquiry: without a will, under a client id of its own.

    Raises:
        SettingsError: the settings name no broker that could be reached.
    """
    name = f"{settings.base}-{purpose}-{secrets.token_hex(4)}"
    return replace(login_from(settings, "", None), client_id=name)


def spoken_version(login: Login) -> int:
    """Return the protocol level that the broker speaks; see `Link`.

    Raises:
        ConnectionLost: the broker cannot be reached or refuses us.
    """
    for version in (MQTT_5, MQTT_3_1_1):
        try:
            with inquiry(login, version):
                return version
        except ConnectionLost as lost:
            if version == MQTT_3_1_1 or lost.cause not in {Cause.VERSION, Cause.SILENCE}:
                raise
    raise AssertionError


@contextmanager
def inquiry(login: Login, version: int) -> Iterator[Inquiry]:
    """Yield an open connection of that protocol level.

    Raises:
        ConnectionLost: the broker cannot be reached or refuses us, or the connection is gone.
    """
    asked = Inquiry(login, version)
    try:
        asked.open()
        yield asked
    finally:
        asked.close()
