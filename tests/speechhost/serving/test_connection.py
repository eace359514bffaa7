"""One client on its websocket: one too fast, one too slow, one that is gone."""

import asyncio
import gc
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.broker import wait_until
from tests.speechhost import client as wire
from tests.speechhost.fakes import LoudnessActivity, ScriptedEngine, silence, tone
from tests.speechhost.hosting import WITHIN_S, Serving, hosting, no_grammar
from voice2mqtt.speechhost.protocol import turn
from voice2mqtt.speechhost.protocol.request_options import MAX_PHRASES, read_address
from voice2mqtt.speechhost.protocol.session import Session
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.connection import ConnectionHandler
from voice2mqtt.speechhost.serving.scheduler import Scheduler

ONCE = "/speech/recognition/interactive/cognitiveservices/v1"
ON_AND_ON = "/speech/recognition/conversation/cognitiveservices/v1"


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, WITHIN_S))


async def until_end(client: ClientConnection) -> list[dict[str, Any]]:
    """What was said in each phrase of the turn."""
    phrases = []
    async for frame in client:
        assert isinstance(frame, str)
        path, _, body = wire.read(frame)
        if path == "speech.phrase":
            phrases.append(body)
        if path == "turn.end":
            break
    return phrases


def test_audio_far_ahead_of_real_time_is_taken_at_a_steady_speed() -> None:
    async def send(host: Serving) -> None:
        async with connect(host.url + ONCE) as client:
            started_s = time.monotonic()
            await client.send(wire.audio("a1", tone(600) + silence(10_000)))
            assert (await until_end(client))[0]["RecognitionStatus"] == "Success"
            await client.send(wire.context("a2"))
            assert "turn.start" in str(await client.recv())
            assert time.monotonic() - started_s > (10.6 - 1) / 40

    with hosting(ScriptedEngine("Yes."), limits=Limits(burst_s=1, speed=40)) as host:
        play(send(host))


def test_a_client_that_is_kept_waiting_is_neither_silent_nor_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn, "STARVED_S", 0.05)
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()

    async def overtake(host: Serving) -> None:
        async with connect(host.url + ON_AND_ON) as client:
            await client.send(wire.audio("a1", tone(600) + silence(1200) + tone(600)))
            for _ in range(20):
                await client.send(wire.audio("a1", tone(30)))
            await client.send(wire.audio("a1", silence(1200)))
            await client.send(wire.audio("a1", b""))
            while not engine.asked:
                await asyncio.sleep(0.001)
            # Many times the patience with silence, and with pings that are not read.
            closed = asyncio.create_task(client.wait_closed())
            assert not (await asyncio.wait([closed], timeout=0.5))[0]
            engine.gate.set()
            phrases = await until_end(client)
            assert [one["RecognitionStatus"] for one in phrases] == [
                "Success", "Success", "EndOfDictation",
            ]  # fmt: skip

    limits = Limits(backlog_s=0.1, ping_every_s=0.05, pong_within_s=0.1)
    with hosting(engine, limits=limits) as host:
        play(overtake(host))


@pytest.mark.parametrize("late_s", [0.01, 0.4])
def test_a_host_that_was_stopped_does_not_take_its_client_for_silent(
    monkeypatch: pytest.MonkeyPatch, late_s: float
) -> None:
    """What was said while it stood still is read before anything is answered."""
    monkeypatch.setattr(turn, "STARVED_S", 0.5)

    async def speak(host: Serving) -> None:
        async with connect(host.url + ONCE) as client:
            await client.send(wire.audio("a1", tone(600)))
            assert "turn.start" in str(await client.recv())
            (connection,) = host._host._connections
            await asyncio.to_thread(wait_until, lambda: connection._timer is not None, "timer")
            stopped = threading.Event()

            def stop() -> None:
                stopped.set()
                assert connection._timer
                time.sleep(max(0.0, connection._timer.when() - time.monotonic()) + late_s)

            host.do(stop)
            await asyncio.to_thread(stopped.wait, WITHIN_S)
            await client.send(wire.audio("a1", tone(900) + silence(1200)))
            phrase = (await until_end(client))[0]
            assert phrase["Duration"] > 1.2 * 10_000_000

    with hosting(ScriptedEngine("Yes.")) as host:
        play(speak(host))


