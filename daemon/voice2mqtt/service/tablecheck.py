"""Warnings about the table in force, in the log: what `voice2mqtt check` says of its words.

Sounds are left to `check`: they take seconds. Commands wait for neither.
"""

import logging
import threading

from voice2mqtt.settings.faults import count
from voice2mqtt.understanding.automaton import Automaton
from voice2mqtt.understanding.lint import lint
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.table import CommandTable

_MOST_SENTENCES = 1_000
_MOST_TOLD = 20

log = logging.getLogger(__name__)


class TableCheck:
    """Looks at the table in force when it is asked to."""

    def __init__(self) -> None:
        self._force: tuple[CommandTable, Automaton] | None = None

    def adopt(self, table: CommandTable, automaton: Automaton) -> None:
        """Take `table`, of which `automaton` is made, for the one in force."""
        self._force = table, automaton

    def start(self) -> None:
        """Look at the table and log what is found, in a thread that nobody waits for."""
        if self._force:
            threading.Thread(target=_look, args=self._force, name="check", daemon=True).start()


def _look(table: CommandTable, automaton: Automaton) -> None:
    matcher = Matcher(automaton, normaliser(table.language))
    findings = lint(table, matcher, nearest=None, at_most=_MOST_SENTENCES).findings
    for finding in findings[:_MOST_TOLD]:
        log.warning("%s", finding)
    further = len(findings) - _MOST_TOLD
    if further > 0:
        log.warning("%s more; voice2mqtt check tells all", count(further, "warning"))
