"""Warnings about the table in force, in the log: what `voice2mqtt check` says of its words.

Sounds are left to `check`: they take seconds. Commands wait for neither.
"""

import logging
import threading

from voice2mqtt.nlu.grammar.automaton import Automaton
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.lint.report import lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.settings.yaml.faults import count

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
    matcher = ExactMatcher(automaton, normaliser(table.language))
    findings = lint(table, matcher, phonetic=None, at_most=_MOST_SENTENCES).findings
    for finding in findings[:_MOST_TOLD]:
        log.warning("%s", finding)
    further = len(findings) - _MOST_TOLD
    if further > 0:
        log.warning("%s more; voice2mqtt check tells all", count(further, "warning"))
