"""Brokers on the network, as they announce themselves by mDNS. The only import of zeroconf."""

import threading
from dataclasses import dataclass

from zeroconf import InterfaceChoice, ServiceBrowser, ServiceStateChange, Zeroconf

_MQTT = "_mqtt._tcp.local."
_HOME_ASSISTANT = "_home-assistant._tcp.local."
_MQTT_PORT = 1883
_DETAILS_WITHIN_MS = 1000

Interfaces = InterfaceChoice | list[str]


@dataclass(frozen=True, slots=True, order=True)
class FoundBroker:
    """Where a broker is, or may be."""

    url: str
    """As `mqtt.broker` of the settings writes it."""
    name: str
    """Who announces it, for people."""


def find_brokers(
    within_s: float, interfaces: Interfaces = InterfaceChoice.All
) -> list[FoundBroker]:
    """Return what announces itself `within_s`; a Home Assistant usually has a broker beside it.

    A network without multicast, as in some containers, has none.
    """
    seen: set[tuple[str, str]] = set()

    def note(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        del zeroconf
        if state_change is ServiceStateChange.Added:
            seen.add((service_type, name))

    try:
        zeroconf = Zeroconf(interfaces=interfaces)
    except OSError:
        return []
    try:
        browser = ServiceBrowser(zeroconf, [_MQTT, _HOME_ASSISTANT], handlers=[note])
        threading.Event().wait(within_s)
        browser.cancel()
        found = {broker for each in sorted(seen) if (broker := _broker(zeroconf, *each))}
    finally:
        zeroconf.close()
    return sorted(found)


def _broker(zeroconf: Zeroconf, service_type: str, name: str) -> FoundBroker | None:
    info = zeroconf.get_service_info(service_type, name, _DETAILS_WITHIN_MS)
    if info is None or not info.parsed_addresses():
        return None
    host = (info.server or "").rstrip(".") or info.parsed_addresses()[0]
    port = info.port if service_type == _MQTT else _MQTT_PORT
    kind = "Home Assistant" if service_type == _HOME_ASSISTANT else "MQTT broker"
    shown = name.removesuffix(f".{service_type}")
    # The name survives a new address, but is known only where mDNS is part of name lookup.
    address = next((a for a in info.parsed_addresses() if ":" not in a), host)
    return FoundBroker(f"mqtt://{address}:{port}", f"{kind} “{shown}” on {host}")
