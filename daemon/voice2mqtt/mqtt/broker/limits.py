"""What a broker takes from a client, as its CONNACK says (MQTT 5, section 3.2.2.3). Pure.

A broker hangs up on a client that goes beyond its limits, so messages are made to fit before they
are sent: a command goes out without retain or with a lower QoS rather than not at all.
"""

from dataclasses import dataclass, replace

from voice2mqtt.mqtt.broker.delivery import Delivery

_USUAL_PACKET_BYTES = 2_000_000
"""What mosquitto takes from its version 2.1 on: no message of ours comes near it."""
_OVERHEAD_BYTES = 16
"""Of a PUBLISH beside topic and payload: header, lengths, packet identifier, expiry; at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLimits:
    """The defaults hold for every broker that says nothing else."""

    qos: int = 2
    retain: bool = True
    packet_bytes: int | None = None
    in_flight: int = 20
    """Messages in flight at one time; MQTT allows more, but some brokers do not."""

    def fit(self, delivery: Delivery) -> Delivery:
        """Return `delivery` with what the broker does not take lowered."""
        qos, retain = min(delivery.qos, self.qos), delivery.retain and self.retain
        if (qos, retain) == (delivery.qos, delivery.retain):
            return delivery
        return replace(delivery, qos=qos, retain=retain)

    def fault_of(self, delivery: Delivery) -> str:
        """Return why the broker would hang up on `delivery`; "" if it takes it."""
        content_bytes = len(delivery.topic.encode()) + len(delivery.payload.encode())
        size_bytes = content_bytes + _OVERHEAD_BYTES
        if self.packet_bytes is None or size_bytes <= self.packet_bytes:
            return ""
        return f"it has {size_bytes} bytes, and the broker takes {self.packet_bytes} at most"

    def sentence(self) -> str:
        """Return, for people, which limits are lower than usual; "" if none is."""
        told = []
        if not self.retain:
            told.append("keeps no retained messages: states and commands go out without retain")
        if self.qos < 1:
            told.append("takes no QoS above 0: commands go out with QoS 0, confirmed by a probe")
        elif self.qos < 2:
            told.append("takes no QoS above 1: commands with QoS 2 go out with QoS 1")
        if self.packet_bytes is not None and self.packet_bytes < _USUAL_PACKET_BYTES:
            told.append(f"takes no message above {self.packet_bytes} bytes: such are not sent")
        return "; ".join(told)


USUAL = BrokerLimits()


def limits_in(properties: object) -> BrokerLimits:
    """Return the limits in the `properties` of a CONNACK; MQTT 3.1.1 has none."""
    return BrokerLimits(
        qos=getattr(properties, "MaximumQoS", USUAL.qos),
        retain=bool(getattr(properties, "RetainAvailable", USUAL.retain)),
        packet_bytes=getattr(properties, "MaximumPacketSize", USUAL.packet_bytes),
        in_flight=min(USUAL.in_flight, getattr(properties, "ReceiveMaximum", USUAL.in_flight)),
    )
