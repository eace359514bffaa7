"""Limits the warnings about clients in the log: anybody can be refused as often as they like."""

import logging
from dataclasses import dataclass

_MOST, _WITHIN_S = 200, 60.0
"""So many warnings in such a time; set by hand."""


@dataclass(slots=True)
class LogThrottle(logging.Filter):
    """Lets the first `_MOST` warnings of a minute pass; the next one later tells how many did not.

    One for all loggers of the rooms that it is added to; errors of ours always pass.
    """

    _since_s: float = 0.0
    _passed: int = 0
    _left_out: int = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether `record` is to be written."""
        if record.levelno > logging.WARNING:
            return True
        if not 0 <= record.created - self._since_s < _WITHIN_S:
            self._since_s, self._passed = record.created, 0
        self._passed += 1
        if self._passed > _MOST:
            self._left_out += 1
            return False
        if self._left_out:
            record.msg = f"{record.getMessage()} ({self._left_out} more warnings were left out)"
            record.args, self._left_out = (), 0
        return True


of_clients = LogThrottle()
