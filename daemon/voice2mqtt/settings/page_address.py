"""Formats of the addresses of the page: where it listens, and how browsers reach it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from voice2mqtt.settings.yaml.redaction import shown_address


def check_listen(address: str) -> str:
    """Return `address` if it names a host and a port; else raise ValueError with the cure."""
    host, colon, port = address.rpartition(":")
    # An address of IPv6 has colons of its own, and therefore brackets.
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or (":" in host and not bracketed) or not _is_port(port):
        raise ValueError(f"'{address}' is not where a page could be; write it as 127.0.0.1:8099")
    return address


def check_origin(address: str) -> str:
    """Return `address` as a browser names an origin; else raise ValueError with the cure."""
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.netloc or parts.username:
        raise ValueError(
            f"{shown_address(address)} is no origin; write it as https://voice.example.org"
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            f"{shown_address(address)} has more than scheme, host and port; leave the rest out"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_loopback(host: str) -> bool:
    """Return whether only programs of this machine can connect to what listens at `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= 65_535
