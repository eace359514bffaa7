"""The host as a client of the Wyoming protocol meets it, with the protocol's own library."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong

from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, Serving, hosting, no_grammar
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar
from voice2mqtt.speechhost.engine import Transcript as Transcription
from voice2mqtt.speechhost.serving import wyoming_server
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.phrase_cache import GrammarFor
from voice2mqtt.speechhost.serving.server import SpeechHost

SENTENCE = "Turn on the kitchen light."
SPOKEN = silence(300) + tone(1000) + silence(2000) + tone(500)
"""With a pause that would end a phrase on a websocket."""


@contextmanager
def wyoming(
    engine: ScriptedEngine, limits: Limits | None = None, grammar_for: GrammarFor = no_grammar
) -> Iterator[tuple[Serving, int]]:
    """The host, and the port of its Wyoming listener."""
    ports: list[int] = []

    @asynccontextmanager
    async def listener(host: SpeechHost) -> AsyncIterator[None]:
        serving = wyoming_server.serving("127.0.0.1", 0, host.language, host.serve_client)
        async with serving as (_, port):
            ports.append(port)
            yield

    with hosting(engine, limits=limits, listeners=[listener], grammar_for=grammar_for) as host:
        yield host, ports[0]


Scene = Callable[[AsyncTcpClient], Awaitable[None]]


def talk(port: int, scene: Scene) -> None:
    async def run() -> None:
        async with asyncio.timeout(WITHIN_S), AsyncTcpClient("127.0.0.1", port) as client:
            await scene(client)

    asyncio.run(run())


async def say(client: AsyncTcpClient, pcm: bytes, *, rate: int = 16_000) -> None:
    await client.write_event(AudioStart(rate=rate, width=2, channels=1).event())
    for at in range(0, len(pcm), 2048):
        chunk = AudioChunk(rate=rate, width=2, channels=1, audio=pcm[at : at + 2048])
        await client.write_event(chunk.event())
    await client.write_event(AudioStop().event())


async def answer(client: AsyncTcpClient) -> Event:
    event = await client.read_event()
    assert event
    return event


def test_the_host_tells_what_it_is_and_answers_pings() -> None:
    async def scene(client: AsyncTcpClient) -> None:
        await client.write_event(Describe().event())
        (program,) = Info.from_event(await answer(client)).asr
        assert program.installed
        assert program.models[0].languages == ["en-US", "en"]
        await client.write_event(Ping(text="hello").event())
        assert Pong.from_event(await answer(client)).text == "hello"

    with wyoming(ScriptedEngine(SENTENCE)) as (_, port):
        talk(port, scene)


def test_each_sentence_has_its_transcript_with_every_hypothesis() -> None:
    async def scene(client: AsyncTcpClient) -> None:
        for rate in (16_000, 48_000):
            await client.write_event(Transcribe(language="en").event())
            await say(client, silence(300, rate) + tone(1000, rate), rate=rate)
            event = await answer(client)
            assert Transcript.from_event(event).text == SENTENCE
            assert Transcript.from_event(event).language == "en-US"
            assert [one["text"] for one in event.data["nbest"]] == [SENTENCE, "Turn it off."]
            assert event.data["nbest"][0]["confidence"] == 0.9

    engine = ScriptedEngine(SENTENCE, "Turn it off.")
    with wyoming(engine) as (_, port):
        talk(port, scene)


def test_only_the_end_of_the_audio_ends_a_sentence() -> None:
    async def scene(client: AsyncTcpClient) -> None:
        await say(client, SPOKEN)
        assert Transcript.from_event(await answer(client)).text == SENTENCE

    engine = ScriptedEngine(SENTENCE)
    with wyoming(engine) as (_, port):
        talk(port, scene)
    # The last of all transcriptions, of which some were of pauses, has all of the speech.
    assert engine.asked[-1][0] >= len(SPOKEN) - 3200


def test_silence_has_an_empty_transcript() -> None:
    async def scene(client: AsyncTcpClient) -> None:
        await say(client, silence(1000))
        assert Transcript.from_event(await answer(client)).text == ""

    with wyoming(ScriptedEngine(SENTENCE)) as (_, port):
        talk(port, scene)


def test_names_that_are_likely_become_a_phrase_list() -> None:
    offered: list[tuple[str, ...]] = []

    def grammar_for(phrases: tuple[str, ...]) -> EngineGrammar:
        offered.append(phrases)
        return EngineGrammar(automaton=compile_phrases(phrases), forced=False)

    async def scene(client: AsyncTcpClient) -> None:
        wishes = Transcribe(transcript_names=["Contoso lamp"], transcript_terms=["dimmer"])
        await client.write_event(wishes.event())
        await say(client, tone(600))
        await answer(client)

    with wyoming(ScriptedEngine(SENTENCE), grammar_for=grammar_for) as (_, port):
        talk(port, scene)
    assert ("Contoso lamp", "dimmer") in offered


def test_another_language_is_refused_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(client: AsyncTcpClient) -> None:
        await client.write_event(Transcribe(language="de").event())
        # The host has refused before all audio is there.
        await say(client, tone(600))
        assert "recognises en-US alone, not de" in Error.from_event(await answer(client)).text

    with caplog.at_level(logging.WARNING), wyoming(ScriptedEngine(SENTENCE)) as (_, port):
        talk(port, scene)
    assert "is refused: this host recognises en-US alone" in caplog.text


def test_an_engine_that_fails_is_an_error_for_the_client() -> None:
    class Broken(ScriptedEngine):
        def transcribe(self, *_: object, **_options: object) -> Transcription:
            raise ValueError("broken on purpose")

    async def scene(client: AsyncTcpClient) -> None:
        await say(client, tone(600))
        assert Error.from_event(await answer(client)).text == "the recogniser failed"

    with wyoming(Broken()) as (_, port):
        talk(port, scene)


def test_clients_of_both_protocols_are_admitted_and_served_together() -> None:
    async def refused(client: AsyncTcpClient) -> None:
        assert await client.read_event() is None

    async def scene(client: AsyncTcpClient) -> None:
        await client.write_event(Describe().event())
        await answer(client)
        await asyncio.to_thread(talk, port, refused)
        await say(client, tone(600))
        assert Transcript.from_event(await answer(client)).text == SENTENCE

    limits = Limits(connections_per_address=2)
    with wyoming(ScriptedEngine(SENTENCE), limits=limits) as (host, port):
        azure = Client(configured(host.url))
        assert azure.once(SPOKEN).text == SENTENCE
        talk(port, scene)


NONSENSE = {
    "form": b'{"type": "audio-start", "data": {"rate": "fast", "width": 2, "channels": 1}}\n',
    "field": b'{"type": "audio-start", "data": {}}\n',
    "json": b'{"type": \n',
    "length": b'{"type": "audio-chunk", "payload_length": 1000000000000}\n',
    "depth": b'{"type": "ping", "data":' + b"[" * 60_000 + b"\n",
    "letters": b'{"type": "ping", "data": {"text": "\\ud800"}}\n',
    "product": b'{"type": "audio-start", "data": '
    b'{"rate": 1, "width": 3000000000, "channels": "x"}}\n',
}


@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_cut_off_and_others_are_served(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def nonsense(client: AsyncTcpClient) -> None:
        assert client._writer
        client._writer.write(sent)
        while (event := await client.read_event()) is not None:
            assert Error.is_type(event.type)

    async def scene(client: AsyncTcpClient) -> None:
        await say(client, tone(600))
        assert Transcript.from_event(await answer(client)).text == SENTENCE

    with wyoming(ScriptedEngine(SENTENCE)) as (_, port):
        talk(port, nonsense)
        talk(port, scene)
    assert "bug" not in caplog.text


def test_a_client_that_reads_nothing_does_not_keep_the_host_from_stopping() -> None:
    pings = Ping(text="x" * 100_000).event()

    async def ping_on(writer: asyncio.StreamWriter) -> None:
        while True:
            await async_write_event(pings, writer)

    async def scene() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        await async_write_event(AudioStart(rate=16_000, width=2, channels=1).event(), writer)
        with pytest.raises(ConnectionError):
            await ping_on(writer)
        writer.close()

    engine, limits = ScriptedEngine(SENTENCE), Limits(drain_s=0.1, idle_s=0.5)
    with wyoming(engine, limits=limits) as (_, port):
        asyncio.run(asyncio.wait_for(scene(), WITHIN_S))
