"""Which other nodes there are, and since when this one and they receive each other's bids. Pure.

A node that connects to the broker joins: it subscribes, says that it is online, and sends a bid
`joins`, which the broker sends back to it too. All nodes that were there before are known when it
has come back. Each of them answers `knows` (one of an older version does not, but its next bid
shows that it is one): from then on it takes the new node into account. What the others decided
earlier, when each seemed alone, this node has missed; so it counts as following from the
last answer on, and no earlier.
"""

import math

MOST = 64
"""Nodes that are remembered; a home has fewer."""
ANSWER_WITHIN_S = 20.0
"""A node that has not answered for so long has gone without its last will; it is not waited for any
longer. Two nodes and the broker each answer within seconds."""
HEARD_OF_S = 60.0
"""How long a node counts as present after a bid, if it never said that it is online."""
LINGER_S = 2.0
"""How long a node counts as present after it went: one that lost its connection comes back soon."""


class Membership:
    """The other nodes, as one node knows them."""

    def __init__(self) -> None:
        self._others: dict[str, float] = {}
        """Until when each counts as present."""
        self._came: set[str] = set()
        self._awaited: set[str] = set()
        self.knows_of_another = False
        """Whether any other node was seen in this connection, even one that has gone."""
        self._token = ""
        self._joined_s = math.inf
        self._since_s = math.inf

    @property
    def joined(self) -> bool:
        """Whether there is a connection and the nodes that were there before are known."""
        return self._joined_s < math.inf

    def is_named(self, token: str) -> bool:
        """Whether `token` identifies the present connection."""
        return bool(token) and token == self._token

    def others(self, now_s: float) -> frozenset[str]:
        """Return the names of the nodes present; without a connection those seen last."""
        return frozenset(name for name, until_s in self._others.items() if now_s < until_s)

    def following_since_s(self, now_s: float) -> float:
        """Return since when no bid can have been missed; infinite if one can."""
        if self._awaited and now_s >= self._joined_s + ANSWER_WITHIN_S:
            self._awaited.clear()
            self._since_s = self._joined_s + ANSWER_WITHIN_S
        return math.inf if self._awaited else self._since_s

    def join(self, token: str) -> None:
        """Begin a new connection, identified by `token`."""
        self._token = token
        self._came, self._awaited = set(), set()
        self.knows_of_another = False
        self._joined_s = self._since_s = math.inf

    def leave(self) -> None:
        """Handle the loss of the connection; the others may still be there."""
        self.join("")

    def see(self, node: str, now_s: float, *, there: bool) -> None:
        """Handle that `node` came or went."""
        self.knows_of_another = True
        if there:
            self._count_until(node, math.inf)
        elif node in self._others:
            self._others[node] = min(self._others[node], now_s + LINGER_S)
            self._came.discard(node)
            self.known_to(node, now_s)
        self._others = {name: until for name, until in self._others.items() if now_s < until}

    def hear_of(self, node: str, now_s: float) -> None:
        """Handle that `node` sent a bid."""
        self._count_until(node, now_s + HEARD_OF_S)

    def _count_until(self, node: str, until_s: float) -> None:
        if node not in self._others and len(self._others) >= MOST:
            return
        self._others[node] = max(until_s, self._others.get(node, until_s))
        self._came.add(node)
        if not self.joined:
            self._awaited.add(node)

    def has_joined(self, token: str, now_s: float) -> None:
        """Handle that our own `joins` has come back: the nodes that were there before are known."""
        if self.is_named(token) and not self.joined:
            self._joined_s = now_s
            self._others = {
                name: until if name in self._came else min(until, now_s + LINGER_S)
                for name, until in self._others.items()
            }
            if not self._awaited:
                self._since_s = now_s

    def known_to(self, node: str, now_s: float) -> None:
        """Handle that `node` knows of us."""
        if node in self._awaited:
            self._awaited.remove(node)
            if not self._awaited and self.joined:
                self._since_s = now_s
