"""The host on its port: connections, admission, start and stop.

The only import of websockets. Everything here runs on one event loop; phrase lists and
transcriptions have threads of their own (`phrase_cache.py`, `scheduler.py`).
"""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.exceptions import ConcurrencyError, ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from voice2mqtt import __version__
from voice2mqtt.core.audio import VoiceActivity
from voice2mqtt.memory import IdleTrim, trim_malloc
from voice2mqtt.speechhost.protocol import refusals
from voice2mqtt.speechhost.protocol.frames import ProtocolError
from voice2mqtt.speechhost.protocol.request_options import (
    RequestAddress,
    read_address,
    single_phrase,
)
from voice2mqtt.speechhost.protocol.session import Session
from voice2mqtt.speechhost.serving import log_throttle
from voice2mqtt.speechhost.serving.admission import AdmissionControl, Limits
from voice2mqtt.speechhost.serving.connection import ConnectionHandler, Socket
from voice2mqtt.speechhost.serving.detector_pool import DetectorPool
from voice2mqtt.speechhost.serving.hooks import Figures, Hooks
from voice2mqtt.speechhost.serving.scheduler import Scheduler
from voice2mqtt.speechhost.serving.short_audio import HttpRequest
from voice2mqtt.speechhost.serving.trusted_proxies import HEADER, TrustedProxies

log = logging.getLogger(__name__)
log.addFilter(log_throttle.of_clients)

_WATCH_EVERY_S = 1.0
_CLOSE_WITHIN_S = 1.0  # a client that does not answer a close frame is cut off
_READ_AHEAD = 1  # messages of one client that are buffered
_VOICES = "/cognitiveservices/voices/list"
_SPARE_DETECTORS = 8  # kept when so many are not in use
_HTTP = (b"POST ", b"GET /cognitiveservices/voices")
"""How requests begin that are not for websockets. Clients of the second are cut off by websockets
before they have read the answer."""

# It reports every port scan and every client that hangs up early, with a traceback.
_wire_log = logging.getLogger(f"{__name__}.wire")
_wire_log.setLevel(logging.CRITICAL)


Listener = Callable[["SpeechHost"], AbstractAsyncContextManager[None]]
"""Accepts clients of another protocol while its context lasts; `serve_client` serves each."""


