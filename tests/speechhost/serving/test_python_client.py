"""The host as the real Azure Speech SDK for Python meets it."""

import threading
import time
from collections.abc import Callable, Iterator

import azure.cognitiveservices.speech as sdk
import pytest

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, Serving, hosting
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript

SENTENCE = "Turn on the kitchen light."
SPOKEN = silence(300) + tone(1000) + silence(1000)


@pytest.fixture
def host() -> Iterator[Serving]:
    with hosting(ScriptedEngine(SENTENCE, "Turn off the kitchen light.")) as host:
        yield host


def test_a_closed_stream_is_answered(host: Serving) -> None:
    result = Client(configured(host.url)).once(silence(300) + tone(1000), close=True)
    assert result.reason is sdk.ResultReason.RecognizedSpeech
    assert result.text == SENTENCE
    assert result.offset + result.duration == 13_000_000


def test_an_open_stream_is_ended_by_silence_and_nothing_of_it_comes_again() -> None:
    engine = ScriptedEngine(SENTENCE)
    with hosting(engine) as host:
        client = Client(configured(host.url))
        results = [client.once(SPOKEN) for _ in range(3)]
    assert [result.text for result in results] == [SENTENCE] * 3
    ends = [result.offset + result.duration for result in results]
    assert ends == sorted(ends)
    assert len(engine.asked) == 3  # the result of the first pause was used


def test_silence_is_an_initial_silence_timeout(host: Serving) -> None:
    result = Client(configured(host.url)).once(silence(1000), close=True)
    assert result.reason is sdk.ResultReason.NoMatch
    assert result.no_match_details.reason is sdk.NoMatchReason.InitialSilenceTimeout


def test_speech_without_words_is_no_match() -> None:
    with hosting(ScriptedEngine()) as host:
        result = Client(configured(host.url)).once(tone(1000), close=True)
    assert result.reason is sdk.ResultReason.NoMatch
    assert result.no_match_details.reason is sdk.NoMatchReason.NotRecognized


def test_hypotheses_and_events_come_in_order(host: Serving) -> None:
    client = Client(configured(host.url))
    seen: list[str] = []
    hypothesis_seen = threading.Event()
    names = ("recognizing", "recognized", "speech_start_detected", "speech_end_detected")
    for name in names:
        getattr(client.recognizer, name).connect(lambda _event, name=name: seen.append(name))
    client.recognizer.recognizing.connect(lambda _event: hypothesis_seen.set())
    # No more is sent until a hypothesis has come.
    client.stream.write(SPOKEN[:-24_000])
    result = client.recognizer.recognize_once_async()
    assert hypothesis_seen.wait(WITHIN_S)
    client.stream.write(SPOKEN[-24_000:])
    assert result.get().text == SENTENCE
    assert seen == ["speech_start_detected", "recognizing", "speech_end_detected", "recognized"]


def of_conversation(url: str) -> sdk.SpeechConfig:
    return configured(url)


def of_dictation(url: str) -> sdk.SpeechConfig:
    config = configured(url)
    config.enable_dictation()
    return config


def of_the_universal_path(url: str) -> sdk.SpeechConfig:
    return sdk.SpeechConfig(endpoint=url)


@pytest.mark.parametrize("configure", [of_conversation, of_dictation, of_the_universal_path])
def test_continuous_recognition_answers_every_phrase(
    host: Serving, configure: Callable[[str], sdk.SpeechConfig]
) -> None:
    client = Client(configure(host.url))
    heard: list[str] = []
    stopped = threading.Event()
    client.recognizer.recognized.connect(lambda event: heard.append(event.result.text))
    client.recognizer.session_stopped.connect(lambda _event: stopped.set())
    client.recognizer.start_continuous_recognition_async().get()
    for _ in range(4):
        client.stream.write(tone(600) + silence(1200))
    client.stream.close()
    assert stopped.wait(WITHIN_S)
    client.recognizer.stop_continuous_recognition_async().get()
    assert heard == [SENTENCE] * 4


