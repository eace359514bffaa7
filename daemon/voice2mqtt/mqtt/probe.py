"""What the broker lets us do, asked under a client id of its own beside a running daemon.

Nothing is carried out. Whether a topic may be published to is asked by an empty message of QoS 2
that is never released. A broker that passes it on without being told to (mosquitto does not)
passes on an empty message.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from voice2mqtt.errors import UnavailableError
from voice2mqtt.mqtt.broker.delivery import ConnectionLost, Delivery, DeliveryResult
from voice2mqtt.mqtt.broker.inquiry import Inquiry, inquiry, login_for
from voice2mqtt.mqtt.broker.limits import USUAL
from voice2mqtt.mqtt.broker.link import MQTT_5
from voice2mqtt.mqtt.home_assistant.discovery import discovery_key
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.model import Settings

_AT_ONCE = 10
"""Topics asked about in one connection: what is asked stays in flight until it ends."""


@dataclass(kw_only=True)
class BrokerReport:
    """What the broker lets us do."""

    version: str = "5"
    """Of MQTT, as the broker speaks it."""
    refused: list[str] = field(default_factory=list)
    """Topics that we may not publish to."""
    answers: bool = True
    """Whether it tells that: MQTT 3.1.1 has no word for it."""
    round_trip_s: float | None = None
    """From publishing to reading it back; None if it did not come back."""
    availability: str = ""
    """Of the node, as retained: `online`, `offline`, or "" for none."""
    announced: int = 0
    """How many of the node's discovery messages are retained."""


def examine_broker(settings: Settings, topics: Sequence[str]) -> BrokerReport:
    """Log in, publish and read back, and ask leave for each of `topics`.

    Raises:
        SettingsError: the settings name no broker that could be reached.
        UnavailableError: it cannot be reached or refuses us; the text says why.
    """
    own = Topics(settings.mqtt.base, settings.node)
    login = login_for(settings.mqtt, "doctor")
    login = replace(login, addresses=(login.address,))
    report = BrokerReport()
    try:
        with inquiry(login) as asking:
            report.answers = asking.version == MQTT_5
            report.version = "5" if report.answers else "3.1.1"
            _read_back(asking, own, settings, report)
        for begin in range(0, len(topics) if report.answers else 0, _AT_ONCE):
            with inquiry(login) as asking:
                _ask_leave(asking, topics[begin : begin + _AT_ONCE], report)
    except ConnectionLost as lost:
        raise UnavailableError(str(lost)) from lost
    return report


def _read_back(asking: Inquiry, own: Topics, settings: Settings, report: BrokerReport) -> None:
    """Publish to a topic of our own and read it back, behind what is retained."""
    topic, payload = f"{own.root}/doctor", secrets.token_hex(8)
    found = f"{settings.home_assistant.prefix}/+/{discovery_key(own)}/+/config"
    asking.connection.subscribe([own.availability, found, topic])
    began_s = time.monotonic()
    answers: list[DeliveryResult] = []
    delivery = Delivery(topic=topic, payload=payload, qos=1)
    asking.connection.publish(delivery, lambda result, _reason: answers.append(result))

    def back() -> bool:
        return any(m.topic == topic and m.payload == payload.encode() for m in asking.messages)

    def over() -> bool:
        return back() or DeliveryResult.REFUSED in answers

    asking.until(over)
    if back():
        report.round_trip_s = time.monotonic() - began_s
    retained = asking.retained
    report.availability = retained.pop(own.availability, b"").decode(errors="replace")
    report.announced = len(retained)


def _ask_leave(asking: Inquiry, topics: Sequence[str], report: BrokerReport) -> None:
    if asking.connection.limits.qos < USUAL.qos:
        report.answers = False
        return
    answered: list[str] = []

    def ask(topic: str) -> None:
        def note(result: DeliveryResult, _reason: str) -> None:
            answered.append(topic)
            if result is DeliveryResult.REFUSED:
                report.refused.append(topic)

        asking.connection.try_publish(topic, note)

    for topic in topics:
        ask(topic)
    asking.until(lambda: len(answered) >= len(topics))
