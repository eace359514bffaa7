"""Errors a person can fix, each with the exit status that a service manager understands.

Everything that is not a `UserFacingError` is a bug and keeps its traceback.
"""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses of every command, named as in sysexits(3)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_INPUT = 66
    UNAVAILABLE = 69
    BUG = 70
    CONFIG = 78
    INTERRUPTED = 130


def how_to_add(extra: str) -> str:
    """Return how the packages of an extra are installed, as part of a sentence."""
    return (
        f"`voice2mqtt install --extra {extra}` adds it to the service, `.venv/bin/pip install "
        f"--editable '.[{extra}]'` to a checkout"
    )


class UserFacingError(Exception):
    """Something a person can fix; printed as one sentence, without a traceback."""

    exit_status = ExitStatus.FAILED


class SettingsError(UserFacingError):
    """The settings or the command table are wrong; restarting cannot help."""

    exit_status = ExitStatus.CONFIG


class InputError(UserFacingError):
    """A file given to a command is missing, unreadable or not what it should be."""

    exit_status = ExitStatus.NO_INPUT


class UnavailableError(UserFacingError):
    """A device, host or broker that a command needs is not there."""

    exit_status = ExitStatus.UNAVAILABLE
