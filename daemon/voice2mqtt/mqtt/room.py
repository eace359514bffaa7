"""The front of this room: what the daemon says to the house and hears from it, by MQTT.

It composes the parts and owns the node's topics. What a control means is the caller's business.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from voice2mqtt.core.decision import Message
from voice2mqtt.core.event import Event, notice
from voice2mqtt.mqtt.control import BadRequest, Control, read_control
from voice2mqtt.mqtt.delivery import Delivery, Incoming, Lost
from voice2mqtt.mqtt.link import Link
from voice2mqtt.mqtt.login import login_from
from voice2mqtt.mqtt.outbox import Outbox
from voice2mqtt.mqtt.topics import CONTROLS, Topics
from voice2mqtt.settings.model import Settings

log = logging.getLogger(__name__)

EVENT_EXPIRES_S = 3600.0
"""An event tells what was, with its time; late is better than never, within reason."""


class MqttRoom:
    """A node of the house on MQTT; a `Publisher`.

    Raises:
        SettingsError: the settings name no broker that could be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self._node = settings.node
        self._topics = Topics(settings.mqtt.base, settings.node)
        self._instance = secrets.token_hex(4)
        self._state: Event = {}
        self._activity = "idle"
        self._obey: Callable[[Control], None] = _not_yet
        will = Delivery(topic=self._topics.availability, payload="offline", retain=True)
        self._link = Link(
            login_from(settings.mqtt, settings.node, will),
            on_up=self._came_up,
            on_down=self._went_down,
            on_message=self._hear,
        )
        self._link.watch(*(self._topics.control(name) for name in CONTROLS))
        self._outbox = Outbox(self._link)

    @property
    def up(self) -> bool:
        """Whether the broker is reached at this moment."""
        return self._link.up

    def start(self) -> None:
        """Begin to connect; returns at once. A broker that is not there is waited for."""
        self._outbox.start()
        self._link.start()

    def publish(self, message: Message, on_done: Callable[[str], None]) -> None:
        """Deliver a message of a row; see `core.ports.Publisher`."""
        self._outbox.publish(message, on_done)

    def publish_state(self, state: Mapping[str, object]) -> None:
        """Say how the node is, now and after every reconnect."""
        self._state = {**state, "instance": self._instance}
        self._retain(self._topics.state, to_json(self._state))

    def publish_activity(self, activity: str) -> None:
        """Say what the node is doing: `idle`, `hearing`, `recognising` or `asking`."""
        self._activity = activity
        self._retain(self._topics.activity, activity)

    def publish_event(self, event: Event) -> None:
        """Say what happened, once, as soon as there is a broker."""
        message = Message(
            topic=self._topics.event, payload=to_json(event), qos=1, expires_s=EVENT_EXPIRES_S
        )
        self._outbox.publish(message, _told)

    def on_control(self, obey: Callable[[Control], None]) -> None:
        """Have `obey` called with every control, on a foreign thread; it must return at once."""
        self._obey = obey

    def close(self, drain_s: float) -> None:
        """Deliver what is due within `drain_s`, say that we are gone, and end."""
        self._outbox.close(drain_s)
        self._retain(self._topics.availability, "offline")
        self._link.close(drain_s)

    def _retain(self, topic: str, payload: str) -> None:
        self._link.send(Delivery(topic=topic, payload=payload, retain=True))

    # On the link's thread.

    def _came_up(self) -> None:
        self._retain(self._topics.availability, "online")
        self._retain(self._topics.activity, self._activity)
        if self._state:
            self._retain(self._topics.state, to_json(self._state))
        self._outbox.line_is_up()

    def _went_down(self, _lost: Lost) -> None:
        pass

    def _hear(self, message: Incoming) -> None:
        if name := self._topics.control_named_by(message.topic):
            asked = read_control(name, message.payload, retained=message.retained)
            if isinstance(asked, BadRequest):
                log.warning("%s: %s", message.topic, asked.reason)
                self.publish_event(self.notice("bad_request", reason=asked.reason))
            else:
                self._obey(asked)

    def notice(self, kind: str, *, reason: str = "", event_id: str = "", row: str = "") -> Event:
        """Return an event of our own that is no decision, stamped with time and node."""
        return notice(
            kind,
            event_id=event_id or secrets.token_hex(8),
            at=datetime.now(UTC).astimezone().isoformat(timespec="milliseconds"),
            node=self._node,
            reason=reason,
            row=row,
        )


def to_json(value: Mapping[str, object]) -> str:
    """Return `value` as JSON that every broker takes, whatever was recognised."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()


def _told(_reason: str) -> None:
    """Events have no sender who waits for their fate; the outbox has logged it."""


def _not_yet(control: Control) -> None:
    log.warning("%s came before anybody was ready for it", control)
