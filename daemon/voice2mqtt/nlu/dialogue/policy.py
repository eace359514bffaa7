"""What must hold before a command that was understood is carried out.

Each rule looks at one command at one moment and returns the reason against it. Consent is not among
them, since it needs a question (`confirmation.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.table import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings for all rows; a row may have its own besides."""

    wake_phrases: tuple[str, ...] = ()
    """One of them must begin the sentence; if there are none, every sentence counts."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One command at one moment."""

    row: Row
    slots: Mapping[str, SlotValue]
    clock: Clock
    history: History
    policy: Policy
    muted: bool


def _too_late(moment: Moment) -> str:
    age_s, row = moment.clock.age_s, moment.row
    if age_s <= row.expires_s:
        return ""
    return f"too late: said {age_s:.1f} s ago, it expires after {row.expires_s:g} s"


def _muted(moment: Moment) -> str:
    return "muted" if moment.muted else ""


def _hours(moment: Moment) -> str:
    row = moment.row
    if moment.clock.local.within(row.between, row.days):
        return ""
    if moment.clock.local.within(row.between, frozenset(range(7))):
        return "not on this day"
    return f"only between {_clock(row.between)}" if row.between else "not on this day"


def _cooldown(moment: Moment) -> str:
    before_s = moment.clock.now_s - moment.history.fired_at_s.get(moment.row.name, float("-inf"))
    if before_s >= moment.row.cooldown_s:
        return ""
    return f"{moment.row.cooldown_s - before_s:.0f} s of its cooldown are left"


def _echo(moment: Moment) -> str:
    same = moment.history.last == (moment.row.name, dict(moment.slots))
    recent = moment.clock.now_s - moment.history.last_at_s < moment.policy.repeat_within_s
    return "the same again, so soon, is taken for an echo" if same and recent else ""


RULES: tuple[Callable[[Moment], str], ...] = (_too_late, _muted, _hours, _cooldown, _echo)
"""In the order in which they are applied; each returns the reason against a command, or ""."""


def obstacle(moment: Moment) -> str:
    """Return the first reason against a command, in words for a person; "" if there is none."""
    return next((reason for rule in RULES if (reason := rule(moment))), "")


def _clock(between: tuple[int, int]) -> str:
    first, last = (f"{minute // 60:02}:{minute % 60:02}" for minute in between)
    return f"{first} and {last}"
