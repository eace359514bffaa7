"""Which grammar holds for whom: that of the host's own house, else what the client offers.

The table's owner runs the host, and the table says more than phrases can (slots, numbers, what
is a command and what is not): so where there is a table, a client's phrases are not needed. The
files are read again when they change; where one has a fault it is reported, and what was read
before holds.
"""

import logging
import threading

from voice2mqtt.errors import UserFacingError
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.settings.watched_files import WatchedFiles, WatchedTable
from voice2mqtt.settings.yaml.faults import FaultsError
from voice2mqtt.speechhost.engine import EngineGrammar
from voice2mqtt.speechhost.protocol.request_options import Phrases

CHECK_EVERY_S = 1.0

log = logging.getLogger(__name__)


class GrammarSource:
    """Gives grammars, on any thread."""

    def __init__(self, files: WatchedFiles) -> None:
        """Read `files`; raise SettingsError if one has a fault."""
        self._files = files
        house = files.read()
        self.language = house.language
        """That of the house, as it was at the start."""
        self._own = grammar_of(house)

    def grammar(self, phrases: tuple[str, ...]) -> EngineGrammar | None:
        """Return what a client that offers `phrases` is likely to say; None if nobody knows.

        With thousands of phrases this takes most of a second.
        """
        if self._own or not phrases:
            return self._own
        weight = phrases.weight if isinstance(phrases, Phrases) else 1.0
        return self._hint(phrases, weight)

    def watch(self, stopped: threading.Event) -> None:
        """Look after the files until `stopped`."""
        while not stopped.wait(CHECK_EVERY_S):
            self.refresh()

    def refresh(self) -> None:
        """Read the files again if one has changed; a fault is logged once."""
        if not self._files.changed():
            return
        try:
            self._own = grammar_of(self._files.read())
        except UserFacingError as error:
            fault = error.report if isinstance(error, FaultsError) else error
            log.error("%s\nWhat was read before stays in force.", fault)  # noqa: TRY400 - its own words suffice
        else:
            log.info("read %s again", self._files)

    def _hint(self, phrases: tuple[str, ...], weight: float) -> EngineGrammar:
        return EngineGrammar(
            automaton=compile_phrases(phrases, self.language),
            forced=False,
            language=self.language,
            weight=weight,
        )


def grammar_of(house: WatchedTable) -> EngineGrammar | None:
    """Return what may be said in `house`; None if it has no table.

    Raises:
        SettingsError: its table cannot be compiled.
    """
    expected = house.expected()
    if expected is None:
        return None
    assert house.table
    return EngineGrammar(
        automaton=expected, forced=True, commands=len(house.table.rows), language=house.language
    )
