"""What a check found: how bad it is, a sentence, and the cure."""

from dataclasses import dataclass
from enum import StrEnum

from voice2mqtt.errors import UserFacingError


class Severity(StrEnum):
    """How bad a result is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it could, or not for long."""
    ERROR = "error"
    """Something does not work."""
    SKIPPED = "skipped"
    """It was not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the doctor's report."""

    check: str
    """What was looked at, in one or two words."""
    severity: Severity
    sentence: str
    cure: str = ""
    """What to do, as exactly as it can be said; "" if nothing."""


def ok(check: str, sentence: str) -> CheckResult:
    """Return a result that needs no cure."""
    return CheckResult(check=check, severity=Severity.OK, sentence=sentence)


def skipped(check: str, sentence: str) -> CheckResult:
    """Return why something was not looked at."""
    return CheckResult(check=check, severity=Severity.SKIPPED, sentence=sentence)


def warning(check: str, sentence: str, cure: str) -> CheckResult:
    """Return a warning."""
    return CheckResult(check=check, severity=Severity.WARNING, sentence=sentence, cure=cure)


def error(check: str, sentence: str, cure: str) -> CheckResult:
    """Return an error."""
    return CheckResult(check=check, severity=Severity.ERROR, sentence=sentence, cure=cure)


def told(check: str, fault: UserFacingError | str) -> CheckResult:
    """Return `fault`, a sentence with its cure behind a semicolon, as an error."""
    sentence, _, cure = str(fault).partition("; ")
    return error(check, sentence, cure)
