"""The command table's file: noticed when it changes; a bad new table never replaces a good one."""

from collections.abc import Callable
from pathlib import Path

from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.load import load_table

_Look = tuple[int, int, int] | None


class TableWatch:
    """Notices when the file changes, and hands the new table on."""

    def __init__(self, path: Path, language: str, adopt: Callable[[CommandTable], None]) -> None:
        """Watch `path`; `adopt` compiles a table and puts it in force, or raises SettingsError."""
        self._path = path
        self._language = language
        self._adopt = adopt
        self._seen = self._look()
        self._looks_missed = 0

    def changed(self) -> bool:
        """Return whether the file looks different from the last look, or is gone for a second one.

        At the first, an editor may be between removing the old file and renaming the new one.
        """
        before, self._seen = self._seen, self._look()
        self._looks_missed = 0 if self._seen else self._looks_missed + 1
        return self._looks_missed == 2 or self._seen not in (None, before)

    def reload(self) -> int:
        """Read the file and put it in force; return how many rows it has.

        Raises:
            SettingsError: the file is wrong; the table in force stays.
        """
        # Looked at first: what changes while it is read is noticed afterwards.
        self._seen = self._look()
        table = load_table(self._path, self._language)
        self._adopt(table)
        return len(table.rows)

    def _look(self) -> _Look:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
