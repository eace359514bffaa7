"""The host as the real Azure Speech SDK for Python meets it; as others do where it cannot."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import azure.cognitiveservices.speech as sdk
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_and_wait

from tests.broker import wait_until
from tests.speechhost import client as wire
from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import LoudnessActivity, ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, Serving, hosting, no_grammar
from voice2mqtt.errors import UnavailableError
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.hooks import Hooks
from voice2mqtt.speechhost.serving.scheduler import Scheduler
from voice2mqtt.speechhost.serving.server import SpeechHost

SENTENCE = "Turn on the kitchen light."
SPOKEN = silence(300) + tone(1000) + silence(1000)
ONCE = "/speech/recognition/interactive/cognitiveservices/v1"


@pytest.fixture
def host() -> Iterator[Serving]:
    with hosting(ScriptedEngine(SENTENCE, "Turn off the kitchen light.")) as host:
        yield host


def get(host: Serving, path: str) -> tuple[int, str]:
    try:
        with urlopen(host.url.replace("ws", "http", 1) + path, timeout=WITHIN_S) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_full_host_is_not_ready() -> None:
    with hosting(ScriptedEngine(), limits=Limits(connections=1)) as host:
        assert get(host, "/ready")[0] == 200
        with connect_and_wait(host.url + ONCE):
            wait_until(lambda: get(host, "/ready")[0] == 503, "being full")
        wait_until(lambda: get(host, "/ready")[0] == 200, "having room again")


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


def test_an_idle_recognizer_survives_a_host_that_starts_again() -> None:
    with hosting(ScriptedEngine("One.")) as host:
        client = Client(configured(host.url))
        assert client.once(SPOKEN).text == "One."
    with hosting(ScriptedEngine("Two."), port=host.port):
        assert client.once(SPOKEN).text == "Two."


def test_an_idle_connection_is_closed_and_made_anew() -> None:
    with hosting(ScriptedEngine(SENTENCE), limits=Limits(idle_s=0.2)) as host:
        client = Client(configured(host.url))
        connection = sdk.Connection.from_recognizer(client.recognizer)
        closed = threading.Event()
        connection.disconnected.connect(lambda _event: closed.set())
        assert client.once(SPOKEN).text == SENTENCE
        assert closed.wait(WITHIN_S)
        assert client.once(SPOKEN).text == SENTENCE


def test_a_turn_under_way_is_answered_before_the_host_stops() -> None:
    engine = ScriptedEngine(SENTENCE)
    engine.gate.clear()
    with hosting(engine) as host:
        client = Client(configured(host.url))
        ended = threading.Event()
        client.recognizer.speech_end_detected.connect(lambda _event: ended.set())
        client.stream.write(SPOKEN)
        answer = client.recognizer.recognize_once_async()
        assert ended.wait(WITHIN_S)
        stopping = threading.Thread(target=host.stop)
        stopping.start()
        engine.gate.set()
        assert answer.get().text == SENTENCE
        stopping.join(WITHIN_S)


def test_a_client_that_only_listens_into_silence_does_not_hold_up_the_end() -> None:
    with hosting(ScriptedEngine(SENTENCE), limits=Limits(drain_s=600)) as host:
        client = Client(configured(host.url))
        heard = threading.Event()
        client.recognizer.recognized.connect(lambda _event: heard.set())
        client.recognizer.start_continuous_recognition_async().get()
        client.stream.write(SPOKEN)
        assert heard.wait(WITHIN_S)
        host.stop()  # fails by itself if that takes too long
        client.recognizer.stop_continuous_recognition_async().get()


def test_clients_are_told_to_wait_until_the_engine_is_loaded() -> None:
    load = threading.Event()
    with hosting(ScriptedEngine(SENTENCE), load=load) as host:
        assert get(host, "/ready")[0] == 503
        assert json.loads(get(host, "/status")[1])["ready"] == "loading"
        assert get(host, ONCE)[0] == 503
        load.set()
        assert host.ready.wait(WITHIN_S)
        assert get(host, "/ready")[0] == 200
        assert json.loads(get(host, "/status")[1])["apiStatus"] == "Valid"


@pytest.mark.parametrize(
    ("path", "status"), [("/", 404), ("/speech/synthesis", 404), (ONCE, 426), ("/ready/", 404)]
)
def test_what_is_no_speech_client_gets_an_answer(host: Serving, path: str, status: int) -> None:
    assert get(host, path)[0] == status


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param(["nonsense"], 1007, id="text"),
        pytest.param([b"\xff\xff"], 1007, id="binary"),
        pytest.param([wire.audio("a1", wire.riff(tag=0x55))], 1007, id="format"),
        pytest.param([wire.audio("a1", bytes(2_000_000))], 1009, id="huge"),
    ],
)
def test_a_client_that_breaks_the_protocol_is_closed_and_others_are_served(
    host: Serving, frames: list[str | bytes], code: int
) -> None:
    async def misbehave() -> int | None:
        async with connect(host.url + ONCE) as socket:
            try:
                for frame in frames:
                    await socket.send(frame)
                while True:
                    await socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None

    assert asyncio.run(asyncio.wait_for(misbehave(), WITHIN_S)) == code
    assert Client(configured(host.url)).once(SPOKEN).text == SENTENCE


def test_a_refused_client_that_goes_on_sending_is_closed_at_once(host: Serving) -> None:
    async def send() -> float:
        async with connect(host.url + ONCE) as socket:
            await socket.send(wire.context("a1", phraseDetection={"language": "fr-FR"}))
            for _ in range(20):
                await socket.send(wire.audio("a1", tone(100)))
            began_s = time.monotonic()
            await socket.wait_closed()
            return time.monotonic() - began_s

    # One that does not read on until the client's consent comes cuts it off after a second.
    assert asyncio.run(asyncio.wait_for(send(), WITHIN_S)) < 0.8


def test_too_long_a_message_is_told_in_the_log(
    host: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    # Not by the SDK, which would send it five times within 15 s.
    async def send() -> int | None:
        async with connect(host.url + ONCE) as socket:
            await socket.send("x" * (Limits().message_bytes + 1))
            await socket.wait_closed()
            return socket.close_code

    assert asyncio.run(asyncio.wait_for(send(), WITHIN_S)) == 1009
    wait_until(lambda: "sent too long a message" in caplog.text, "the line in the log")


def test_a_client_that_vanishes_in_the_middle_of_a_turn_leaves_nothing(host: Serving) -> None:
    async def vanish() -> None:
        async with connect(host.url + ONCE) as socket:
            await socket.send(wire.context("a1"))
            await socket.send(wire.audio("a1", tone(2000)))
            await socket.recv()
            socket.transport.abort()

    asyncio.run(asyncio.wait_for(vanish(), WITHIN_S))
    deadline_s = time.monotonic() + WITHIN_S
    while json.loads(get(host, "/status")[1])["connections"] and time.monotonic() < deadline_s:
        pass
    assert json.loads(get(host, "/status")[1])["connections"] == 0


UPGRADE = (
    f"GET {ONCE} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
)


def test_a_client_that_answers_nothing_does_not_hold_up_the_end() -> None:
    with (
        hosting(ScriptedEngine(SENTENCE), limits=Limits(drain_s=0.1)) as host,
        socket.create_connection(("127.0.0.1", host.port)) as mute,
    ):
        mute.sendall(UPGRADE.encode())
        assert mute.recv(1000).startswith(b"HTTP/1.1 101")
        host.stop()  # fails by itself if that takes too long


def test_a_client_that_hangs_up_at_once_is_not_logged(
    host: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        socket.create_connection(("127.0.0.1", host.port)).close()
        assert Client(configured(host.url)).once(SPOKEN).text == SENTENCE
    assert not caplog.records


def test_hooks_are_called_in_order() -> None:
    told: list[str] = []

    async def live() -> None:
        def alive() -> None:
            told.append("alive")
            living.stop()

        living = SpeechHost(
            lambda: Scheduler(ScriptedEngine(), no_grammar, threads=1),
            LoudnessActivity,
            hooks=Hooks(
                listening=lambda url: told.append(url.partition(":")[0]),
                ready=lambda: told.append("ready"),
                alive=alive,
                stopping=lambda: told.append("stopping"),
            ),
        )
        await asyncio.wait_for(living.run("127.0.0.1", 0), WITHIN_S)

    asyncio.run(live())
    assert told == ["ws", "ready", "alive", "stopping"]


def test_an_engine_that_cannot_be_loaded_ends_the_host() -> None:
    def load() -> Scheduler:
        raise UnavailableError("no model")

    async def live() -> None:
        await asyncio.wait_for(SpeechHost(load, LoudnessActivity).run("127.0.0.1", 0), WITHIN_S)

    with pytest.raises(UnavailableError, match="no model"):
        asyncio.run(live())
