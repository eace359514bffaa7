"""Detects that another node uses our name, and which of the two was started first. Pure.

Both would carry out every command, and the broker ends the connection of one when the other one
connects with the same client id. There are two proofs: a bid under our name from another instance;
or the retained state under our name was written by another instance and our connections are short.
An `instance` begins with the time its program was started, so both nodes agree on who was first.
"""

import re
import secrets

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.broker.delivery import Cause, ConnectionLost

SUSPICIOUS_S = 10.0
"""A connection that ends sooner may have been ended by another client's; set by hand."""
_INSTANCE = re.compile(r"[0-9a-f]{20}")


def new_instance(at_s: float) -> str:
    """Return an identifier for a run of the program that began at wall-clock time `at_s`.

    The identifier of an earlier run is smaller.
    """
    return f"{max(0, int(at_s * 1000)):012x}{secrets.token_hex(4)}"


class ClientIdConflict:
    """Whether there is another node with our name."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._up_since_s = 0.0
        self._cut_short = False
        self._state_was_ours = False
        self.exists = False
        """Whether there is another node of our name, as far as we know."""
        self.was_first = False
        """Whether there is or was one that was started before us; stays true."""

    def came_up(self, now_s: float) -> None:
        """Note that a connection began."""
        self._up_since_s = now_s

    def went_down(self, lost: ConnectionLost, now_s: float) -> None:
        """Note that it ended."""
        soon = now_s - self._up_since_s < SUSPICIOUS_S
        self._cut_short = lost.cause is Cause.TAKEN_OVER or soon

    def went_offline(self) -> None:
        """Note that the other node went offline."""
        self.exists = False

    def handle_state(self, state: bytes) -> bool:
        """Note the retained `state` under our name; return whether it tells us something new."""
        try:
            document = read_json(state)
        except ValueError:
            return False
        instance = document.get("instance") if isinstance(document, dict) else None
        if not isinstance(instance, str):
            return False
        if instance == self._instance:
            self._state_was_ours = True
        # The state of an earlier run of ours proves nothing, nor does a bad connection.
        elif self._state_was_ours and self._cut_short and instance:
            return self.handle_instance(instance)
        return False

    def handle_instance(self, instance: str) -> bool:
        """Note another `instance` that uses our name; return whether it tells us something new."""
        before = self.exists, self.was_first
        self.exists = True
        is_later = bool(_INSTANCE.fullmatch(instance)) and instance > self._instance
        # An older version has no such identifier and goes on acting: then we must not.
        self.was_first = self.was_first or not is_later
        return (self.exists, self.was_first) != before
