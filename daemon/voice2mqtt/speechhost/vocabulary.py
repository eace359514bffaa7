"""Which grammar holds for whom: the host's own command table, else what the client offers.

The table's owner runs the host, and the table says more than phrases can (slots, numbers, what
is a command and what is not): so where there is a table, a client's phrases are not needed. The
table is read again when its file changes; one with a fault is reported, and the old one holds.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from voice2mqtt.errors import UserFacingError
from voice2mqtt.settings.faults import FaultsError
from voice2mqtt.speechhost.engine import Grammar
from voice2mqtt.understanding.compile import compile_phrases, compile_table
from voice2mqtt.understanding.table import CommandTable

CHECK_EVERY_S = 1.0

log = logging.getLogger(__name__)

ReadTable = Callable[[Path], CommandTable]


class Vocabulary:
    """Gives grammars, on any thread."""

    def __init__(self, table: Path | None, read: ReadTable) -> None:
        """Read the table, if there is one; raise SettingsError if it has a fault."""
        self._path = table
        self._read = read
        self._stamp = _stamp(table)
        self._own = Grammar(automaton=compile_table(read(table)), forced=True) if table else None

    def grammar(self, phrases: tuple[str, ...]) -> Grammar | None:
        """Return what a client that offers `phrases` is likely to say; None if nobody knows.

        With thousands of phrases this takes most of a second.
        """
        if self._own or not phrases:
            return self._own
        return Grammar(automaton=compile_phrases(phrases), forced=False)

    def watch(self, stopped: threading.Event) -> None:
        """Look after the table until `stopped`."""
        while not stopped.wait(CHECK_EVERY_S):
            self.refresh()

    def refresh(self) -> None:
        """Read the table again if its file has changed; a fault is logged once."""
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._own = Grammar(automaton=compile_table(self._read(self._path)), forced=True)
        except UserFacingError as error:
            fault = error.report if isinstance(error, FaultsError) else error
            log.error("%s\nThe table read before stays in force.", fault)  # noqa: TRY400 - its own words suffice
        else:
            log.info("read %s again", self._path)


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if status else None
