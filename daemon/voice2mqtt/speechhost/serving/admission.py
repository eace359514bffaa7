"""Who may connect: keys and numbers of connections. Pure."""

import hmac
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client, and all of them together, may use."""

    connections: int = 64
    connections_per_address: int = 32
    half_open: int = 64
    """Connections without a complete request yet; beyond, the oldest is cut off."""
    half_open_per_address: int = 32
    open_s: float = 5.0
    """Time for the TLS handshake, and again for the request."""
    message_bytes: int = 1 << 20
    backlog_s: float = 60.0
    """Audio of one client that waits to be transcribed; beyond, it is not read."""
    burst_s: float = 60.0
    """Audio a client may send faster than `speed`, such as what it repeats after a break."""
    speed: float = 4.0
    """The multiple of real time at which it is read after that."""
    ping_every_s: float = 20.0
    pong_within_s: float = 20.0
    """Counted only while the client is read; one that does not answer in time is gone."""
    send_within_s: float = 20.0
    """A client that does not take what it is sent is cut off."""
    idle_s: float = 600.0
    """A connection on which nothing was received for so long is closed."""
    drain_s: float = 5.0
    """Time for turns under way to be answered when the host stops."""


class AdmissionControl:
    """Counts connections, and says why another one is refused."""

    def __init__(
        self,
        keys: Sequence[str],
        limits: Limits,
        is_overloaded: Callable[[], bool] = lambda: False,
    ) -> None:
        """Without `keys` no key is needed. `is_overloaded`: answers would come too late."""
        self._keys = tuple(key.encode() for key in keys)
        self._limits = limits
        self._is_overloaded = is_overloaded
        self._admitted: Counter[str] = Counter()
        self._half_open: dict[Hashable, str] = {}

    @property
    def connections(self) -> int:
        """How many connections are admitted."""
        return self._admitted.total()

    @property
    def is_full(self) -> bool:
        """Whether nobody else is admitted, wherever they are."""
        return self.connections >= self._limits.connections or self._is_overloaded()

    def open(self, connection: Hashable, address: str) -> Hashable | None:
        """Count a half-open connection; return the one to cut off to make room, if any.

        It is the oldest: an honest client sends its request at once.
        """
        self._half_open[connection] = address
        of_address = [other for other, its in self._half_open.items() if its == address]
        if len(of_address) > self._limits.half_open_per_address:
            oldest = of_address[0]
        elif len(self._half_open) > self._limits.half_open:
            oldest = next(iter(self._half_open))
        else:
            return None
        self.settle(oldest)
        return oldest

    def settle(self, connection: Hashable) -> None:
        """Count a connection as half-open no more: it has sent its request, or is gone."""
        self._half_open.pop(connection, None)

    def refusal(
        self, address: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> HTTPStatus | None:
        """Return why a request is refused, or None; `query` has lower-case keys.

        Without keys, whatever page somebody visits could use the host: only browsers send an
        `Origin`, and of a page nothing else is known.
        """
        if not self._keys and "Origin" in headers:
            return HTTPStatus.FORBIDDEN
        if self._keys and not self._is_key(_offered_key(headers, query)):
            return HTTPStatus.UNAUTHORIZED
        return self.overload(address)

    def overload(self, address: str) -> HTTPStatus | None:
        """Return why there is no room for another client at `address`, or None."""
        if self._admitted[address] >= self._limits.connections_per_address:
            return HTTPStatus.TOO_MANY_REQUESTS
        if self.is_full:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return None

    def admit(self, address: str) -> None:
        """Count a connection."""
        self._admitted[address] += 1

    def release(self, address: str) -> None:
        """Count it no more."""
        self._admitted[address] -= 1
        if self._admitted[address] <= 0:
            del self._admitted[address]

    def _is_key(self, offered: str) -> bool:
        # Every key is compared, each in constant time, so that timing tells nothing about them.
        matches = [hmac.compare_digest(key, offered.encode()) for key in self._keys]
        return any(matches)


def _offered_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the key or token; a browser cannot set headers and sends it in the query."""
    key = headers.get("Ocp-Apim-Subscription-Key") or query.get("ocp-apim-subscription-key")
    token = headers.get("Authorization") or query.get("authorization") or ""
    scheme, _, rest = token.strip().partition(" ")
    return key or (rest if scheme.lower() == "bearer" else token).strip()