def test_an_idle_client_that_answers_pings_stays() -> None:
    async def idle(host: Serving) -> None:
        async with connect(host.url + ONCE) as client:
            closed = asyncio.create_task(client.wait_closed())
            assert not (await asyncio.wait([closed], timeout=0.4))[0]

    with hosting(ScriptedEngine(), limits=Limits(ping_every_s=0.05, pong_within_s=0.1)) as host:
        play(idle(host))


@pytest.mark.parametrize(
    ("pieces", "pause_s"),
    [
        pytest.param(20, 0.0, id="stops, and is not told to have ended"),
        pytest.param(1000, 0.05, id="goes on at a steady pace"),
        pytest.param(100_000, 0.0, id="goes on as fast as it can"),
    ],
)
def test_a_refused_client_is_closed_whatever_it_sends(pieces: int, pause_s: float) -> None:
    """One that does not read on until the client's consent comes is cut off, with no reason."""

    async def send(host: Serving) -> None:
        async with connect(host.url + ONCE) as client:
            await client.send(wire.context("a1", phraseDetection={"language": "fr-FR"}))
            closed = asyncio.create_task(client.wait_closed())
            with suppress(ConnectionClosed):
                for _ in range(pieces):
                    await client.send(wire.audio("a1", tone(100)))
                    await asyncio.wait([closed], timeout=pause_s)
            await asyncio.wait_for(closed, 5)
            assert client.close_code == 1007
            assert client.close_reason
            assert client.close_reason.startswith("this host recognises en-US alone")

    with hosting(ScriptedEngine("Yes.")) as host:
        play(send(host))


UPGRADE = (
    f"GET {ONCE} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
)


def open_socket(host: Serving, words: str) -> socket.socket:
    peer_socket = socket.create_connection(("127.0.0.1", host.port), timeout=WITHIN_S)
    peer_socket.sendall(words.encode())
    return peer_socket


def until_cut_off(peer_socket: socket.socket) -> bytes:
    """What it is told; fails by itself if it is not cut off in time."""
    said = b""
    deadline_s = time.monotonic() + WITHIN_S
    try:
        while more := peer_socket.recv(4096):
            said += more
            assert time.monotonic() < deadline_s
    except ConnectionResetError:
        pass
    return said


def test_a_flood_of_pings_is_answered_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def flood(host: Serving) -> None:
        async with connect(host.url + ONCE, ping_interval=None) as client:
            pongs = [await client.ping() for _ in range(2000)]
            await asyncio.gather(*pongs)
            await client.send(wire.audio("a1", tone(600) + silence(1000)))
            assert (await until_end(client))[0]["RecognitionStatus"] == "Success"

    with caplog.at_level("INFO", "voice2mqtt"), hosting(ScriptedEngine("Yes.")) as host:
        play(flood(host))
    assert caplog.messages == []


def test_a_client_that_gives_no_sign_of_life_is_cut_off() -> None:
    limits = Limits(ping_every_s=0.05, pong_within_s=0.1)
    with (
        hosting(ScriptedEngine(), limits=limits) as host,
        open_socket(host, UPGRADE) as mute,
    ):
        assert until_cut_off(mute).startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize(
    "limits",
    [Limits(half_open=2, open_s=600), Limits(half_open_per_address=2, open_s=600)],
    ids=["all", "one address"],
)
def test_of_too_many_half_open_connections_the_oldest_is_cut_off(limits: Limits) -> None:
    async def turn(host: Serving) -> None:
        async with connect(host.url + ONCE) as client:
            await client.send(wire.audio("a1", tone(600) + silence(1000)))
            assert (await until_end(client))[0]["RecognitionStatus"] == "Success"

    with hosting(ScriptedEngine("Yes."), limits=limits) as host:
        slow = [open_socket(host, "GET / HTTP/1.1\r\n") for _ in range(3)]
        assert until_cut_off(slow[0]) == b""
        play(turn(host))
        for peer_socket in slow:
            peer_socket.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Ocp-Apim-Subscription-Key: a\r\nOcp-Apim-Subscription-Key: s3cret\r\n", b" 400 "),
        ("Authorization: bearer s3cret\r\n", b" 101 "),
        ("Authorization: Basic s3cret\r\n", b" 401 "),
    ],
)
def test_keys_in_unusual_headers(headers: str, status: bytes) -> None:
    words = UPGRADE.replace("Host: x\r\n", f"Host: x\r\n{headers}")
    with (
        hosting(ScriptedEngine(), keys=("s3cret",)) as host,
        open_socket(host, words) as peer_socket,
    ):
        assert status in peer_socket.recv(1000).partition(b"\r\n")[0]


