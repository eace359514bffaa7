"""Has a recording of one sentence recognised and decided on, as when it was spoken."""

from voice2mqtt import clock
from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.core.ports import Recognizer
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.service import process_utterance
from voice2mqtt.service.process_utterance import ProcessedUtterance

_HEADER_BYTES = 44
"""Of the WAV files that we write."""


def recognized(wav: bytes, recognizer: Recognizer, interpreter: Interpreter) -> ProcessedUtterance:
    """Process the utterance in `wav`, which we recorded; it counts as spoken just now."""
    utterance = LiveUtterance(0, lambda _utterance, _partial_match: None)
    utterance.append(wav[_HEADER_BYTES:])
    utterance.speech(clock.now_s(), 0.0)
    utterance.end()
    outcome = process_utterance.recognize(utterance, recognizer, interpreter.partial_match)
    return process_utterance.decide(outcome, interpreter, utterance)
