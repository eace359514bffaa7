"""A house that decides as the daemon does, for the benches that need no broker and no ear."""

from pathlib import Path

from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.model import ListeningSettings
from voice2mqtt.speechhost.recogniser import MoonshineEngine
from voice2mqtt.understanding.compile import compile_table
from voice2mqtt.understanding.interpreter import Interpreter
from voice2mqtt.understanding.nearest import NearestSentences
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.policy import LocalTime, Policy
from voice2mqtt.understanding.table import CommandTable

NOON = LocalTime(minute=12 * 60, weekday=0)
LANGUAGE = "en-US"


def household(
    table: CommandTable | Path, strictness: float | None = None, margin: float | None = None
) -> Interpreter:
    """Return what decides by `table`, with the default strictness and margin unless named."""
    if isinstance(table, Path):
        table = load_table(table, LANGUAGE.split("-", maxsplit=1)[0])
    default = ListeningSettings()
    policy = Policy(
        strictness=default.strictness if strictness is None else strictness,
        margin=default.margin if margin is None else margin,
    )
    automaton = compile_table(table)
    words = normaliser(table.language)
    nearest = NearestSentences(automaton, words, pronouncer(LANGUAGE))
    return Interpreter(table, policy, nearest, automaton)


def heard(engine: MoonshineEngine, pcm: bytes) -> Heard | None:
    """Return what `engine` hears in `pcm` without a grammar; None for no speech."""
    readings = engine.transcribe(pcm, None).readings
    if not readings:
        return None
    return Heard(
        text=readings[0].text,
        hypotheses=tuple(
            Hypothesis(text=reading.text, confidence=reading.confidence, lexical=reading.lexical)
            for reading in readings
        ),
    )
