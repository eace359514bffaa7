"""The address of the broker, parsed from `mqtt.broker`."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is, and over which transport it is reached."""

    host: str
    port: int
    path: str
    """Of the websocket; empty for plain MQTT."""
    tls: bool

    @property
    def websocket(self) -> bool:
        """Whether MQTT is carried by websockets."""
        return bool(self.path)


def parse_address(text: str) -> BrokerAddress:
    """Return what `text` names, which the settings have taken: `mqtts://host`, `ws://host/path`."""
    parts = urlsplit(text)
    return BrokerAddress(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        path=(parts.path.rstrip("/") or "/mqtt") if parts.scheme.startswith("ws") else "",
        tls=parts.scheme in {"mqtts", "wss"},
    )
