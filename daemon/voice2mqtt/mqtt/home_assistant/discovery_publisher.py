"""Publishes the discovery messages for Home Assistant, and clears those that are stale.

They are retained, and the broker sends them to us at every connection. So only what it does not
hold, or holds differently, is published again; it goes in the lane of lowest priority.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from voice2mqtt import __version__
from voice2mqtt.mqtt.broker.delivery import (
    Delivery,
    DeliveryResult,
    Incoming,
    Lane,
    OnResult,
    ignore_result,
)
from voice2mqtt.mqtt.broker.link import RETAINED_PAUSE_S
from voice2mqtt.mqtt.home_assistant.discovery import announcements, discovery_key
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import HomeAssistantSettings

log = logging.getLogger(__name__)

_LATEST_S = 15.0
"""Retained messages are waited for no longer than that; set by hand."""
_SPREAD_S = 2.0
"""When Home Assistant has started, all devices announce themselves: spread over this time."""


class DiscoveryPublisher:
    """Publishes the node's discovery messages, and clears those that are stale.

    Stale is what is retained under the node's own discovery topics and not announced now: a row
    that was removed, an entity of an earlier version, or everything when discovery is off.

    `send` delivers now or not at all. `set_rows` may be called on any thread, the rest on the
    link's.
    """

    def __init__(
        self,
        topics: Topics,
        settings: HomeAssistantSettings,
        send: Callable[[Delivery, OnResult], None],
        page: str = "",
    ) -> None:
        """Prepare; `page` is the address of the node's web page, if it has one."""
        self._topics = topics
        self._settings = settings
        self._send = send
        self._page = page
        self._lock = threading.Lock()
        self._current: dict[str, str] = {}
        self._kept: set[str] = set()
        """Topics on which the broker holds what is current."""
        self._up_since_s: float | None = None
        self._due_s: float | None = None
        """When to publish what the broker does not hold; None if that is done."""
        self._everything = False
        """Whether everything is published then, held or not."""
        self._refusal = ""
        self.status = f"{settings.prefix}/status"
        key = discovery_key(topics)
        self._own = (f"{settings.prefix}/", f"/{key}/")
        self.filter = f"{settings.prefix}/+/{key}/+/config"
        self.set_rows(())

    def set_rows(self, rows: Sequence[str]) -> None:
        """Announce these rows from now on, and no others."""
        current: dict[str, str] = {}
        if self._settings.discovery:
            current = announcements(
                self._topics, self._settings.prefix, rows, __version__, self._page
            )
        with self._lock:
            before, self._current = self._current, current
            self._kept = {topic for topic in self._kept if current.get(topic) == before.get(topic)}
            at_once = self._up_since_s is not None and self._due_s is None
        for topic in before.keys() - current.keys():
            self._clear(topic)
        if at_once:
            self._announce()

    def came_up(self) -> None:
        """Announce what the broker does not hold, once it has sent what it holds."""
        with self._lock:
            self._kept.clear()
            self._up_since_s = time.monotonic()
            self._due_s = self._up_since_s + RETAINED_PAUSE_S

    def went_down(self) -> None:
        """Announce nothing until the next `came_up`."""
        with self._lock:
            self._up_since_s = self._due_s = None

    def turn(self) -> None:
        """Publish what is due; to be called about every second or more often."""
        with self._lock:
            due = self._due_s is not None and self._due_s <= time.monotonic()
            if due:
                self._due_s = None
            if due and self._everything:
                self._everything = False
                self._kept.clear()
        if due:
            self._announce()

    def handle_message(self, message: Incoming) -> None:
        """Announce again when Home Assistant was started; clear what is stale."""
        if message.topic == self.status:
            # A retained status may be old; and what we announced is then retained as well.
            if message.payload == b"online" and not message.retained:
                self._announce_again()
        elif self._is_own(message.topic):
            self._handle_own(message)

    def _is_own(self, topic: str) -> bool:
        prefix, key = self._own
        return topic.startswith(prefix) and key in topic and topic.endswith("/config")

    def _handle_own(self, message: Incoming) -> None:
        topic, payload = message.topic, message.payload
        with self._lock:
            expected = self._current.get(topic)
            if expected is not None and payload == expected.encode():
                self._kept.add(topic)
            else:
                self._kept.discard(topic)
            if self._due_s is not None and self._up_since_s is not None:
                quiet_s = min(time.monotonic() + RETAINED_PAUSE_S, self._up_since_s + _LATEST_S)
                self._due_s = max(self._due_s, quiet_s)
        if expected is None and payload:
            log.info("clearing the stale discovery message on %s", topic)
            self._clear(topic)

    def _announce_again(self) -> None:
        with self._lock:
            self._everything = True
            self._due_s = time.monotonic() + random.uniform(0, _SPREAD_S)

    def _announce(self) -> None:
        with self._lock:
            missing = {t: p for t, p in self._current.items() if t not in self._kept}
        for topic, payload in missing.items():
            self._retain(topic, payload, partial(self._handle_result, topic, payload))

    def _clear(self, topic: str) -> None:
        self._retain(topic, "", ignore_result)

    def _retain(self, topic: str, payload: str, on_result: OnResult) -> None:
        self._send(
            Delivery(topic=topic, payload=payload, retain=True, lane=Lane.DISCOVERY), on_result
        )

    def _handle_result(self, topic: str, payload: str, result: DeliveryResult, reason: str) -> None:
        if result is DeliveryResult.CONFIRMED:
            with self._lock:
                if self._current.get(topic) == payload:
                    self._kept.add(topic)
        elif result is DeliveryResult.REFUSED and reason != self._refusal:
            self._refusal = reason
            log.warning("the broker refused what Home Assistant should know of us: %s", reason)
