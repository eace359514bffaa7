"""Mutes the daemon of a node while its microphone is used for something else."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.broker.delivery import Incoming
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.mqtt.one_shot_publisher import OneShotPublisher
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import Settings

WITHIN_S = 3.0
"""Longest wait for the broker, and for the daemon to be mute; set by hand."""
RETAINED_WITHIN_S = 0.5
"""How long what the broker has kept may take to come; set by hand."""


@contextmanager
def muted(settings: Settings) -> Iterator[bool]:
    """Keep the daemon of this node mute; yield whether none can act meanwhile.

    One that was mute already stays it afterwards.
    """
    topics = Topics(settings.mqtt.base, settings.node)
    state = _State(settings, topics)
    try:
        if not state.known():
            yield False
        elif not state.acting:
            yield True
        else:
            publisher = OneShotPublisher(settings.mqtt)
            publisher.start()
            try:
                _publish(publisher, topics, "ON")
                yield state.wait_for(lambda: not state.acting, WITHIN_S)
            finally:
                _publish(publisher, topics, "OFF")
                publisher.close()
    finally:
        state.close()


class _State:
    """What the daemon says of itself."""

    def __init__(self, settings: Settings, topics: Topics) -> None:
        self._topics = topics
        self._changed = threading.Condition()
        self._up = self._online = False
        self._muted: bool | None = None
        login = login_from(settings.mqtt, settings.node, None)
        login = replace(login, client_id=f"{login.client_id}-training")
        self._link = Link(
            login, on_up=self._came_up, on_down=lambda _lost: None, on_message=self._heard
        )
        self._link.subscribe(topics.availability, topics.state)
        self._link.start()

    @property
    def acting(self) -> bool:
        """Whether it is there and not mute."""
        return self._online and not self._muted

    def known(self) -> bool:
        """Wait until it is known what it does; return False if the broker cannot be reached."""
        if not self.wait_for(lambda: self._up, WITHIN_S):
            return False
        self.wait_for(lambda: self._online and self._muted is not None, RETAINED_WITHIN_S)
        return True

    def wait_for(self, reached: Callable[[], bool], within_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(reached, within_s)

    def close(self) -> None:
        self._link.close(1.0)

    def _came_up(self) -> None:
        with self._changed:
            self._up = True
            self._changed.notify_all()

    def _heard(self, message: Incoming) -> None:
        with self._changed:
            if message.topic == self._topics.availability:
                self._online = message.payload == b"online"
            else:
                self._muted = _is_muted(message.payload)
            self._changed.notify_all()


def _is_muted(payload: bytes) -> bool:
    try:
        state = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(state, dict) and state.get("muted") is True


def _publish(publisher: OneShotPublisher, topics: Topics, payload: str) -> None:
    done = threading.Event()
    message = Message(topic=topics.control("mute"), payload=payload, qos=1)
    publisher.publish(message, lambda _reason: done.set())
    done.wait(WITHIN_S)
