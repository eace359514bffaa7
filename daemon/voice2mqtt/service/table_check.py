"""Lints the table in force and logs the findings, on a thread of its own.

Rows that sound alike are left to `voice2mqtt check`: finding them takes seconds.
"""

import logging
import threading

from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.report import quick_lint
from voice2mqtt.settings.yaml.faults import count

_MOST_LOGGED = 20
"""Findings in the log; set by hand."""

log = logging.getLogger(__name__)


class TableCheck:
    """Checks the table in force on request."""

    def __init__(self) -> None:
        self._force: tuple[CommandTable, Automaton] | None = None

    def adopt(self, table: CommandTable, automaton: Automaton) -> None:
        """Take `table`, compiled to `automaton`, as the one in force."""
        self._force = table, automaton

    def start(self) -> None:
        """Check the table and log the findings, on a thread that nobody waits for."""
        if self._force:
            threading.Thread(target=_check, args=self._force, name="check", daemon=True).start()


def _check(table: CommandTable, automaton: Automaton) -> None:
    findings = quick_lint(table, automaton)
    for finding in findings[:_MOST_LOGGED]:
        log.warning("%s", finding)
    further = len(findings) - _MOST_LOGGED
    if further > 0:
        log.warning("%s more; voice2mqtt check tells all", count(further, "warning"))
