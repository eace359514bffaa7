"""The address of a client that connects through a trusted proxy. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
HEADER = "X-Forwarded-For"
"""In which proxies tell the address of their client, the nearest one last."""


class TrustedProxies:
    """The proxies whose word is taken; everybody else could claim any address."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def client(self, peer: str, forwarded: str | None) -> str:
        """Return the address of the client behind `peer`, by what was `forwarded`.

        The last address that is not of a trusted proxy; `peer` if that is not one itself.
        """
        told = [part.strip() for part in (forwarded or "").split(",")]
        while self._are_trusted(peer) and told and _is_address(told[-1]):
            peer = told.pop()
        return peer

    def _are_trusted(self, peer: str) -> bool:
        return _is_address(peer) and any(ip_address(peer) in each for each in self._networks)


def network(text: str) -> Network:
    """Read an address, or a network such as 192.168.1.0/24; raise ValueError."""
    return ip_network(text)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
