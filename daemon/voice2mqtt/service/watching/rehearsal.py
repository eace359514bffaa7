"""What the daemon would do about a sentence, without doing it."""

import threading
from collections.abc import Callable, Sequence

from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Heard
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.process_utterance import decide


class Rehearsal:
    """Decides with an interpreter of its own, so that the daemon's dialogue is left alone.

    It is made when the first sentence is rehearsed. Any thread may call it.
    """

    def __init__(
        self, node: str, make: Callable[[CommandTable], Interpreter], table: CommandTable
    ) -> None:
        """`make` returns an interpreter of the table in force, for the events of `node`."""
        self._node = node
        self._make = make
        self._table = table
        self._interpreter: Interpreter | None = None
        self._lock = threading.Lock()

    def adopt(self, table: CommandTable) -> None:
        """Decide by another table from the next sentence on."""
        with self._lock:
            self._table, self._interpreter = table, None

    def events(self, sentence: str) -> Sequence[Event]:
        """Return the events of `sentence`, said now and after nothing else."""
        with self._lock:
            interpreter = self._interpreter or self._make(self._table)
            self._interpreter = interpreter
            interpreter.reset()
            return decide(Heard(text=sentence), interpreter).events(self._node)
