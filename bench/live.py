"""A recording that is said to a recogniser in real time, as the daemon's microphone gives it."""

import math
import threading
import time

from voice2mqtt.audio.sources.source import BLOCK_BYTES, BLOCK_MS
from voice2mqtt.audio.utterance import LiveUtterance
from voice2mqtt.core.outcome import Outcome
from voice2mqtt.core.ports import Recognizer


def recognized(
    recognizer: Recognizer, speech: bytes, expires_s: float = math.inf
) -> tuple[Outcome, float]:
    """Return the outcome of `speech`, and how long after its end it came, in seconds.

    It is given up `expires_s` after its end.
    """
    utterance = LiveUtterance(0, lambda _utterance, _match: None)
    ended_s = 0.0

    def speak() -> None:
        nonlocal ended_s
        begun_s = time.monotonic()
        for number, at in enumerate(range(0, len(speech), BLOCK_BYTES)):
            time.sleep(max(0.0, begun_s + BLOCK_MS / 1000 * number - time.monotonic()))
            utterance.append(speech[at : at + BLOCK_BYTES])
        ended_s = time.monotonic()
        utterance.end()

    speaking = threading.Thread(target=speak)
    speaking.start()

    def give_up() -> str:
        return "too late" if 0 < ended_s < time.monotonic() - expires_s else ""

    outcome = recognizer.recognize(utterance, lambda _text: None, give_up)
    answered_s = time.monotonic()
    speaking.join()
    return outcome, max(0.0, answered_s - ended_s)
