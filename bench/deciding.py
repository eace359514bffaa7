"""A house that decides as the daemon does, for the benches that need no broker and no ear."""

from pathlib import Path

from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.service import build
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import Settings
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.understanding.interpreter import Interpreter
from voice2mqtt.understanding.policy import LocalTime

NOON = LocalTime(minute=12 * 60, weekday=0)


def household(table: Path) -> Interpreter:
    """Return what decides by the table in file `table`, with the default settings."""
    return build.interpreter(Settings(), load_table(table))


def heard(transcript: Transcript) -> Heard | None:
    """Return what the daemon is told of `transcript`; None for no speech."""
    readings = transcript.readings
    if not readings:
        return None
    return Heard(
        text=readings[0].text,
        hypotheses=tuple(
            Hypothesis(text=reading.text, confidence=reading.confidence, lexical=reading.lexical)
            for reading in readings
        ),
    )
