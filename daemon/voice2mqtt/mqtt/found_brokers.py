"""Brokers on the network, as they announce themselves by mDNS."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice2mqtt import mdns

_MQTT = "_mqtt._tcp.local."
_HOME_ASSISTANT = "_home-assistant._tcp.local."
_MQTT_PORT = 1883
"""Registered for MQTT."""


@dataclass(frozen=True, slots=True, order=True)
class FoundBroker:
    """Where a broker is, or may be."""

    url: str
    """As `mqtt.broker` of the settings writes it."""
    name: str
    """Who announces it, for people."""


def find_brokers(within_s: float, interfaces: Sequence[str] = ()) -> list[FoundBroker]:
    """Return what announces itself `within_s`; a Home Assistant usually has a broker beside it."""
    found = mdns.find((_MQTT, _HOME_ASSISTANT), within_s, interfaces)
    return sorted({_broker(service) for service in found})


def _broker(service: mdns.FoundService) -> FoundBroker:
    host = service.server or service.addresses[0]
    port = service.port if service.kind == _MQTT else _MQTT_PORT
    kind = "Home Assistant" if service.kind == _HOME_ASSISTANT else "MQTT broker"
    # The name survives a new address, but is known only where mDNS is part of name lookup.
    address = next((a for a in service.addresses if ":" not in a), host)
    return FoundBroker(f"mqtt://{address}:{port}", f"{kind} “{service.name}” on {host}")
