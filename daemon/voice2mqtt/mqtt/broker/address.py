"""The address of the broker, parsed from `mqtt.broker`."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from voice2mqtt.errors import SettingsError

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
    """Read `mqtt://host[:port]`, `mqtts://`, `ws://host[:port][/path]` or `wss://`.

    Raises:
        SettingsError: it is none of these.
    """
    example = (
        "write it like mqtt://192.168.1.10:1883, with mqtts, ws or wss where the broker has it"
    )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"mqtt.broker: {text!r} is no address ({error}); {example}") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SettingsError(f"mqtt.broker: {text!r} is no address of a broker; {example}")
    if parts.username or parts.password:
        raise SettingsError(
            "mqtt.broker: a name or password does not belong into the address;"
            " use mqtt.username and mqtt.password_file"
        )
    websocket = parts.scheme.startswith("ws")
    if not websocket and parts.path.strip("/"):
        raise SettingsError(f"mqtt.broker: {text!r} has a path, which only ws:// and wss:// know")
    return BrokerAddress(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        path=(parts.path.rstrip("/") or "/mqtt") if websocket else "",
        tls=parts.scheme in {"mqtts", "wss"},
    )
