"""How much audio was sent to the host today; some hosts bill by the second. Pure."""

import math
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """Seconds of audio sent on one local day."""

    day: date
    sent_s: float = 0.0

    def add(self, sent_s: float, today: date) -> "DailyUsage":
        """Return the usage with `sent_s` more; a new day begins at 0."""
        before_s = self.on(today)
        return DailyUsage(today, before_s + sent_s)

    def on(self, today: date) -> float:
        """Return the seconds sent so far on the day `today`."""
        return self.sent_s if self.day == today else 0.0

    def exhausted(self, limit_s: float, today: date) -> bool:
        """Tell whether `limit_s` is reached on the day `today`; 0 is no limit."""
        return 0 < limit_s <= self.on(today)

    def document(self) -> dict[str, str | float]:
        """Return it as JSON values, for `restored`."""
        return {"day": self.day.isoformat(), "sent_s": round(self.sent_s, 3)}


def restored(document: object, today: date) -> DailyUsage:
    """Return the usage stored in `document`, or none if that cannot be read.

    A damaged file must not keep the daemon from starting.
    """
    match document:
        case {"day": str(day), "sent_s": float(sent_s)} if math.isfinite(sent_s) and sent_s >= 0:
            try:
                return DailyUsage(date.fromisoformat(day), sent_s)
            except ValueError:
                pass
    return DailyUsage(today)
