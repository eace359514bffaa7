"""Clears what a node has left on the broker: its own retained topics, and those of discovery.

A broker keeps them for ever, and Home Assistant shows a node that is called otherwise by now.
"""

from voice2mqtt.errors import UnavailableError, UserFacingError
from voice2mqtt.mqtt.broker.delivery import ConnectionLost, Delivery, DeliveryResult
from voice2mqtt.mqtt.broker.inquiry import Inquiry, inquiry, login_for
from voice2mqtt.mqtt.home_assistant.discovery import discovery_key
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.yaml.redaction import shown_address

_WITHIN_S = 15.0
"""Retained messages are waited for no longer than that; set by hand."""
_ANSWER_WITHIN_S = 2.0
"""A running node that is called offline says within this time that it is not; set by hand."""
_AT_ONCE = 10
"""Messages in flight."""


class NodeOnlineError(UserFacingError):
    """The node that is to be forgotten is running."""


def forget(settings: Settings, node: Topics, prefix: str) -> list[str]:
    """Clear all that is retained of `node`; return the topics.

    `prefix` is that of its discovery topics. Those that the node of `settings` would have too are
    left to it.

    Raises:
        SettingsError: the settings name no broker that could be reached.
        UnavailableError: the broker cannot be reached, or hung up before all was done.
        NodeOnlineError: the node is running, and would publish all of it again.
        UserFacingError: the broker does not let us clear some of it.
    """
    login = login_for(settings.mqtt, "forget")
    address = shown_address(settings.mqtt.brokers[0])
    try:
        with inquiry(login) as asked:
            asked.read_retained(_filters(settings, node, prefix), _WITHIN_S)
            found = _found(asked, node)
            if found.get(node.availability) == b"online" and _answers(asked, node):
                raise NodeOnlineError(
                    f"{node.node} is online at {address}, so it keeps its topics; "
                    "stop it first, or rename it"
                )
            _clear(asked, sorted(found))
    except ConnectionLost as lost:
        raise UnavailableError(f"the broker {address} cannot be used: {lost}") from lost
    return sorted(found)


def _filters(settings: Settings, node: Topics, prefix: str) -> list[str]:
    own = Topics(settings.mqtt.base, settings.node)
    discovery = f"{prefix}/+/{discovery_key(node)}/+/config"
    shared = f"{settings.home_assistant.prefix}/+/{discovery_key(own)}/+/config"
    other_node = node != own
    return [f"{node.root}/#", *([] if other_node and discovery == shared else [discovery])]


def _found(asked: Inquiry, node: Topics) -> dict[str, bytes]:
    # What came since is newer than what was retained.
    newest = {m.topic: m.payload for m in asked.messages if m.topic == node.availability}
    return {topic: payload for topic, payload in (asked.retained | newest).items() if payload}


def _answers(asked: Inquiry, node: Topics) -> bool:
    """Return whether a node that is called offline says that it is online, as ours do."""
    asked.messages.clear()
    asked.connection.publish(_retain(node.availability, "offline"), lambda _result, _reason: None)
    online = (node.availability, b"online")
    return asked.until(
        lambda: any((m.topic, m.payload) == online for m in asked.messages), _ANSWER_WITHIN_S
    )


def _clear(asked: Inquiry, topics: list[str]) -> None:
    refused: dict[str, str] = {}
    answered = 0

    def clear(topic: str) -> None:
        def note(result: DeliveryResult, reason: str) -> None:
            nonlocal answered
            answered += 1
            if result is not DeliveryResult.CONFIRMED:
                refused[topic] = reason

        asked.connection.publish(_retain(topic, ""), note)

    for number, topic in enumerate(topics, 1):
        clear(topic)
        if number % _AT_ONCE == 0 or number == len(topics):
            asked.until(lambda wanted=number: answered >= wanted)  # type: ignore[misc]
    if refused:
        topic, reason = next(iter(refused.items()))
        raise UserFacingError(
            f"the broker does not let us clear {len(refused)} of {len(topics)} topics, such as "
            f"{topic}: {reason}; allow it in the broker's access list, or clear each with "
            "`mosquitto_pub -r -n -t TOPIC`"
        )


def _retain(topic: str, payload: str) -> Delivery:
    return Delivery(topic=topic, payload=payload, retain=True)
