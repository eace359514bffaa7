"""Throttles reports that may come thousands of times: the first goes out, the rest are counted.

Pure: time is an argument.
"""

from dataclasses import dataclass

PERIOD_S = 60.0
"""The same report goes out no more often than this; `docs/mqtt.md` promises it."""


@dataclass(slots=True)
class _Reported:
    at_s: float
    since: int = 0
    """How often it came again."""


class ReportThrottle:
    """What was reported lately. There must be few different texts, for all are kept."""

    def __init__(self) -> None:
        self._reported: dict[str, _Reported] = {}

    def note(self, text: str, now_s: float) -> bool:
        """Return whether `text` is to be reported now; if not, it is counted."""
        if reported := self._reported.get(text):
            reported.since += 1
            return False
        self._reported[text] = _Reported(now_s)
        return True

    def due(self, now_s: float) -> list[str]:
        """Return the texts that were counted, with their number, once for each period."""
        found = []
        for text, reported in list(self._reported.items()):
            if now_s - reported.at_s < PERIOD_S:
                continue
            if reported.since:
                found.append(f"{text} ({reported.since} more in {now_s - reported.at_s:.0f} s)")
                self._reported[text] = _Reported(now_s)
            else:
                del self._reported[text]
        return found