@pytest.mark.parametrize(
    ("heard", "told"), [("en-US", "en-US"), ("de-DE", "de-DE"), ("de-AT", "de-AT")]
)
def test_of_several_languages_that_of_the_engine_is_heard(heard: str, told: str) -> None:
    with hosting(ScriptedEngine(SENTENCE, language=heard)) as host:
        assert _language_found(host) == told


def _language_found(host: Serving) -> str:
    stream = sdk.audio.PushAudioInputStream()
    stream.write(SPOKEN)
    languages = sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["de-DE", "en-GB"])
    recognizer = sdk.SpeechRecognizer(
        configured(host.url),
        audio_config=sdk.audio.AudioConfig(stream=stream),
        auto_detect_source_language_config=languages,
    )
    result = recognizer.recognize_once_async().get()
    assert result.text == SENTENCE
    return str(sdk.AutoDetectSourceLanguageResult(result).language)


def test_audio_in_another_format_is_converted(host: Serving) -> None:
    form = sdk.audio.AudioStreamFormat(samples_per_second=48_000, bits_per_sample=16, channels=2)
    mono = silence(300, 48_000) + tone(1000, 48_000)
    stereo = b"".join(mono[at : at + 2] * 2 for at in range(0, len(mono), 2))
    result = Client(configured(host.url), form).once(stereo, close=True)
    assert result.text == SENTENCE
    assert result.offset + result.duration == 13_000_000


def test_a_phrase_list_reaches_the_engine_as_a_grammar() -> None:
    engine = ScriptedEngine(SENTENCE)
    offered: list[tuple[str, ...]] = []

    def grammar_for(phrases: tuple[str, ...]) -> EngineGrammar:
        offered.append(phrases)
        return EngineGrammar(automaton=compile_phrases(phrases), forced=False)

    with hosting(engine, grammar_for=grammar_for) as host:
        client = Client(configured(host.url))
        phrases = sdk.PhraseListGrammar.from_recognizer(client.recognizer)
        phrases.addPhrase("Contoso lamp")
        phrases.addPhrase('Jessie "J" Ä')
        client.once(SPOKEN)
    assert offered[0] == ("Contoso lamp", 'Jessie "J" Ä')
    grammar = engine.asked[0][1]
    assert grammar
    assert not grammar.forced


def test_a_phrase_list_without_weight_does_nothing() -> None:
    offered: list[tuple[str, ...]] = []

    def grammar_for(phrases: tuple[str, ...]) -> None:
        offered.append(phrases)

    with hosting(ScriptedEngine(SENTENCE), grammar_for=grammar_for) as host:
        client = Client(configured(host.url))
        phrases = sdk.PhraseListGrammar.from_recognizer(client.recognizer)
        phrases.addPhrase("Contoso lamp")
        phrases.setWeight(0)
        assert client.once(SPOKEN).text == SENTENCE
    assert set(offered) <= {()}


def test_a_broken_connection_is_made_anew_and_nothing_is_lost(host: Serving) -> None:
    client = Client(configured(host.url))
    begun = threading.Event()
    client.recognizer.speech_start_detected.connect(lambda _event: begun.set())
    answer = client.recognizer.recognize_once_async()
    pcm = silence(300) + tone(1500) + silence(1500)
    started_s, cut = time.monotonic(), False
    for at in range(0, len(pcm), 3200):  # as a microphone would, since the SDK wants it live
        client.stream.write(pcm[at : at + 3200])
        time.sleep(max(0, started_s + at / 32_000 - time.monotonic()))
        if begun.is_set() and not cut:
            cut = True
            host.cut_connections()
    result = answer.get()
    assert cut
    assert result.text == SENTENCE
    assert result.offset == 2_880_000


def test_an_engine_that_fails_is_an_error_for_the_client() -> None:
    class Broken(ScriptedEngine):
        def transcribe(self, *_: object, **_options: object) -> Transcript:
            raise ValueError("broken on purpose")

    with hosting(Broken()) as host:
        config = configured(host.url)
        config.set_property_by_name("SPEECH-Error-MaxRetryCount", "0")
        result = Client(config).once(tone(1000), close=True)
    assert result.reason is sdk.ResultReason.Canceled
    assert result.cancellation_details.code is sdk.CancellationErrorCode.ServiceError
