"""The settings and the command table that the Speech host shares with the daemon, watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_expected
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.file_changes import FileChanges
from voice2mqtt.settings.load import load_settings, load_table
from voice2mqtt.settings.wake_words import spoken_forms

DEFAULT_LANGUAGE = "en-US"


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
        self._changes = FileChanges()

    def __str__(self) -> str:
        return str(self._changes)

    def read(self) -> WatchedTable:
        """Read the files.

        Raises:
            SettingsError: one of them is wrong.
        """
        self._changes = FileChanges()
        language, commands, wake_phrases = DEFAULT_LANGUAGE, self._commands, self._wake_phrases
        if self._settings:
            self._changes.add(self._settings)
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
        self._changes.add(commands)
        table = load_table(commands, primary_of(language))
        if primary_of(table.language) != primary_of(language):
            language = table.language
        return WatchedTable(language=language, table=table, wake_phrases=wake_phrases)

    def changed(self) -> bool:
        """Return whether one of them has changed since it was read, or is gone."""
        return self._changes.any_new()
