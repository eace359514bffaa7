"""The files that tell what may be said in a house: its settings, and the table that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.compiler import compile_expected
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.load import load_settings, load_table

DEFAULT_LANGUAGE = "en-US"

_Look = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTable:
    """What a recogniser needs to know of a house."""

    language: str
    """With its region, where that is known."""
    table: CommandTable | None = None
    wake_phrases: tuple[str, ...] = ()

    def expected(self) -> Automaton | None:
        """Return all that may be said; None if there is no table to tell.

        Raises:
            SettingsError: the table cannot be compiled.
        """
        return compile_expected(self.table, self.wake_phrases) if self.table else None


class WatchedFiles:
    """Reads them, and notices when they change."""

    def __init__(
        self,
        settings: Path | None = None,
        commands: Path | None = None,
        wake_phrases: Sequence[str] = (),
    ) -> None:
        """`commands` comes before the table that the settings name; `wake_phrases` join theirs."""
        self._settings = settings
        self._commands = commands
        self._wake_phrases = tuple(wake_phrases)
        self._seen: dict[Path, _Look] = {}
        self._gone: set[Path] = set()

    def __str__(self) -> str:
        return ", ".join(map(str, self._seen))

    def read(self) -> WatchedTable:
        """Read the files.

        Raises:
            SettingsError: one of them is wrong.
        """
        self._seen = {}
        language, commands, wake_phrases = DEFAULT_LANGUAGE, self._commands, self._wake_phrases
        if self._settings:
            self._look_at(self._settings)
            settings = load_settings(self._settings)
            language = settings.speech.language
            commands = commands or settings.commands
            wake_phrases = (*settings.listening.wake_phrase, *wake_phrases)
        if commands is None:
            return WatchedTable(language=language)
        self._look_at(commands)
        table = load_table(commands, _base(language))
        if _base(table.language) != _base(language):
            language = table.language
        return WatchedTable(language=language, table=table, wake_phrases=wake_phrases)

    def changed(self) -> bool:
        """Return whether a file looks different from when it was read, or is gone at two looks.

        At one look, an editor may be between removing the old file and renaming the new one.
        """
        looks = {path: _look(path) for path in self._seen}
        new = {path for path, look in looks.items() if look != self._seen[path]}
        gone_before, self._gone = self._gone, {path for path in new if looks[path] is None}
        return bool(new - self._gone or self._gone & gone_before)

    def _look_at(self, path: Path) -> None:
        # Before it is read: what changes meanwhile is noticed afterwards.
        self._seen[path] = _look(path)


def _base(language: str) -> str:
    return language.replace("_", "-").split("-", maxsplit=1)[0]


def _look(path: Path) -> _Look:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
