"""Which grammar a client's speech is decoded with: the host's table, else the client's phrases.

The table's owner runs the host, and the table says more than phrases can (slots, numbers, what is
a command and what is not); where there is a table, a client's phrases are ignored. The files are
read again when they change; a fault is reported, and what was read before stays in force.
"""

import logging
import threading

from voice2mqtt.errors import UserFacingError
from voice2mqtt.memory import exempt_from_collection
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.settings.watched_files import WatchedFiles, WatchedTable
from voice2mqtt.settings.yaml.faults import FaultsError
from voice2mqtt.speechhost.engine import EngineGrammar
from voice2mqtt.speechhost.protocol.request_options import Phrases

CHECK_EVERY_S = 1.0
"""Between two looks at the files."""

log = logging.getLogger(__name__)


class GrammarSource:
    """Gives grammars, on any thread."""

    def __init__(self, files: WatchedFiles) -> None:
        """Read `files`; raise SettingsError if one has a fault."""
        self._files = files
        table = files.read()
        self.language = table.language
        """That of the settings or the table, as it was at the start."""
        self._table_grammar = grammar_of(table)

    def grammar(self, phrases: tuple[str, ...]) -> EngineGrammar | None:
        """Return the grammar for a client that offers `phrases`; None without table and phrases.

        With thousands of phrases this takes most of a second.
        """
        if self._table_grammar or not phrases:
            return self._table_grammar
        weight = phrases.weight if isinstance(phrases, Phrases) else 1.0
        return self._phrase_grammar(phrases, weight)

    def watch(self, stopped: threading.Event) -> None:
        """Refresh every second until `stopped`."""
        while not stopped.wait(CHECK_EVERY_S):
            self.refresh()

    def refresh(self) -> None:
        """Read the files again if one has changed; a fault is logged once."""
        if not self._files.changed():
            return
        try:
            self._table_grammar = grammar_of(self._files.read())
        except UserFacingError as error:
            fault = error.report if isinstance(error, FaultsError) else error
            log.error("%s\nWhat was read before stays in force.", fault)  # noqa: TRY400 - its message suffices
        else:
            log.info("read %s again", self._files)
            exempt_from_collection()

    def _phrase_grammar(self, phrases: tuple[str, ...], weight: float) -> EngineGrammar:
        return EngineGrammar(
            automaton=compile_phrases(phrases, self.language),
            forced=False,
            language=self.language,
            weight=weight,
        )


def grammar_of(watched: WatchedTable) -> EngineGrammar | None:
    """Return what may be said to `watched`; None if it has no table.

    Raises:
        SettingsError: its table cannot be compiled.
    """
    automaton = watched.expected()
    if automaton is None:
        return None
    assert watched.table
    return EngineGrammar(
        automaton=automaton,
        forced=True,
        command_rows=len(watched.table.rows),
        language=watched.language,
    )
