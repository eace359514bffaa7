"""Moves bytes between clients, dialogues and the engine. The only place that knows websockets.

Everything here runs on one event loop, except the transcriptions themselves (`desk.py`). What
the bytes mean is `dialogue.py`'s business.
"""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from voice2mqtt import __version__
from voice2mqtt.core.audio import VoiceActivity
from voice2mqtt.speechhost.access import Doorkeeper, Limits
from voice2mqtt.speechhost.desk import Client, Desk
from voice2mqtt.speechhost.dialogue import Dialogue, Output
from voice2mqtt.speechhost.frames import ProtocolError
from voice2mqtt.speechhost.wishes import read_address
from voice2mqtt.speechhost.work import Abandon, Hasten, Transcribe

log = logging.getLogger(__name__)

_TRY_AGAIN = 1000  # the one close code after which an idle Speech SDK connects anew by itself
_BAD_MESSAGE = 1007  # the Speech SDK reports it as BadRequest, and does not try again
_ALIVE_S = 1.0
_CLOSE_WITHIN_S = 1.0  # a client that does not answer a close is cut off

# It would report every port scan and every client that hangs up early, with a traceback.
_wire_log = logging.getLogger(f"{__name__}.wire")
_wire_log.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Whom to tell how the host is; called on the event loop, so they return at once."""

    listening: Callable[[str], None] = lambda _url: None
    """Clients find the host under this address, but are told to wait."""
    ready: Callable[[], None] = lambda: None
    alive: Callable[[], None] = lambda: None
    """Every second, as long as the event loop turns."""
    stopping: Callable[[], None] = lambda: None


class Host:
    """Serves clients from `run` until `stop`."""

    def __init__(
        self,
        load: Callable[[], Desk],
        new_voice: Callable[[], VoiceActivity],
        *,
        keys: tuple[str, ...] = (),
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        """`load` is called on a thread, and may take its time: clients are told to wait."""
        self._load = load
        self._new_voice = new_voice
        self._spare_voices: list[VoiceActivity] = []
        self._limits = limits or Limits()
        self._doorkeeper = Doorkeeper(keys, self._limits)
        self._tls = tls
        self._hooks = hooks or Hooks()
        self._desk: Desk | None = None
        self._connections: set[_Connection] = set()
        self._stop = asyncio.Event()
        self._served = 0
        self._started_s = time.monotonic()

    def stop(self) -> None:
        """End `run`, after the turns under way. Belongs to the event loop."""
        self._stop.set()

    async def run(self, address: str, port: int) -> None:
        """Serve until `stop`; raise OSError if the address cannot be had."""
        async with serve(
            self._meet,
            address,
            port,
            ssl=self._tls,
            process_request=self._admit,
            compression=None,
            max_size=self._limits.message_bytes,
            close_timeout=_CLOSE_WITHIN_S,
            logger=_wire_log,
            server_header=f"voice2mqtt/{__version__}",
        ) as server:
            self._hooks.listening(_url(server, tls=self._tls is not None))
            loading = asyncio.create_task(asyncio.to_thread(self._load), name="load")
            stopping = asyncio.create_task(self._stop.wait(), name="stop")
            await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not self._stop.is_set():
                self._desk = await loading
                self._hooks.ready()
                await self._watch()
            self._hooks.stopping()
            stopping.cancel()
            server.close(close_connections=False)
            await self._drain()
        if self._desk:
            self._desk.close()

    async def _watch(self) -> None:
        while not self._stop.is_set():
            self._hooks.alive()
            idle_since_s = time.monotonic() - self._limits.idle_s
            for connection in self._connections:
                if connection.heard_at_s < idle_since_s:
                    connection.close("idle")
            try:
                await asyncio.wait_for(self._stop.wait(), _ALIVE_S)
            except TimeoutError:
                continue

    async def _drain(self) -> None:
        deadline_s = time.monotonic() + self._limits.drain_s
        while self._connections:
            late = time.monotonic() > deadline_s
            for connection in self._connections:
                if late or not connection.in_turn:
                    connection.close("stopping")
            await asyncio.sleep(0.02)

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        if path == "/ready":
            return _answer(socket, HTTPStatus.OK if self._desk else HTTPStatus.SERVICE_UNAVAILABLE)
        if path == "/status":
            return _answer(socket, HTTPStatus.OK, self._status())
        address = read_address(request.path)
        if address is None:
            return _answer(socket, HTTPStatus.NOT_FOUND)
        if self._desk is None or self._stop.is_set():
            return _answer(socket, HTTPStatus.SERVICE_UNAVAILABLE)
        refusal = self._doorkeeper.refusal(_peer(socket), request.headers, address.query)
        if refusal:
            log.warning("%s may not connect: %s", _peer(socket), refusal.phrase)
            return _answer(socket, refusal)
        return None

    def _status(self) -> dict[str, object]:
        ready = "ready" if self._desk else "loading"
        return {
            "service": "speechtotext",
            "ready": ready,
            "apiStatus": "Valid",
            "apiStatusMessage": "no key of Azure is needed",
            "version": __version__,
            "connections": self._doorkeeper.connections,
            "connectionsServed": self._served,
            "uptimeSeconds": round(time.monotonic() - self._started_s),
        }

    async def _meet(self, socket: ServerConnection) -> None:
        peer = _peer(socket)
        address = read_address(socket.request.path) if socket.request else None
        if address is None or self._desk is None:  # `_admit` has seen to it
            return
        voice = self._spare_voices.pop() if self._spare_voices else self._new_voice()
        connection = _Connection(socket, Dialogue(address, voice), self._desk, self._limits)
        self._doorkeeper.enter(peer)
        self._connections.add(connection)
        self._served += 1
        try:
            await connection.serve()
        except Exception:  # the edge of this client's task; the others are served on
            log.exception("a connection ended with a bug")
        finally:
            self._connections.discard(connection)
            self._doorkeeper.leave(peer)
            self._spare_voices.append(voice)


class _Connection:
    """One client."""

    def __init__(
        self, socket: ServerConnection, dialogue: Dialogue, desk: Desk, limits: Limits
    ) -> None:
        self.heard_at_s = time.monotonic()
        self._socket = socket
        self._dialogue = dialogue
        self._desk = desk
        self._limits = limits
        self._client = Client()
        self._sending = asyncio.Lock()
        self._answered = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def in_turn(self) -> bool:
        return self._dialogue.in_turn

    def close(self, reason: str) -> None:
        """Begin to close; the client may connect anew."""
        if self._closing is None:
            closing = self._socket.close(_TRY_AGAIN, reason)
            self._closing = asyncio.create_task(closing, name="close")

    async def serve(self) -> None:
        """Talk until either side has enough."""
        try:
            async with asyncio.TaskGroup() as tasks:
                try:
                    await self._listen(tasks)
                finally:
                    if self._timer:
                        self._timer.cancel()
                    await self._put(self._dialogue.abandon(), tasks)
        except* ConnectionClosed:
            pass

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async for frame in self._socket:
                self.heard_at_s = time.monotonic()
                for outputs in self._dialogue.receive(frame, self.heard_at_s):
                    await self._put(outputs, tasks)
                    await asyncio.sleep(0)  # other clients' turn
                while self._dialogue.backlog_s > self._limits.backlog_s:
                    self._answered.clear()
                    await self._answered.wait()
        except ProtocolError as error:
            log.warning("%s sent %s; closed", _peer(self._socket), error)
            await self._socket.close(_BAD_MESSAGE, str(error))

    async def _put(self, outputs: list[Output], tasks: asyncio.TaskGroup) -> None:
        self._set_timer(tasks)
        # The lock is fair, so what was decided first is sent first.
        async with self._sending:
            for output in outputs:
                match output:
                    case str():
                        await self._socket.send(output)
                    case Transcribe():
                        tasks.create_task(self._transcribe(output, tasks), name="transcribe")
                    case Hasten(job=job):
                        self._desk.hasten(self._client, job)
                    case Abandon(job=job):
                        self._desk.abandon(self._client, job)

    async def _transcribe(self, job: Transcribe, tasks: asyncio.TaskGroup) -> None:
        result = await self._desk.transcribe(self._client, job)
        outputs = self._dialogue.transcribed(job.job, result)
        self._answered.set()
        await self._put(outputs, tasks)

    def _set_timer(self, tasks: asyncio.TaskGroup) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if (wake_at_s := self._dialogue.wake_at_s) is not None:
            delay_s = max(0.0, wake_at_s - time.monotonic())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay_s, self._ring, tasks)

    def _ring(self, tasks: asyncio.TaskGroup) -> None:
        outputs = self._dialogue.tick(time.monotonic())
        tasks.create_task(self._put(outputs, tasks), name="tick")


def _answer(
    socket: ServerConnection, status: HTTPStatus, body: dict[str, object] | None = None
) -> Response:
    text = json.dumps(body) if body is not None else status.phrase
    response = socket.respond(status, text + "\n")
    if body is not None:
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
    return response


def _peer(socket: ServerConnection) -> str:
    return str(socket.remote_address[0]) if socket.remote_address else "?"


def _url(server: Server, *, tls: bool) -> str:
    host, port = next(iter(server.sockets)).getsockname()[:2]
    return f"{'wss' if tls else 'ws'}://{f'[{host}]' if ':' in host else host}:{port}"
