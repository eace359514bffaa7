"""Writes a person's file anew: whole or not at all, with its owner and its mode."""

import os
import tempfile
from pathlib import Path

from voice2mqtt.errors import SettingsError


def replace_file(path: Path, text: str) -> None:
    """Write `text` to the file at `path`, which is there; a link stays a link.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        _replace(path.resolve(), text)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}); run this as its owner, or as root; the "
            "page of the machine's service may save after `sudo voice2mqtt console allow-saving`"
        ) from error


def _replace(path: Path, text: str) -> None:
    status = path.stat()
    number, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(number)
        Path(fresh).chmod(status.st_mode & 0o7777)
        if os.geteuid() == 0:
            os.chown(fresh, status.st_uid, status.st_gid)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
