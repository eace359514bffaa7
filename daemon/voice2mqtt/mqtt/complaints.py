"""Complaints that may come thousands of times: the first is told, the others are counted. Pure."""

from dataclasses import dataclass

PERIOD_S = 60.0
"""A complaint is told no more often than this."""


@dataclass(slots=True)
class _Told:
    at_s: float
    since: int = 0
    """How often it was noted again."""


class Complaints:
    """What was complained of lately. The kinds must be few, for all are kept."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def note(self, complaint: str, now_s: float) -> bool:
        """Return whether `complaint` is to be told now; if not, it is counted."""
        if told := self._told.get(complaint):
            told.since += 1
            return False
        self._told[complaint] = _Told(now_s)
        return True

    def due(self, now_s: float) -> list[str]:
        """Return what is to be told of those counted, once for each period."""
        found = []
        for complaint, told in list(self._told.items()):
            if now_s - told.at_s < PERIOD_S:
                continue
            if told.since:
                found.append(f"{complaint} ({told.since} more in {now_s - told.at_s:.0f} s)")
                self._told[complaint] = _Told(now_s)
            else:
                del self._told[complaint]
        return found
