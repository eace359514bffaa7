"""How the host begins and ends, and how it meets clients that break the rules."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import azure.cognitiveservices.speech as sdk
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_and_wait

from tests.broker import wait_until
from tests.speechhost import client as wire
from tests.speechhost.azure_client import Client, configured
from tests.speechhost.fakes import LoudnessActivity, ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, Serving, hosting, no_grammar
from voice2mqtt.errors import UnavailableError
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


def test_an_overloaded_host_is_not_ready_and_tells_why(
    host: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        busy.setattr(Scheduler, "is_overloaded", True)
        assert get(host, "/ready")[0] == 503
        with pytest.raises(InvalidStatus) as refused, connect_and_wait(host.url + ONCE):
            pass
        assert refused.value.response.status_code == 503
        assert "too much to do" in refused.value.response.reason_phrase
    assert get(host, "/ready")[0] == 200


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
