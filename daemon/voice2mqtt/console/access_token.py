"""The token of the page: a secret in a file of its own, like every other."""

import os
import secrets
from pathlib import Path

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.secrets import read_secret


def token_in(path: Path) -> str:
    """Return the token in the file at `path`, "" if there is none that can be used."""
    try:
        return read_secret(path)
    except SettingsError:
        return ""


def made_token(path: Path) -> str:
    """Return the token in the file at `path`; make one that only its owner can read if need be.

    Raises:
        SettingsError: the file cannot be read or made.
    """
    if path.exists():
        return read_secret(path)
    token = secrets.token_urlsafe(24)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(
            f"{path}: the token of the page cannot be written there ({error.strerror}); name "
            "another file as console.token_file"
        ) from error
    with os.fdopen(number, "w") as file:
        file.write(f"{token}\n")
    return token
