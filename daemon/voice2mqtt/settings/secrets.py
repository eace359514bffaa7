"""Passwords, keys and tokens: each in a file of its own, read when it is needed."""

import stat
from pathlib import Path

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.reader import read_text


def read_secret(path: Path) -> str:
    """Return the secret in the file at `path`, without the end of its line.

    Raises:
        SettingsError: It cannot be read, is empty or has more than one line.
    """
    secret = read_text(path).rstrip("\n")
    if not secret:
        raise SettingsError(f"{path}: the file is empty; write the secret into it")
    if "\n" in secret:
        raise SettingsError(f"{path}: there is more than one line; keep the secret alone in it")
    return secret


def exposed_secrets(settings: Settings) -> tuple[Path, ...]:
    """Return the secret files that every user of this machine can read."""
    named = (
        settings.speech.key_file,
        settings.speech.token_file,
        settings.mqtt.password_file,
        settings.mqtt.key_file,
    )
    return tuple(path for path in named if path is not None and _readable_by_all(path))


def _readable_by_all(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        # Whoever needs it says so when it cannot be read.
        return False
