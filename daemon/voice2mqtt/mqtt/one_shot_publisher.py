"""Publishes a command and disconnects: no availability, no controls, no fixed client id.

The running daemon may be connected under the client id of the settings; a random one keeps the
broker from ending that connection.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.broker.delivery import ConnectionLost, Incoming
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.mqtt.broker.outbox import Outbox
from voice2mqtt.settings.model import MqttSettings


class OneShotPublisher:
    """A `Publisher` for one run of a command line.

    Raises:
        SettingsError: the settings name no broker that could be reached.
    """

    def __init__(self, settings: MqttSettings) -> None:
        name = f"{settings.base}-visitor-{secrets.token_hex(4)}"
        login = replace(login_from(settings, "", None), client_id=name)
        self._link = Link(login, on_up=self._came_up, on_down=_went_down, on_message=_ignore)
        self._outbox = Outbox(self._link)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._outbox.start()
        self._link.start()

    def publish(
        self, message: Message, on_done: Callable[[str], None], said_s: float | None = None
    ) -> None:
        """Deliver `message`; see `core.ports.Publisher`."""
        self._outbox.publish(message, on_done, said_s)

    def close(self) -> None:
        """Disconnect; what was not delivered by now is reported as not carried out."""
        self._outbox.close(0.0)
        self._link.close(1.0)

    def _came_up(self) -> None:
        self._outbox.link_is_up()


def _went_down(_lost: ConnectionLost) -> None:
    """Do nothing: the link tries again."""


def _ignore(_message: Incoming) -> None:
    """Do nothing: there is no subscription."""
