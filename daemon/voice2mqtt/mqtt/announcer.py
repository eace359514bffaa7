"""Keeps what Home Assistant knows of us right: announced, announced again, and cleaned up."""

import logging
import random
from collections.abc import Callable, Sequence

from voice2mqtt import __version__
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.delivery import Incoming
from voice2mqtt.mqtt.home_assistant import announcements, discovery_key
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import HomeAssistantSettings

log = logging.getLogger(__name__)

_SPREAD_S = 2.0
"""After its restart Home Assistant hears from all devices; not all at the same moment."""
_EXPIRES_S = 60.0


class Announcer:
    """Publishes the node's discovery messages, and clears those that are no longer true.

    Whatever is retained under the node's own discovery topics and not announced now is stale:
    a row that went, an entity of an earlier version, or everything when discovery is off.
    """

    def __init__(
        self,
        topics: Topics,
        settings: HomeAssistantSettings,
        retain: Callable[[str, str], None],
        publish: Callable[[Message], None],
    ) -> None:
        self._topics = topics
        self._settings = settings
        self._retain = retain
        self._publish = publish
        self._current: dict[str, str] = {}
        self._status = f"{settings.prefix}/status"
        key = discovery_key(topics)
        self._own = (f"{settings.prefix}/", f"/{key}/")
        self.filters = (self._status, f"{settings.prefix}/+/{key}/+/config")
        self.set_rows(())

    def set_rows(self, rows: Sequence[str]) -> None:
        """Announce these rows from now on, and no others."""
        before = self._current
        if self._settings.discovery:
            self._current = announcements(self._topics, self._settings.prefix, rows, __version__)
        for topic in before.keys() - self._current.keys():
            self._retain(topic, "")
        for topic, payload in self._current.items():
            if before.get(topic) != payload:
                self._retain(topic, payload)

    def came_up(self) -> None:
        """Announce everything, for the broker may have forgotten it."""
        for topic, payload in self._current.items():
            self._retain(topic, payload)

    def hear(self, message: Incoming) -> None:
        """Announce again when Home Assistant was started; clear what is stale."""
        if message.topic == self._status:
            if message.payload == b"online":
                self._announce_again()
        elif message.payload and self._is_stale(message.topic):
            log.info("clearing the stale discovery message on %s", message.topic)
            self._retain(message.topic, "")

    def _is_stale(self, topic: str) -> bool:
        prefix, key = self._own
        is_own = topic.startswith(prefix) and key in topic and topic.endswith("/config")
        return is_own and topic not in self._current

    def _announce_again(self) -> None:
        after_s = random.uniform(0, _SPREAD_S)
        for topic, payload in self._current.items():
            message = Message(
                topic=topic,
                payload=payload,
                qos=1,
                retain=True,
                after_s=after_s,
                expires_s=_EXPIRES_S,
            )
            self._publish(message)
