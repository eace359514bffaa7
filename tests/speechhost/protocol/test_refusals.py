"""What the host refuses, as the real Azure Speech SDK for Python shows it to its user."""

import logging
import threading
from collections.abc import Callable, Iterator

import azure.cognitiveservices.speech as sdk
import pytest

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, Serving, hosting
from voice2mqtt.speechhost.protocol import refusals
from voice2mqtt.speechhost.protocol.request_options import read_address, read_options

SENTENCE = "Turn on the kitchen light."
SPOKEN = silence(300) + tone(1000) + silence(1000)


@pytest.fixture(scope="module")
def host() -> Iterator[Serving]:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        yield host


def spoken() -> sdk.audio.AudioConfig:
    stream = sdk.audio.PushAudioInputStream()
    stream.write(SPOKEN)
    stream.close()
    return sdk.audio.AudioConfig(stream=stream)


def translated(url: str) -> str:
    config = sdk.translation.SpeechTranslationConfig(host=url)
    config.speech_recognition_language = "en-US"
    config.add_target_language("de")
    recognizer = sdk.translation.TranslationRecognizer(config, audio_config=spoken())
    result = recognizer.recognize_once_async().get()
    return str(result.cancellation_details.error_details)


def assessed(url: str) -> str:
    client = Client(configured(url))
    sdk.PronunciationAssessmentConfig("turn on the light").apply_to(client.recognizer)
    return str(client.once(SPOKEN, close=True).cancellation_details.error_details)


def in_french(url: str) -> str:
    config = configured(url, speech_recognition_language="fr-FR")
    return str(Client(config).once(SPOKEN, close=True).cancellation_details.error_details)


def in_unknown_languages(url: str) -> str:
    languages = sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["de-DE", "fr-FR"])
    recognizer = sdk.SpeechRecognizer(
        configured(url), audio_config=spoken(), auto_detect_source_language_config=languages
    )
    result = recognizer.recognize_once_async().get()
    return str(result.cancellation_details.error_details)


def synthesised(url: str) -> str:
    synthesizer = sdk.SpeechSynthesizer(configured(url), None)
    result = synthesizer.speak_text_async("hi").get()
    return str(result.cancellation_details.error_details)


def test_there_are_no_voices(host: Serving, caplog: pytest.LogCaptureFixture) -> None:
    synthesizer = sdk.SpeechSynthesizer(configured(host.url), None)
    result = synthesizer.get_voices_async().get()
    assert result.reason is sdk.ResultReason.Canceled
    assert "No voice matches" in result.error_details
    assert caplog.text.count("asks for voices: this host has none") == 1


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (translated, "this host does not translate; use a SpeechRecognizer"),
        (assessed, "this host does not assess pronunciation"),
        (in_french, "this host recognises en-US alone, not fr-FR"),
        (in_unknown_languages, "this host recognises en-US alone, not de-DE, fr-FR"),
        (synthesised, "this host does not speak"),
    ],
)
def test_the_sdk_shows_what_is_refused_and_the_log_tells_it_once(
    host: Serving, attempt: Callable[[str], str], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert words in attempt(host.url)
    told = [record.getMessage() for record in caplog.records if words in record.getMessage()]
    # The SDK may ask twice for speech.
    assert len(told) in ((1, 2) if attempt is synthesised else (1,))


def test_another_language_is_warned_of_where_the_owner_allows_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault = "this host recognises en-US alone, not fr-FR; set the recognition language"
    with hosting(ScriptedEngine(SENTENCE), any_language=True) as host:
        client = Client(configured(host.url, speech_recognition_language="fr-FR"))
        results = [client.once(SPOKEN) for _ in range(2)]
    assert [result.text for result in results] == [SENTENCE] * 2
    assert fault in results[0].json
    assert fault in results[1].json
    assert [fault in record.getMessage() for record in caplog.records].count(True) == 1


def test_a_dialect_of_the_language_is_recognised(host: Serving) -> None:
    result = Client(configured(host.url, speech_recognition_language="en-AU")).once(SPOKEN)
    assert result.text == SENTENCE


def test_a_source_language_recognizer_is_told_the_language(host: Serving) -> None:
    languages = sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["de-DE", "en-US"])
    recognizer = sdk.SourceLanguageRecognizer(
        speech_config=configured(host.url),
        audio_config=spoken(),
        auto_detect_source_language_config=languages,
    )
    result = recognizer.recognize_once_async().get()
    assert sdk.AutoDetectSourceLanguageResult(result).language == "en-US"


def test_a_conversation_is_transcribed_without_telling_speakers_apart(host: Serving) -> None:
    transcriber = sdk.transcription.ConversationTranscriber(
        speech_config=configured(host.url), audio_config=spoken()
    )
    heard: list[tuple[str, str]] = []
    stopped = threading.Event()
    transcriber.transcribed.connect(
        lambda event: heard.append((event.result.text, event.result.speaker_id))
    )
    transcriber.session_stopped.connect(lambda _event: stopped.set())
    transcriber.start_transcribing_async().get()
    assert stopped.wait(WITHIN_S)
    assert heard == [(SENTENCE, "Unknown")]


def test_a_reason_fits_into_a_close_frame_whatever_a_client_asks_for() -> None:
    address = read_address("/stt/speech/universal/v2")
    assert address
    options = read_options(address, {"languageId": {"languages": ["é\r\nx" * 90, "de-DE"]}})
    fault = refusals.language_fault(options, "en-US")
    assert len(fault.encode()) <= 123
    assert fault.isprintable()