def test_a_list_cut_off_is_told_once_for_each_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    items: Any = [{"Text": f"feed {number} cats"} for number in range(MAX_PHRASES + 3)]

    async def offer(host: Serving) -> None:
        async with connect(host.url + ONCE) as client:
            for number in range(3):
                context = wire.context(f"a{number}", dgi={"Groups": [{"Items": items}]})
                await client.send(context)
                await client.recv()

    with caplog.at_level("WARNING"), hosting(ScriptedEngine()) as host:
        play(offer(host))
    assert [record.getMessage().rpartition("; ")[2] for record in caplog.records] == [
        "3 are left out"
    ]
    assert "cats" not in caplog.text


class NotReading:
    """A socket whose client takes nothing that it is sent."""

    peer = "10.0.0.9"

    def __init__(self) -> None:
        self._closed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        yield wire.context("a1")
        await self._closed.wait()

    async def send(self, _message: str, /) -> None:
        await asyncio.Event().wait()

    async def ping(self) -> Awaitable[float]:
        return asyncio.get_running_loop().create_future()

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002 - names of the port
        raise AssertionError

    async def wait_closed(self) -> None:
        await self._closed.wait()

    def abort(self) -> None:
        self._closed.set()


def test_a_client_that_takes_nothing_is_cut_off() -> None:
    async def talk() -> None:
        address = read_address(ONCE)
        assert address
        scheduler = Scheduler(ScriptedEngine(), no_grammar, threads=1)
        session = Session(address, LoudnessActivity())
        await ConnectionHandler(
            NotReading(), session, scheduler, Limits(send_within_s=0.01)
        ).serve()
        scheduler.close()

    play(talk())


def test_a_client_in_a_turn_is_told_that_the_host_goes_and_an_idle_one_to_come_again() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()

    async def close_codes(host: Serving) -> None:
        async with connect(host.url + ONCE) as idle, connect(host.url + ONCE) as waiting:
            await waiting.send(wire.audio("a1", tone(600) + silence(1200)))
            while not engine.asked:
                await asyncio.sleep(0.001)
            host.do(host._host.stop)
            await asyncio.gather(idle.wait_closed(), waiting.wait_closed())
            assert (idle.close_code, waiting.close_code) == (1000, 1001)

    with hosting(engine, limits=Limits(drain_s=0.05)) as host:
        play(close_codes(host))
        engine.gate.set()


class Leaving(NotReading):
    """A socket whose client goes just when it is sent a ping."""

    def __init__(self) -> None:
        super().__init__()
        self.pong: asyncio.Future[float] | None = None

    async def ping(self) -> Awaitable[float]:
        self.pong = asyncio.get_running_loop().create_future()
        self._closed.set()
        return self.pong


@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_client_that_leaves_as_a_ping_is_due_leaves_no_fault_behind(when: str) -> None:
    faults: list[object] = []

    async def talk() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
        address = read_address(ONCE)
        assert address
        scheduler = Scheduler(ScriptedEngine(), no_grammar, threads=1)
        socket = Leaving()
        connection = ConnectionHandler(
            socket, Session(address, LoudnessActivity()), scheduler, Limits(ping_every_s=0.01)
        )
        serving = asyncio.create_task(connection.serve())
        while socket.pong is None:
            await asyncio.sleep(0.001)
        if when == "later":
            # As websockets does it: closed first, then every ping fails.
            for _ in range(5):
                await asyncio.sleep(0)
        if not socket.pong.done():
            socket.pong.set_exception(ConnectionError("closed"))
        await serving
        del socket, connection, serving
        await asyncio.sleep(0)
        gc.collect()
        scheduler.close()

    play(talk())
    assert not faults