class SpeechHost:
    """Serves clients from `run` until `stop`."""

    def __init__(
        self,
        load: Callable[[], Scheduler],
        new_detector: Callable[[], VoiceActivity],
        *,
        keys: tuple[str, ...] = (),
        any_language: bool = False,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        hooks: Hooks | None = None,
        listeners: Sequence[Listener] = (),
        proxies: TrustedProxies | None = None,
    ) -> None:
        """`load` is called on a thread, and may take its time: clients are told to wait.

        With `any_language`, clients that ask for a language that the engine does not know are
        answered in that of the engine, with a warning. `listeners` are open once it is loaded, for
        clients of other protocols. What `proxies` tell of their clients is believed.
        """
        self._any_language = any_language
        self._listeners = listeners
        self._proxies = proxies or TrustedProxies()
        self._load = load
        self._detectors = DetectorPool(new_detector)
        self._limits = limits or Limits()
        self._admission = AdmissionControl(
            keys, self._limits, lambda: bool(self._scheduler and self._scheduler.is_overloaded)
        )
        self._tls = tls
        self._hooks = hooks or Hooks()
        self._scheduler: Scheduler | None = None
        self._connections: set[ConnectionHandler] = set()
        self._stop = asyncio.Event()
        self._served = 0
        self._started_s = time.monotonic()

    def stop(self) -> None:
        """End `run`, after the turns under way. Belongs to the event loop."""
        self._stop.set()

    async def run(self, address: str, port: int) -> None:
        """Serve until `stop`; raise OSError if the address cannot be bound."""
        async with serve(
            self._serve_connection,
            address,
            port,
            ssl=self._tls,
            process_request=self._process_request,
            compression=None,
            create_connection=cast(
                "type[ServerConnection]",
                partial(_Socket, self._admission, self._limits.open_s, self._take_http),
            ),
            max_size=self._limits.message_bytes,
            max_queue=_READ_AHEAD,
            open_timeout=self._limits.open_s,
            # Pongs wait behind unread messages, so `ConnectionHandler` sends pings itself.
            ping_interval=None,
            close_timeout=_CLOSE_WITHIN_S,
            logger=_wire_log,
            server_header=f"voice2mqtt/{__version__}",
        ) as server:
            self._hooks.listening(_url(server, tls=self._tls is not None))
            loading = asyncio.create_task(asyncio.to_thread(self._load), name="load")
            stopping = asyncio.create_task(self._stop.wait(), name="stop")
            await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            async with AsyncExitStack() as listeners:
                if not self._stop.is_set():
                    self._scheduler = await loading
                    for listener in self._listeners:
                        await listeners.enter_async_context(listener(self))
                    self._hooks.ready()
                    await self._watch()
                self._hooks.stopping()
                stopping.cancel()
                server.close(close_connections=False)
                await self._drain()
        if self._scheduler:
            self._scheduler.close()

    async def _watch(self) -> None:
        trim = IdleTrim()
        while not self._stop.is_set():
            self._hooks.alive()
            for connection in self._connections:
                if connection.idle_s > self._limits.idle_s:
                    connection.close("idle")
            busy = any(connection.owes_answer for connection in self._connections)
            if self._detectors.shrink(_SPARE_DETECTORS) or trim.is_due(time.monotonic(), busy=busy):
                trim_malloc()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _WATCH_EVERY_S)

    async def _drain(self) -> None:
        deadline_s = time.monotonic() + self._limits.drain_s
        while self._connections:
            late = time.monotonic() > deadline_s
            for connection in self._connections:
                if late or not connection.owes_answer:
                    connection.close("stopping")
            await asyncio.sleep(0.02)

    def _process_request(self, socket: ServerConnection, request: Request) -> Response | None:
        assert isinstance(socket, _Socket)
        self._admission.settle(socket)
        path = request.path.partition("?")[0]
        if path == "/ready":
            ready = self.figures.ready
            return _respond(socket, HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)
        if path == "/status":
            return _respond(socket, HTTPStatus.OK, self._status())
        socket.peer = self._proxies.client(socket.peer, ",".join(request.headers.get_all(HEADER)))
        refusal = self._refusal(socket.peer, request.path, request.headers)
        return _respond(socket, refusal[0], reason=refusal[1]) if refusal else None

    def _refusal(
        self, peer: str, target: str, headers: Mapping[str, str]
    ) -> tuple[HTTPStatus, str] | None:
        """Return why a request is refused, or None."""
        address, path = read_address(target), target.partition("?")[0]
        if address is None:
            status, reason = refusals.of_path(path)
            log.warning("%s asks for %s: %s", peer, path[:80], reason)
            return status, reason
        if self._scheduler is None or self._stop.is_set():
            return HTTPStatus.SERVICE_UNAVAILABLE, ""
        try:
            refusal = self._admission.refusal(peer, headers, address.query)
        except MultipleValuesError:
            refusal = HTTPStatus.BAD_REQUEST
        if refusal is None:
            return None
        reason = refusals.REASONS.get(refusal, "")
        log.warning("%s may not connect: %s", peer, reason or refusal.phrase)
        self._hooks.refused(refusal)
        return refusal, reason

    def _status(self) -> dict[str, object]:
        return {
            "service": "speechtotext",
            "ready": "ready" if self._scheduler else "loading",
            "apiStatus": "Valid",
            "apiStatusMessage": "no key of Azure is needed",
            "version": __version__,
            "connections": self._admission.connections,
            "connectionsServed": self._served,
            "uptimeSeconds": round(time.monotonic() - self._started_s),
        }

    async def _serve_connection(self, socket: ServerConnection) -> None:
        assert isinstance(socket, _Socket)
        address = read_address(socket.request.path) if socket.request else None
        if address is not None:
            await self._serve(socket, address)
        sent = socket.protocol.close_sent
        if sent and sent.code == CloseCode.MESSAGE_TOO_BIG:
            log.warning("%s sent too long a message; closed", socket.peer)

    @property
    def figures(self) -> Figures:
        """What it has to do at this moment."""
        scheduler = self._scheduler
        return Figures(
            ready=bool(scheduler) and not self._stop.is_set() and not self._admission.is_full,
            connections=self._admission.connections,
            running=scheduler.running if scheduler else 0,
            waiting=scheduler.waiting if scheduler else 0,
        )

    @property
    def language(self) -> str:
        """That of the engine, which is loaded."""
        assert self._scheduler
        return self._scheduler.language

    async def serve_client(self, socket: Socket) -> None:
        """Serve a client of another protocol, whose turns are of one phrase, if there is room."""
        if refusal := self._admission.overload(socket.peer):
            log.warning("%s may not connect: %s", socket.peer, refusal.phrase)
        else:
            await self._serve(socket, single_phrase({"format": "detailed"}))

    async def _serve(self, socket: Socket, address: RequestAddress) -> None:
        """Serve a client whose request is admitted until it is closed."""
        assert self._scheduler
        peer = socket.peer
        detector = self._detectors.lend()
        session = Session(
            address,
            detector,
            self._scheduler.language,
            self._scheduler.languages,
            any_language=self._any_language,
        )
        connection = ConnectionHandler(socket, session, self._scheduler, self._limits)
        self._admission.admit(peer)
        self._connections.add(connection)
        self._served += 1
        try:
            try:
                await connection.serve()
            except* ConnectionClosed:
                pass
        except Exception:  # ends this client's task; the others are served on
            log.exception("a connection ended with a bug")
        finally:
            self._connections.discard(connection)
            self._admission.release(peer)
            detector.reset()

    def _take_http(self, transport: asyncio.Transport, began: bytes) -> None:
        """Serve a connection as HTTP whose first bytes are `began`."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader, self._serve_http)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(began)

    async def _serve_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = HttpRequest(reader, writer)
        try:
            async with asyncio.timeout(self._limits.open_s):
                target, headers = await request.head()
            request.peer = self._proxies.client(request.peer, headers.get(HEADER))
            if target.partition("?")[0] == _VOICES:
                log.warning("%s asks for voices: this host has none", request.peer)
                await request.respond_with([])
                return
            if refusal := self._refusal(request.peer, target, headers):
                await request.refuse(*refusal)
            elif address := read_address(target):
                await self._serve(request, single_phrase(address.query))
                await request.respond()
        except (ProtocolError, TimeoutError, ConnectionError):
            request.abort()
        finally:
            await request.close_late()


class _Socket(ServerConnection):
    """A connection that is counted before its request has come, which may be plain HTTP."""

    def __init__(
        self,
        admission: AdmissionControl,
        open_s: float,
        take_http: Callable[[asyncio.Transport, bytes], None],
        *args: Any,  # noqa: ANN401 - passed on
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Half-open connections are cut off after `open_s`; `take_http` gets what is plain HTTP."""
        super().__init__(*args, **options)
        self._admission = admission
        self._open_s = open_s
        self._take_http = take_http
        self._began = b""
        self.peer = "?"
        """The client's address, for the log and for counting."""
        self._unbegun: tuple[asyncio.BaseTransport, asyncio.TimerHandle] | None = None

    def abort(self) -> None:
        """Cut the client off."""
        self.transport.abort()

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Close, and read on: the client's close frame comes behind what it has sent already."""
        closing = asyncio.create_task(super().close(code, reason), name="close")
        with suppress(ConnectionClosed, ConcurrencyError):  # others may be reading
            async for _ in self:
                pass
        await closing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count this connection, for which another may be cut off."""
        self.transport = cast("asyncio.Transport", transport)
        self.peer = str((self.remote_address or "?")[0])
        late = self.loop.call_later(self._open_s, self.abort)
        self._unbegun = transport, late
        oldest = self._admission.open(self, self.peer)
        if isinstance(oldest, _Socket):
            oldest.abort()

    def data_received(self, data: bytes) -> None:
        """Hand over what is plain HTTP; anything else is for websockets."""
        if self._unbegun is None:
            super().data_received(data)
            return
        self._began += data
        if any(len(self._began) < len(one) and one.startswith(self._began) for one in _HTTP):
            return
        (transport, late), self._unbegun = self._unbegun, None
        late.cancel()
        if self._began.startswith(_HTTP):
            self._admission.settle(self)
            self._take_http(self.transport, self._began)
        else:
            super().connection_made(transport)
            super().data_received(self._began)

    def eof_received(self) -> None:
        """Pass it on, unless nothing has begun that could end."""
        if self._unbegun is None:
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._admission.settle(self)
        if self._unbegun is None:
            super().connection_lost(exc)
        else:
            self._unbegun[1].cancel()


def _respond(
    socket: ServerConnection,
    status: HTTPStatus,
    body: dict[str, object] | None = None,
    *,
    reason: str = "",
) -> Response:
    text = json.dumps(body) if body is not None else reason or status.phrase
    response = socket.respond(status, text + "\n")
    # The SDK shows this, and not the body.
    response.reason_phrase = reason or response.reason_phrase
    if body is not None:
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
    return response


def _url(server: Server, *, tls: bool) -> str:
    host, port = next(iter(server.sockets)).getsockname()[:2]
    return f"{'wss' if tls else 'ws'}://{f'[{host}]' if ':' in host else host}:{port}"
