"""The settings and the command table that the Speech host shares with the daemon, watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_expected
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.load import load_settings, load_table
from voice2mqtt.settings.wake_words import spoken_forms

DEFAULT_LANGUAGE = "en-US"

_Stamp = tuple[int, int, int] | None
"""Modification time in ns, size in bytes and inode; None if there is no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTable:
    """What a recogniser needs from the settings and the table."""

    language: str
    """With its region if known, such as en-US."""
    table: CommandTable | None = None
    wake_phrases: tuple[str, ...] = ()

    def expected(self) -> Automaton | None:
        """Return the automaton of everything that may be said; None without a table.

        Raises:
            SettingsError: the table cannot be compiled.
        """
        return compile_expected(self.table, self.wake_phrases) if self.table else None


class WatchedFiles:
    """Reads the files and detects changes."""

    def __init__(
        self,
        settings: Path | None = None,
        commands: Path | None = None,
        wake_phrases: Sequence[str] = (),
    ) -> None:
        """`commands` overrides the table of the settings; `wake_phrases` are added to theirs."""
        self._settings = settings
        self._commands = commands
        self._wake_phrases = tuple(wake_phrases)
        self._stamps: dict[Path, _Stamp] = {}
        self._missing: set[Path] = set()

    def __str__(self) -> str:
        return ", ".join(map(str, self._stamps))

    def read(self) -> WatchedTable:
        """Read the files.

        Raises:
            SettingsError: one of them is wrong.
        """
        self._stamps = {}
        language, commands, wake_phrases = DEFAULT_LANGUAGE, self._commands, self._wake_phrases
        if self._settings:
            self._remember(self._settings)
            settings = load_settings(self._settings)
            language = settings.speech.language
            commands = commands or settings.commands
            wake_phrases = (
                *settings.listening.wake_phrase,
                *spoken_forms(settings.listening.wake_word),
                *wake_phrases,
            )
        if commands is None:
            return WatchedTable(language=language)
        self._remember(commands)
        table = load_table(commands, _base(language))
        if _base(table.language) != _base(language):
            language = table.language
        return WatchedTable(language=language, table=table, wake_phrases=wake_phrases)

    def changed(self) -> bool:
        """Return whether a file has changed since it was read, or is missing for the second call.

        At a single call an editor may be between removing the old file and renaming the new one.
        """
        stamps = {path: _stamp(path) for path in self._stamps}
        new = {path for path, stamp in stamps.items() if stamp != self._stamps[path]}
        missing_before = self._missing
        self._missing = {path for path in new if stamps[path] is None}
        return bool(new - self._missing or self._missing & missing_before)

    def _remember(self, path: Path) -> None:
        # Before reading, so that a change during it is noticed afterwards.
        self._stamps[path] = _stamp(path)


def _base(language: str) -> str:
    return language.replace("_", "-").split("-", maxsplit=1)[0]


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
