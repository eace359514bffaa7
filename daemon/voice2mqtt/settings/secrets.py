"""Passwords, keys and tokens: each in a file of its own, read when it is needed."""

import os
import stat
from pathlib import Path

from voice2mqtt.errors import SettingsError
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.speech_settings import ServiceSettings, SpeechSettings
from voice2mqtt.settings.yaml.reader import read_text
from voice2mqtt.settings.yaml.redaction import reads_like_a_path


def read_secret(path: Path) -> str:
    """Return the secret in the file at `path`, without the end of its line.

    Raises:
        SettingsError: It cannot be read, is empty or has more than one line.
    """
    if not names_a_file(str(path), path):
        raise SettingsError(
            "a file with a secret is wanted, and there is none of the name that was given (not "
            "shown: it may be the secret itself); write the secret into a file and name that"
        )
    secret = read_text(path).rstrip("\n")
    if not secret:
        raise SettingsError(f"{path}: the file is empty; write the secret into it")
    if "\n" in secret:
        raise SettingsError(f"{path}: there is more than one line; keep the secret alone in it")
    return secret


def service_key(service: ServiceSettings) -> str | None:
    """Return the key of a Speech service; None if it has none, or a token.

    Raises:
        SettingsError: It cannot be read.
    """
    if service.key_file:
        return read_secret(service.key_file)
    if not service.key_env:
        return None
    if not (key := os.environ.get(service.key_env, "").strip()):
        raise SettingsError(
            f"the environment variable {service.key_env} is not set; set it, or name key_file"
        )
    return key


def service_places(speech: SpeechSettings) -> dict[str, ServiceSettings]:
    """Return the Speech services by their dotted keys in the settings."""
    further = {f"speech.fallbacks.{n}": service for n, service in enumerate(speech.fallbacks)}
    return {"speech": speech, **further}


def secret_files(settings: Settings) -> dict[str, Path]:
    """Return the files that hold secrets, by their dotted keys in the settings."""
    named = {
        f"{place}.{key}": getattr(service, key)
        for place, service in service_places(settings.speech).items()
        for key in ("key_file", "token_file", "proxy_password_file")
    } | {
        "mqtt.password_file": settings.mqtt.password_file,
        "mqtt.key_file": settings.mqtt.key_file,
        "console.key_file": settings.console.key_file,
        # It is made when it is first asked for.
        "console.token_file": settings.console.token_file if settings.console.listen else None,
    }
    return {key: path for key, path in named.items() if path is not None}


def exposed_secrets(settings: Settings) -> tuple[Path, ...]:
    """Return the secret files that every user of this machine can read."""
    return tuple(path for path in secret_files(settings).values() if _readable_by_all(path))


def names_a_file(written: str, path: Path) -> bool:
    """Return whether `written`, which is looked for at `path`, is the name of a file.

    If not, it may be a secret written where the path of its file belongs.
    """
    return may_be_there(path) or reads_like_a_path(written)


def may_be_there(path: Path) -> bool:
    """Return whether `path` exists, or whether that cannot be seen for lack of permission.

    systemd shows credentials to the service itself, not to the check before a reload.
    """
    try:
        path.lstat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _readable_by_all(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        # Reading it later will report the error.
        return False
