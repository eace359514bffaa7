"""Which other nodes there are, and since when this one and they hear each other. Pure.

A node that comes to the broker joins: it subscribes, says that it is online, then sends a note
(`joins`), which the broker passes back to it too. All that was there before is known when that
note has come back. Every other node answers `knows` (one of an older version does not, but its
next note shows that it is one): from then on it takes this one into account. What the others
decided before, while they thought themselves alone, this node has not heard of; so it counts as
following what goes on from the last answer on, and no earlier.
"""

import math

MOST = 64
"""Nodes that are remembered; a house has fewer."""
ANSWER_WITHIN_S = 20.0
"""A node that has not answered for so long, over three lines that each answer within seconds, is
one that went without a word. Without an answer of its own it would be waited for at each join."""
HEARD_OF_S = 60.0
"""A node that says something, but not that it is online, is reckoned with for so long."""
LINGER_S = 2.0
"""A node that left is reckoned with for so long: one whose line was cut comes back at once."""


class Membership:
    """The others, as one node knows them."""

    def __init__(self) -> None:
        self._others: dict[str, float] = {}
        """Until when each is reckoned with."""
        self._came: set[str] = set()
        self._awaited: set[str] = set()
        self._knows_of_another = False
        self._token = ""
        self._joined_s = math.inf
        self._since_s = math.inf

    @property
    def knows_of_another(self) -> bool:
        """Whether this connection showed any other node, be it one that went."""
        return self._knows_of_another

    @property
    def joined(self) -> bool:
        """Whether there is a broker, and it is known who else is there."""
        return self._joined_s < math.inf

    def is_named(self, token: str) -> bool:
        """Whether `token` names the connection of this moment."""
        return bool(token) and token == self._token

    def others(self, now_s: float) -> frozenset[str]:
        """Return the names of the other nodes; without a broker those that were there last."""
        return frozenset(name for name, until_s in self._others.items() if now_s < until_s)

    def following_since_s(self, now_s: float) -> float:
        """Return since when nothing can have been missed; infinite if something can."""
        if self._awaited and now_s >= self._joined_s + ANSWER_WITHIN_S:
            self._awaited.clear()
            self._since_s = self._joined_s + ANSWER_WITHIN_S
        return math.inf if self._awaited else self._since_s

    def join(self, token: str) -> None:
        """Begin anew with a connection that `token` names."""
        self._token = token
        self._came, self._awaited = set(), set()
        self._knows_of_another = False
        self._joined_s = self._since_s = math.inf

    def leave(self) -> None:
        """Take note that the connection is gone; the others may be there still."""
        self.join("")

    def see(self, node: str, now_s: float, *, there: bool) -> None:
        """Take note that `node` came or went."""
        self._knows_of_another = True
        if there:
            self._reckon_with(node, math.inf)
        elif node in self._others:
            self._others[node] = min(self._others[node], now_s + LINGER_S)
            self._came.discard(node)
            self.known_to(node, now_s)
        self._others = {name: until for name, until in self._others.items() if now_s < until}

    def hear_of(self, node: str, now_s: float) -> None:
        """Take note that `node` said something."""
        self._reckon_with(node, now_s + HEARD_OF_S)

    def _reckon_with(self, node: str, until_s: float) -> None:
        if node not in self._others and len(self._others) >= MOST:
            return
        self._others[node] = max(until_s, self._others.get(node, until_s))
        self._came.add(node)
        if not self.joined:
            self._awaited.add(node)

    def has_joined(self, token: str, now_s: float) -> None:
        """Take note that our own word has come back: whoever was there before is known now."""
        if self.is_named(token) and not self.joined:
            self._joined_s = now_s
            self._others = {
                name: until if name in self._came else min(until, now_s + LINGER_S)
                for name, until in self._others.items()
            }
            if not self._awaited:
                self._since_s = now_s

    def known_to(self, node: str, now_s: float) -> None:
        """Take note that `node` knows of us."""
        if node in self._awaited:
            self._awaited.remove(node)
            if not self._awaited and self.joined:
                self._since_s = now_s
