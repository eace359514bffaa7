"""Notices that another node goes by our name, and which of the two came second. Pure.

Both would carry out every command, and a broker ends the connection of one when the other
comes. It is proven when somebody else says something under our name; or when the state
retained under our name was overwritten by somebody else and our connections end soon. Which of
them is the second both know alike, since an `instance` tells when its program was started.
"""

import re
import secrets

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost

SUSPICIOUS_S = 10.0
_INSTANCE = re.compile(r"[0-9a-f]{20}")


def new_instance(at_s: float) -> str:
    """Return a name for a run of the program that began at wall-clock time `at_s`.

    Of two such names the earlier run's is the smaller.
    """
    return f"{max(0, int(at_s * 1000)):012x}{secrets.token_hex(4)}"


class ClientIdConflict:
    """What is known of a second node with our name."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._up_since_s = 0.0
        self._cut_short = False
        self._wrote = False
        self.is_there = False
        """Whether there is another node of our name, as far as we know."""
        self.is_first = False
        """Whether there is one, and it was there before us; true for ever then."""

    def came_up(self, now_s: float) -> None:
        """Take note that a connection began."""
        self._up_since_s = now_s

    def went_down(self, lost: ConnectionLost, now_s: float) -> None:
        """Take note that it ended."""
        soon = now_s - self._up_since_s < SUSPICIOUS_S
        self._cut_short = lost.cause is Cause.TAKEN_OVER or soon

    def left(self) -> None:
        """Take note that whoever has our name went offline."""
        self.is_there = False

    def shows_in(self, state: bytes) -> bool:
        """Whether the `state` under our name shows something new about another node."""
        try:
            document = read_json(state)
        except ValueError:
            return False
        instance = document.get("instance") if isinstance(document, dict) else None
        if not isinstance(instance, str):
            return False
        if instance == self._instance:
            self._wrote = True
        # What an earlier run of ours left behind is no proof, nor is a bad line.
        elif self._wrote and self._cut_short and instance:
            return self.speaks(instance)
        return False

    def speaks(self, instance: str) -> bool:
        """Take note of an `instance` that goes by our name; return whether that is news."""
        before = self.is_there, self.is_first
        self.is_there = True
        is_later = bool(_INSTANCE.fullmatch(instance)) and instance > self._instance
        # An older version, which has no such name, cannot be told to be silent.
        self.is_first = self.is_first or not is_later
        return (self.is_there, self.is_first) != before
