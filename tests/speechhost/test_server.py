"""The real Azure Speech SDK as the client."""

import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import azure.cognitiveservices.speech as sdk
import pytest

from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.serving import WITHIN_S, serving

SENTENCE = "Turn on the kitchen light."


def wait_ready(url: str) -> None:
    for _ in range(1000):
        if status(url, "/ready") == 200:
            return
    pytest.fail("never ready")


def status(url: str, path: str) -> int:
    try:
        with urlopen(url.replace("ws", "http", 1) + path, timeout=WITHIN_S) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def recognizer(
    url: str, config: sdk.SpeechConfig | None = None
) -> tuple[sdk.SpeechRecognizer, sdk.audio.PushAudioInputStream]:
    wait_ready(url)
    config = config or sdk.SpeechConfig(host=url)
    config.set_property_by_name("SPEECH-OneShotRecognition-OperationTimeoutMs", "15000")
    config.set_property_by_name("SPEECH-StopRecognitionTimeoutInSeconds", "1")
    stream = sdk.audio.PushAudioInputStream()
    return sdk.SpeechRecognizer(config, sdk.audio.AudioConfig(stream=stream)), stream


def test_a_closed_stream_is_answered() -> None:
    with serving(ScriptedEngine(SENTENCE)) as url:
        client, stream = recognizer(url)
        stream.write(silence(300) + tone(1000))
        stream.close()
        result = client.recognize_once_async().get()
    assert result.reason is sdk.ResultReason.RecognizedSpeech
    assert result.text == SENTENCE
    assert result.offset + result.duration == 13_000_000


def test_an_open_stream_is_ended_by_silence_and_nothing_of_it_comes_again() -> None:
    engine = ScriptedEngine(SENTENCE)
    with serving(engine) as url:
        client, stream = recognizer(url)
        ends = []
        for _ in range(3):
            stream.write(silence(300) + tone(1000) + silence(1000))
            result = client.recognize_once_async().get()
            assert result.text == SENTENCE
            ends.append(result.offset + result.duration)
    assert ends == sorted(ends)
    assert len(engine.asked) == 3  # what was guessed in the first pause was not done again


def test_silence_is_told_from_speech() -> None:
    with serving(ScriptedEngine(SENTENCE)) as url:
        client, stream = recognizer(url)
        stream.write(silence(1000))
        stream.close()
        result = client.recognize_once_async().get()
    assert result.reason is sdk.ResultReason.NoMatch
    assert result.no_match_details.reason is sdk.NoMatchReason.InitialSilenceTimeout


def test_continuous_recognition_answers_every_phrase() -> None:
    with serving(ScriptedEngine(SENTENCE)) as url:
        client, stream = recognizer(url)
        heard: list[str] = []
        stopped = threading.Event()
        client.recognized.connect(lambda event: heard.append(event.result.text))
        client.session_stopped.connect(lambda _event: stopped.set())
        client.start_continuous_recognition_async().get()
        for _ in range(4):
            stream.write(tone(600) + silence(900))
        stream.close()
        assert stopped.wait(WITHIN_S)
        client.stop_continuous_recognition_async().get()
    assert heard == [SENTENCE] * 4
