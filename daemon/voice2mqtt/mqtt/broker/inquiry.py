"""One connection that asks the broker something, beside a running daemon and for a short time."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from voice2mqtt.mqtt.broker.connection import RESPONSE_TIMEOUT_S, BrokerConnection
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost, Incoming
from voice2mqtt.mqtt.broker.link import MQTT_3_1_1, MQTT_5, RETAINED_PAUSE_S
from voice2mqtt.mqtt.broker.login import Login, login_from
from voice2mqtt.settings.model import MqttSettings

_TOO_OLD = {Cause.VERSION, Cause.SILENCE}
"""How a broker refuses MQTT 5 that does not speak it."""


class Inquiry:
    """One connection, turned until an answer has come; `inquiry` makes one."""

    def __init__(self, login: Login, version: int) -> None:
        self.version = version
        """Protocol level; see `Link`."""
        self.messages: list[Incoming] = []
        self._wake, self._other = socket.socketpair()
        self.connection = BrokerConnection(login, version, self.messages.append)

    @property
    def retained(self) -> dict[str, bytes]:
        """What the broker had kept of what was subscribed to, by topic; nothing that is empty."""
        return {m.topic: m.payload for m in self.messages if m.retained and m.payload}

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

    def read_retained(self, filters: Sequence[str], within_s: float) -> None:
        """Read what is retained on `filters`, until nothing comes any more.

        Raises:
            ConnectionLost: it is gone.
        """
        self.connection.subscribe(filters)
        seen, changed_s = -1, time.monotonic()

        def quiet() -> bool:
            nonlocal seen, changed_s
            if seen != len(self.messages):
                seen, changed_s = len(self.messages), time.monotonic()
            return time.monotonic() - changed_s > RETAINED_PAUSE_S

        self.until(quiet, within_s)

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


@contextmanager
def inquiry(login: Login) -> Iterator[Inquiry]:
    """Yield an open connection, to the first broker of the login that can be used.

    Raises:
        ConnectionLost: none can be reached, or each refuses us; or the connection is gone.
    """
    asked = _opened(login)
    try:
        yield asked
    finally:
        asked.close()


def _opened(login: Login) -> Inquiry:
    faults: list[ConnectionLost] = []
    for _ in login.addresses:
        for version in (MQTT_5, MQTT_3_1_1):
            asked = Inquiry(login, version)
            try:
                asked.open()
            except ConnectionLost as lost:
                asked.close()
                last = lost
            else:
                return asked
            if last.cause not in _TOO_OLD:
                break
        faults.append(last)
        login = login.moved_on()
    raise faults[0]
