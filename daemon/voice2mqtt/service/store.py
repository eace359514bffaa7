"""What a node keeps over a restart: small JSON documents in one folder, a file each.

A file that cannot be used never keeps the daemon from starting: it is renamed, which is logged,
and the document starts empty.
"""

import json
import logging
import os
import stat
from pathlib import Path

from voice2mqtt.settings.model import Settings

LARGEST_BYTES = 1_000_000
"""A larger file is none of ours; set by hand."""

log = logging.getLogger(__name__)


def state_folder(settings: Settings) -> Path:
    """Return the folder of this node's store."""
    if settings.state_dir:
        return settings.state_dir
    given = os.environ.get("STATE_DIRECTORY")
    return Path(given) if given else Path.home() / ".local" / "state" / "voice2mqtt"


class Store:
    """The documents in `folder`. Not locked: each document has one owner, which locks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> object:
        """Return the document `name`; None if there is none that can be used."""
        path = self._path(name)
        try:
            return _document(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("%s cannot be read (%s); what it kept begins anew", path, error.strerror)
        except (ValueError, RecursionError) as error:
            # The messages of `json` may quote the file, which may be long.
            why = str(error) if type(error) is ValueError else "it holds no JSON we could have kept"
            self._set_aside(path, why)
        return None

    def write(self, name: str, document: object, *, to_disk: bool = False) -> None:
        """Write `document` atomically: after a crash the old or the new one is there.

        `to_disk` also waits until it survives a power cut, which can take a while.
        """
        path = self._path(name)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            with fresh.open("x") as file:
                json.dump(document, file)
                if to_disk:
                    file.flush()
                    os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            log.warning("%s cannot be written (%s); it will not survive a restart", path, error)

    def remove(self, name: str) -> None:
        """Remove the document `name`, if there is one."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed (%s)", path, error)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _set_aside(self, path: Path, why: str) -> None:
        aside = path.with_suffix(".unusable")
        try:
            path.replace(aside)
        except OSError as error:
            log.warning("%s cannot be used (%s), nor set aside (%s)", path, why, error.strerror)
        else:
            log.warning("%s cannot be used (%s); it was set aside as %s", path, why, aside.name)


def _document(path: Path) -> object:
    """Return the document in `path`; a FIFO without a writer is not waited for.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file of ours; `json.JSONDecodeError` and the like if it is no JSON.
        RecursionError: it is nested too deeply.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise ValueError("it is no file")
        content = os.read(number, LARGEST_BYTES + 1)
    finally:
        os.close(number)
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"it is larger than {LARGEST_BYTES} bytes")
    document: object = json.loads(content)
    return document
