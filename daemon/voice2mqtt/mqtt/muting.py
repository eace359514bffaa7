"""Mutes the daemon of a node while its microphone is used for something else."""

from collections.abc import Iterator
from contextlib import contextmanager

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.errors import UnavailableError
from voice2mqtt.mqtt.broker.delivery import ConnectionLost, Delivery, ignore_result
from voice2mqtt.mqtt.broker.inquiry import Inquiry, inquiry, login_for
from voice2mqtt.mqtt.broker.login import Login
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import Settings

WITHIN_S = 3.0
"""Longest wait for the daemon to be mute; set by hand."""
RETAINED_WITHIN_S = 0.5
"""How long what the broker has kept may take to come; set by hand."""


@contextmanager
def muted(settings: Settings) -> Iterator[bool]:
    """Keep the daemon of this node mute; yield whether none can act meanwhile.

    One that was mute already stays it afterwards.

    Raises:
        SettingsError: the settings name no broker that could be reached.
        UnavailableError: the broker is gone, so that the daemon stays mute.
    """
    login, topics = login_for(settings.mqtt, "training"), Topics(settings.mqtt.base, settings.node)
    acted = safe = False
    try:
        with inquiry(login) as asked:
            acted = _acts(asked, topics)
            safe = not acted or _mute(asked, topics)
    except ConnectionLost:
        safe = False
    try:
        yield safe
    finally:
        if acted:
            _unmute(login, topics)


def _acts(asked: Inquiry, topics: Topics) -> bool:
    """Return whether a daemon is there and not mute, by what the broker has kept of it."""
    asked.connection.subscribe([topics.availability, topics.state])
    asked.until(lambda: len(_told(asked)) == 2, RETAINED_WITHIN_S)
    return not _is_quiet(asked, topics)


def _mute(asked: Inquiry, topics: Topics) -> bool:
    """Mute it; return whether it says that it is."""
    asked.connection.publish(_control(topics, "ON"), ignore_result)
    return asked.until(lambda: _is_quiet(asked, topics), WITHIN_S)


def _unmute(login: Login, topics: Topics) -> None:
    answers: list[str] = []
    delivery = _control(topics, "OFF")
    try:
        with inquiry(login) as asked:
            asked.connection.publish(delivery, lambda _result, reason: answers.append(reason))
            asked.until(lambda: bool(answers), WITHIN_S)
    except ConnectionLost as lost:
        raise UnavailableError(
            f"the daemon is still mute, since the broker cannot be reached: {lost}; publish OFF to "
            f"{delivery.topic} when it can"
        ) from lost


def _control(topics: Topics, payload: str) -> Delivery:
    return Delivery(topic=topics.control("mute"), payload=payload)


def _told(asked: Inquiry) -> dict[str, bytes]:
    """Return what the daemon said last, by topic."""
    return {message.topic: message.payload for message in asked.messages}


def _is_quiet(asked: Inquiry, topics: Topics) -> bool:
    told = _told(asked)
    return told.get(topics.availability) != b"online" or _is_muted(told.get(topics.state, b""))


def _is_muted(payload: bytes) -> bool:
    try:
        state = read_json(payload)
    except ValueError:
        return False
    return isinstance(state, dict) and state.get("muted") is True
