"""What a person has decided about refused sounds, and the edits of the table to undo."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from voice2mqtt.errors import InputError
from voice2mqtt.history import database

_NEVER_S = 1e18
"""Hides a sound for good."""
UNDO_STEPS = 20
"""Steps that can be taken back; set by hand."""


class Resolution(Enum):
    """What became of a refused sound."""

    ALIAS = "alias"
    """A row accepts it now."""
    ROW = "row"
    """It has a row of its own."""
    IGNORED = "ignored"
    RIGHT = "right"
    """It was right to refuse it, and a test of the table says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One step to undo."""

    number: int
    sound: str
    what: str
    """What was done, in words for a person."""
    file: Path | None = None
    """The table that was changed, if one was ..."""
    before: str = ""
    after: str = ""
    """... from this text to that."""


class Resolutions:
    """Writes to the database at `path`, beside the daemon."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def resolve(
        self,
        sound: str,
        resolution: Resolution,
        what: str,
        *,
        file: Path | None = None,
        before: str = "",
        after: str = "",
    ) -> None:
        """Note what was decided about `sound`, and the texts of a `file` that is changed for it.

        An alias or a row hides what was refused until now; all else hides the sound for good.

        Raises:
            InputError: the history cannot be written.
        """
        now_s = time.time()
        lasting = resolution in (Resolution.IGNORED, Resolution.RIGHT)
        with self._changing() as into:
            into.execute(
                "INSERT OR REPLACE INTO resolution VALUES (?, ?, ?, ?)",
                (sound, now_s, resolution.value, _NEVER_S if lasting else now_s),
            )
            into.execute(
                "INSERT INTO edit VALUES (NULL, ?, ?, ?, ?, ?, ?)",
                (now_s, sound, what, str(file) if file else None, before, after),
            )
            into.execute(
                "DELETE FROM edit WHERE number <= (SELECT MAX(number) FROM edit) - ?", (UNDO_STEPS,)
            )

    def last(self) -> Edit | None:
        """Return the last step, if there is one to undo.

        Raises:
            InputError: the history cannot be read.
        """
        if not self._path.exists():
            # Made by another user it could not be written by the daemon.
            return None
        with self._changing() as into:
            row = into.execute("SELECT * FROM edit ORDER BY number DESC LIMIT 1").fetchone()
        if row is None:
            return None
        return Edit(
            number=row["number"],
            sound=row["sound"],
            what=row["what"],
            file=Path(row["file"]) if row["file"] else None,
            before=row["before"],
            after=row["after"],
        )

    def forget(self, edit: Edit) -> None:
        """Remove a step and what was decided by it: its sound is to be reviewed again.

        Raises:
            InputError: the history cannot be written.
        """
        with self._changing() as into:
            into.execute("DELETE FROM edit WHERE number = ?", (edit.number,))
            into.execute("DELETE FROM resolution WHERE sound = ?", (edit.sound,))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            into = database.open_to_edit(self._path)
        except (sqlite3.Error, OSError, database.UnusableError) as error:
            raise InputError(f"{self._path}: the history cannot be written ({error})") from error
        try:
            into.execute("BEGIN IMMEDIATE")
            with into:
                yield into
        except sqlite3.Error as error:
            raise InputError(f"{self._path}: the history cannot be written ({error})") from error
        finally:
            into.close()
