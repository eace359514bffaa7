"""Reads the command table again when it has changed; a faulty one never replaces a good one."""

from collections.abc import Callable
from pathlib import Path

from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.file_changes import FileChanges
from voice2mqtt.settings.load import load_table


class TableWatch:
    """Polls the file, and reads the table again on request."""

    def __init__(self, path: Path, language: str, adopt: Callable[[CommandTable], None]) -> None:
        """Watch `path`; `adopt` compiles a table and puts it in force, or raises SettingsError."""
        self._path = path
        self._language = language
        self._adopt = adopt
        self._changes = FileChanges()
        self._changes.add(path)

    def changed(self) -> bool:
        """Return whether the file has changed since the last call or `reload`, or is gone."""
        return self._changes.any_new()

    def reload(self) -> int:
        """Read the file and put it in force; return how many rows it has.

        Raises:
            SettingsError: the file is wrong; the table in force stays.
        """
        self._changes.add(self._path)
        table = load_table(self._path, self._language)
        self._adopt(table)
        return len(table.rows)
