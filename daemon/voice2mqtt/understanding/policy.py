"""What must hold before a command that was understood is carried out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The house's rules for listening; the rows have their own beside."""

    wake_phrases: tuple[str, ...] = ()
    """One of them must begin the sentence; none: always listening."""
    wake_grace_s: float = 0.0
    """After a command the wake phrase may be left out for so long."""
    strictness: float = 0.25
    """Largest distance of sound that still counts as the same words; 0 is word for word."""
    margin: float = 0.08
    """How far ahead of the next meaning the nearest must be."""
    ask: bool = True
    """Whether a close call is put to the speaker as a question."""
    answer_within_s: float = 8.0
    repeat_within_s: float = 0.0
    """An exact repeat within so long is taken for an echo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """The wall clock, for rows with hours and days."""

    minute: int
    """Since midnight."""
    weekday: int
    """0 is Monday."""

    def within(self, between: tuple[int, int] | None, days: frozenset[int]) -> bool:
        """Whether this moment lies in `between` (which may pass midnight) on one of `days`.

        After midnight a night belongs to the day on which it began.
        """
        if between is None:
            return self.weekday in days
        first, last = between
        if first <= last:
            return first <= self.minute < last and self.weekday in days
        if self.minute >= first:
            return self.weekday in days
        return self.minute < last and (self.weekday - 1) % 7 in days
