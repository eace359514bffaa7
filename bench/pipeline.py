"""Engine and interpreter set up as in the daemon, without broker, sockets or microphone."""

from pathlib import Path

from bench import mixing
from voice2mqtt.cli.transcribe import TranscribedPhrase
from voice2mqtt.core.decision import Decision
from voice2mqtt.core.outcome import Heard
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service import interpreters as build
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import ListeningSettings, Settings
from voice2mqtt.settings.watched_files import WatchedTable
from voice2mqtt.speechhost.engine import Engine, EngineGrammar, Transcript
from voice2mqtt.speechhost.serving.grammar_source import grammar_of

NOON = LocalTime(minute=12 * 60, weekday=0)


def interpreter_for(table: Path, wake_words: tuple[str, ...] = ()) -> Interpreter:
    """Return the interpreter of the table in file `table`, with default settings otherwise."""
    listening = ListeningSettings(wake_word=wake_words)
    return build.interpreter(Settings(listening=listening), load_table(table))


def heard(transcript: Transcript) -> Heard | None:
    """Return `transcript` as the daemon's outcome; None for no speech."""
    outcome = TranscribedPhrase(begin_s=0, end_s=0, transcript=transcript).outcome
    return outcome if isinstance(outcome, Heard) else None


def grammar(table: CommandTable, wake_words: tuple[str, ...] = ()) -> EngineGrammar:
    """Return the grammar of our host when it knows `table` and `wake_words`."""
    watched = WatchedTable(language=table.language, table=table, wake_phrases=wake_words)
    expected = grammar_of(watched)
    assert expected
    return expected


class Home:
    """An engine with a table as its grammar, and an interpreter of the same table."""

    def __init__(self, engine: Engine, table: Path, wake_words: tuple[str, ...] = ()) -> None:
        self._engine = engine
        self._interpreter = interpreter_for(table, wake_words)
        self._grammar = grammar(load_table(table), wake_words)
        self._days = 0

    def hear(self, samples: mixing.Samples) -> Transcript:
        """Transcribe `samples`."""
        return self._engine.transcribe(mixing.to_pcm(samples), self._grammar)

    def decide(self, outcome: Heard) -> tuple[Decision, ...]:
        """Decide about `outcome` as if nothing had been said before."""
        # A day between two calls, so that no open question of one meets the next.
        self._days += 1
        return self._interpreter.decide(outcome, 86_400.0 * self._days, NOON)
