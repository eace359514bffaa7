import threading
import time

from tests.fakes import ScriptedRecognizer, SpokenUtterance
from tests.settings.reading import table
from tests.speechhost.fakes import ScriptedEngine, tone
from tests.speechhost.hosting import serving
from voice2mqtt.audio.utterance import NO_BEGINNING, NO_END, LiveUtterance
from voice2mqtt.core.outcome import Canceled
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.service.process_utterance import recognize
from voice2mqtt.settings.speech_settings import SpeechSettings
from voice2mqtt.speech.azure import AzureRecognizer

WAIT_S = 10.0
LIGHT = "commands: [{say: turn on the light, topic: light, payload: go}]"


def test_what_has_no_beginning_is_not_sent_and_told_when_its_speaker_is_done() -> None:
    recognizer = ScriptedRecognizer()
    utterance = SpokenUtterance(cut=NO_BEGINNING)
    outcome = recognize(utterance, recognizer, Interpreter(table(LIGHT)).partial_match)
    assert outcome == Canceled(reason="Cut", details=NO_BEGINNING)
    assert recognizer.asked == 0
    assert utterance.read


def test_what_is_cut_off_while_it_is_recognised_does_not_wait_for_the_host() -> None:
    engine = ScriptedEngine("turn on the light")
    engine.gate.clear()
    utterance = LiveUtterance(0, lambda _utterance, _prospect: None)
    utterance.append(tone(800))
    cut_at_s: list[float] = []

    def cut() -> None:
        cut_at_s.append(time.monotonic())
        utterance.end(NO_END)

    with serving(engine) as url:
        recognizer = AzureRecognizer(SpeechSettings(host=url, timeout_s=WAIT_S))
        threading.Timer(0.5, cut).start()
        outcome = recognize(utterance, recognizer, Interpreter(table(LIGHT)).partial_match)
        took_s = time.monotonic() - cut_at_s[0]
        engine.gate.set()
    assert outcome == Canceled(reason="Cut", details=NO_END)
    assert took_s < WAIT_S / 2
