"""Detects changes of the command table's file; a faulty table never replaces a good one."""

from collections.abc import Callable
from pathlib import Path

from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.load import load_table

_FileVersion = tuple[int, int, int] | None
"""Inode, size and modification time (ns); None if there is no file."""


class TableWatch:
    """Polls the file, and reads the table again on request."""

    def __init__(self, path: Path, language: str, adopt: Callable[[CommandTable], None]) -> None:
        """Watch `path`; `adopt` compiles a table and puts it in force, or raises SettingsError."""
        self._path = path
        self._language = language
        self._adopt = adopt
        self._seen = self._version()
        self._polls_missing = 0

    def changed(self) -> bool:
        """Return whether the file has changed since the last call, or is missing twice in a row.

        Once, an editor may be between removing the old file and renaming the new one.
        """
        before, self._seen = self._seen, self._version()
        self._polls_missing = 0 if self._seen else self._polls_missing + 1
        return self._polls_missing == 2 or self._seen not in (None, before)

    def reload(self) -> int:
        """Read the file and put it in force; return how many rows it has.

        Raises:
            SettingsError: the file is wrong; the table in force stays.
        """
        # Before it is read, so that a change in the meantime is detected afterwards.
        self._seen = self._version()
        table = load_table(self._path, self._language)
        self._adopt(table)
        return len(table.rows)

    def _version(self) -> _FileVersion:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
