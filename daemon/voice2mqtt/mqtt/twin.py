"""Notices that another node goes by our name, which makes a broker end our connections in turn.

Pure. Few brokers say why they hang up. The proof is two-fold: connections end soon and without
a reason, and the state retained under our name was written by somebody else.
"""

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.delivery import Cause, Lost

SUSPICIOUS_S = 10.0
_TIMES = 2


class Twin:
    """What is known of a second node with our name."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._up_since_s = 0.0
        self._cut_short = 0
        self._named = False

    def came_up(self, now_s: float) -> None:
        """Take note that a connection began."""
        self._up_since_s = now_s

    def went_down(self, lost: Lost, now_s: float) -> None:
        """Take note that it ended."""
        if lost.cause is Cause.TAKEN_OVER:
            self._cut_short = _TIMES
        elif now_s - self._up_since_s < SUSPICIOUS_S:
            self._cut_short += 1
        else:
            self._cut_short = 0

    def is_proven_by(self, state: bytes) -> bool:
        """Whether the `state` under our name shows that there is another; true only once."""
        try:
            document = read_json(state)
        except ValueError:
            return False
        instance = document.get("instance") if isinstance(document, dict) else None
        if not isinstance(instance, str):
            return False
        if self._named or instance in {"", self._instance} or self._cut_short < _TIMES:
            return False
        self._named = True
        return True
