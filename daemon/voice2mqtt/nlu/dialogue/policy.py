"""What must hold before a command that was understood is carried out.

Consent is not among it, since that needs a question (`confirmation.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.table import WEEK, Row

NOT_ADDRESSED = "the wake phrase was not said"
"""The reason of a refusal."""
CONSENT_NEEDED = "the row asks for consent"
"""How the reason of a question ends that is asked whenever the row is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings for all rows; a row may have its own besides."""

    wake_phrases: tuple[str, ...] = ()
    """One of them must begin the sentence; if there are none, every sentence counts."""
    wake_words: tuple[str, ...] = ()
    """Heard before every spoken sentence, and perhaps recognised at its beginning."""
    wake_grace_s: float = 0.0
    """How long the wake phrase may be left out after a command."""
    strictness: float = 0.2
    """Largest phonetic distance at which a command is carried out; 0 is word for word."""
    margin: float = 0.02
    """How far ahead of the next meaning the nearest must be; a lack counts as distance."""
    ask: bool = True
    """Whether the speaker is asked in close cases; otherwise they are refused."""
    answer_within_s: float = 8.0
    repeat_within_s: float = 0.0
    """An exact repeat within so many seconds is taken for an echo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """The wall-clock time, for rows with hours and days."""

    minute: int
    """Since midnight."""
    weekday: int
    """0 is Monday."""

    def within(self, between: tuple[int, int] | None, days: frozenset[int]) -> bool:
        """Return whether it is in `between` (which may pass midnight) on one of `days`.

        The time after midnight belongs to the day on which the span began.
        """
        if between is None:
            return self.weekday in days
        first, last = between
        if first <= last:
            return first <= self.minute < last and self.weekday in days
        if self.minute >= first:
            return self.weekday in days
        return self.minute < last and (self.weekday - 1) % 7 in days


@dataclass(frozen=True, slots=True)
class Clock:
    """When something was said, and when it is decided on."""

    said_s: float
    """Monotonic, as is `now_s`."""
    now_s: float
    local: LocalTime

    @property
    def age_s(self) -> float:
        """How long ago it was said."""
        return self.now_s - self.said_s


@dataclass
class History:
    """What was carried out, as far as a rule needs it. Times are monotonic."""

    fired_at_s: dict[str, float] = field(default_factory=dict)
    """By the name of the row."""
    last: tuple[str, dict[str, SlotValue]] | None = None
    last_at_s: float = float("-inf")

    def record(self, row: Row, slots: Mapping[str, SlotValue], now_s: float) -> None:
        """Record that `row` was carried out."""
        self.fired_at_s[row.name] = self.last_at_s = now_s
        self.last = row.name, dict(slots)


def obstacle(
    row: Row,
    slots: Mapping[str, SlotValue],
    clock: Clock,
    history: History,
    policy: Policy,
    *,
    muted: bool,
) -> str:
    """Return the first reason against a command, in words for a person; "" if there is none."""
    if clock.age_s > row.expires_s:
        return f"too late: said {clock.age_s:.1f} s ago, it expires after {row.expires_s:g} s"
    if muted:
        return "muted"
    if not clock.local.within(row.between, row.days):
        if row.between is None or clock.local.within(row.between, WEEK):
            return "not on this day"
        first, last = (f"{minute // 60:02}:{minute % 60:02}" for minute in row.between)
        return f"only between {first} and {last}"
    since_fired_s = clock.now_s - history.fired_at_s.get(row.name, float("-inf"))
    if since_fired_s < row.cooldown_s:
        return f"{row.cooldown_s - since_fired_s:.0f} s of its cooldown are left"
    is_same = history.last == (row.name, dict(slots))
    if is_same and clock.now_s - history.last_at_s < policy.repeat_within_s:
        return "the same again, so soon, is taken for an echo"
    return ""
