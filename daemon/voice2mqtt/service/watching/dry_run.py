"""What the daemon would do about a sentence, without doing it."""

import threading
from collections.abc import Callable, Sequence

from voice2mqtt.core.event import Event
from voice2mqtt.core.outcome import Heard, Outcome
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.process_utterance import decide


class DryRun:
    """Decides with an interpreter of its own, so that the daemon's dialogue is left alone.

    It is made when the first sentence is tried. Any thread may call it.
    """

    def __init__(
        self,
        node: str,
        make: Callable[[CommandTable], Interpreter],
        table: CommandTable,
        transcribe: Callable[[bytes, CommandTable], Sequence[Outcome]],
    ) -> None:
        """`make` returns an interpreter of the table in force, for the events of `node`.

        `transcribe` returns what is heard in a recording, given that table.
        """
        self._node = node
        self._make = make
        self._table = table
        self._transcribe = transcribe
        self._interpreter: Interpreter | None = None
        self._lock = threading.Lock()

    def adopt(self, table: CommandTable) -> None:
        """Decide by another table from the next sentence on."""
        with self._lock:
            self._table, self._interpreter = table, None

    def events(self, sentence: str) -> Sequence[Event]:
        """Return the events of `sentence`, said now and after nothing else."""
        return self._decided(Heard(text=sentence))

    def events_of_recording(self, pcm: bytes) -> Sequence[Event]:
        """Return the events of each utterance in `pcm`, 16 kHz, mono, said after nothing else.

        It is recognised by the Speech host. A wake word is not needed.

        Raises:
            UnavailableError: nothing more may be sent today.
        """
        outcomes = self._transcribe(pcm, self._table)
        return [event for outcome in outcomes for event in self._decided(outcome)]

    def _decided(self, outcome: Outcome) -> Sequence[Event]:
        with self._lock:
            interpreter = self._interpreter or self._make(self._table)
            self._interpreter = interpreter
            interpreter.reset()
            return decide(outcome, interpreter).events(self._node)
