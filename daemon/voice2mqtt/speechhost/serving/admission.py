"""Who may connect: keys, places and numbers of connections. Pure."""

import hmac
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one client, and all of them, may ask for."""

    connections: int = 64
    connections_per_address: int = 32
    half_open: int = 64
    """Connections on which no whole request has come yet; beyond, the oldest is cut off."""
    half_open_per_address: int = 32
    open_s: float = 5.0
    """Time for encryption, and again for the request."""
    message_bytes: int = 1 << 20
    backlog_s: float = 60.0
    """Audio of one client that may wait for its words; reading from it stops beyond."""
    burst_s: float = 60.0
    """Audio a client may send ahead of real time, such as what comes again after a break."""
    speed: float = 4.0
    """Multiple of real time at which it is read after that."""
    ping_every_s: float = 20.0
    pong_within_s: float = 20.0
    """Of time in which the client is read: one that gives no sign of life is gone."""
    send_within_s: float = 20.0
    """A client that does not take what it is sent is cut off."""
    idle_s: float = 600.0
    """A connection on which nothing was received for so long is closed."""
    drain_s: float = 5.0
    """Time for turns under way to be answered when the host stops."""


class AdmissionControl:
    """Counts who is in, and says why somebody may not enter."""

    def __init__(self, keys: Sequence[str], limits: Limits) -> None:
        """Without `keys` everybody may enter."""
        self._keys = tuple(key.encode() for key in keys)
        self._limits = limits
        self._inside: Counter[str] = Counter()
        self._half_open: dict[Hashable, str] = {}

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._inside.total()

    def knock(self, visitor: Hashable, address: str) -> Hashable | None:
        """Take note of a visitor; return the one to be cut off to make room, if any.

        It is the one that has been about its request for longest: an honest one takes no time.
        """
        self._half_open[visitor] = address
        neighbours = [who for who, where in self._half_open.items() if where == address]
        if len(neighbours) > self._limits.half_open_per_address:
            late = neighbours[0]
        elif len(self._half_open) > self._limits.half_open:
            late = next(iter(self._half_open))
        else:
            return None
        self.knocked(late)
        return late

    def knocked(self, visitor: Hashable) -> None:
        """Take note that a visitor has said what it wants, or is gone."""
        self._half_open.pop(visitor, None)

    def refusal(
        self, address: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> HTTPStatus | None:
        """Return why a client may not connect, if it may not; `query` has lower-case keys."""
        if self._keys and not self._knows(_offered_key(headers, query)):
            return HTTPStatus.UNAUTHORIZED
        if self._inside[address] >= self._limits.connections_per_address:
            return HTTPStatus.TOO_MANY_REQUESTS
        if self.connections >= self._limits.connections:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return None

    def enter(self, address: str) -> None:
        """Count a connection."""
        self._inside[address] += 1

    def leave(self, address: str) -> None:
        """Count it no more."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]

    def _knows(self, offered: str) -> bool:
        # Every key is compared, and each in constant time: timing must not tell how near one is.
        matches = [hmac.compare_digest(key, offered.encode()) for key in self._keys]
        return any(matches)


def _offered_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the key or token; a browser cannot set headers and says it in the query."""
    key = headers.get("Ocp-Apim-Subscription-Key") or query.get("ocp-apim-subscription-key")
    token = headers.get("Authorization") or query.get("authorization") or ""
    scheme, _, rest = token.strip().partition(" ")
    return key or (rest if scheme.lower() == "bearer" else token).strip()
