"""Serves the page over HTTP. The only import of aiohttp.

A thread of its own runs its own event loop; what takes long (compiling a table, aligning sounds)
runs one at a time on a second thread, and what takes many seconds on others, each once at a time.
The daemon waits for none of them.
"""

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.resources import files

from aiohttp import web

from voice2mqtt.console.access import Access, Denial, Need
from voice2mqtt.console.access_token import token_in
from voice2mqtt.console.feed import Feed, as_line
from voice2mqtt.console.request_budget import RequestBudget
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.errors import InputError, UnavailableError, UserFacingError
from voice2mqtt.settings.model import ConsoleSettings

JsonObject = Mapping[str, object]
Route = Callable[[Mapping[str, object]], JsonObject]
"""What is behind an address: query or JSON body to JSON. Runs on the working thread."""

MOST_READERS = 20
"""Open pages; set by hand."""
MOST_CONNECTIONS = 200
"""About so many, since they are counted a little after they are accepted. Each takes a file, and
the daemon needs some for microphone and broker. Set by hand."""
LARGEST_BODY = 8_000_000
"""Bytes; the largest table, escaped. Set by hand."""
TICK_S = 0.1
"""Between two levels that an open page is sent."""
WRITE_WITHIN_S = 5.0
"""A page that takes no data for so long is dropped; set by hand."""
_SLOW_AT_ONCE = 2
_SEND_BUFFER_BYTES = 65_536
"""Small, so that a page which reads nothing is soon noticed."""
_STARTED_WITHIN_S, _HANDSHAKE_WITHIN_S = 10.0, 5.0
"""How long the page may take to begin, and a client for its TLS handshake; set by hand."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Server": "voice2mqtt",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
_KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}

log = logging.getLogger(__name__)

# It reports every request that is no HTTP, with a traceback.
_wire_log = logging.getLogger(f"{__name__}.wire")
_wire_log.setLevel(logging.CRITICAL)


class ConsoleServer:
    """Serves the files of the page, the live feed, and what `route` adds."""

    def __init__(
        self,
        settings: ConsoleSettings,
        feed: Feed,
        now: Callable[[], Sequence[JsonObject]],
        hello: Callable[[], JsonObject],
    ) -> None:
        """Prepare.

        Args:
            settings: where, and for whom.
            feed: the live events.
            now: returns what is sent with each tick, since it changes all the time.
            hello: returns what an opened page is sent first.
        """
        self._settings = settings
        self._feed = feed
        self._now = now
        self._hello = hello
        self._routes: list[tuple[str, str, Need, Route]] = []
        self._slow: set[Route] = set()
        self._under_way: set[Route] = set()
        """Of the slow work; touched by the page's thread only."""
        self._requests = RequestBudget(burst=60, per_s=20)
        self._failures = RequestBudget(burst=10, per_s=0.2)
        self._worker = ThreadPoolExecutor(1, "console-work")
        self._slow_worker = ThreadPoolExecutor(_SLOW_AT_ONCE, "console-slow")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._failure: Exception | None = None
        self._access: Access | None = None
        self.port = 0
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)

    def route(
        self, method: str, path: str, need: Need, work: Route, *, is_slow: bool = False
    ) -> None:
        """Answer `method` at `path` by `work`; before `start`.

        Work that `is_slow` delays no other, and is refused while it is under way already.
        """
        self._routes.append((method, path, need, work))
        if is_slow:
            self._slow.add(work)

    def start(self) -> str:
        """Begin to serve; return the address of the page.

        Raises:
            UnavailableError: nothing can be served there.
        """
        self._thread.start()
        self._started.wait(_STARTED_WITHIN_S)
        if self._failure:
            raise UnavailableError(
                f"the page cannot be served on {self._settings.listen}: {self._failure}; end what "
                "is there, or change console.listen"
            ) from self._failure
        if self._settings.origin:
            return f"{self._settings.origin}/"
        host = self._settings.address[0]
        scheme = "https" if self._settings.cert_file else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def stop(self) -> None:
        """End, and let nobody wait."""
        if self._loop:
            # It has ended by itself if it could not be served.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        for worker in (self._worker, self._slow_worker):
            worker.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # the daemon goes on without its page
            log.exception("a fault of voice2mqtt; the page has ended")
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        app.router.add_get("/api/live", self._live)
        for method, path, need, work in self._routes:
            app.router.add_route(method, path, self._handler(need, work))
        app.router.add_get("/{name:[a-z.-]*}", self._file)
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=0.1, logger=_wire_log
        )
        await runner.setup()
        try:
            server = await self._listen(runner)
        except OSError as error:
            self._failure = error
            await runner.cleanup()
            return
        self.port = int(server.sockets[0].getsockname()[1])
        self._access = Access(self._settings, self.port)
        self._feed.open()
        self._started.set()
        ticking = asyncio.ensure_future(self._tick())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({ticking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        failed = ticking.done()
        ticking.cancel()
        server.close()
        await runner.cleanup()
        if failed:
            ticking.result()

    async def _listen(self, runner: web.AppRunner) -> asyncio.Server:
        """Accept connections, and cut off those beyond the limit."""
        pages = runner.server
        assert pages

        def protocol() -> asyncio.Protocol:
            return pages() if len(pages.connections) < MOST_CONNECTIONS else _Refused()

        host, port = self._settings.address
        tls = _tls(self._settings)
        within_s = _HANDSHAKE_WITHIN_S if tls else None
        return await asyncio.get_running_loop().create_server(
            protocol, host, port, ssl=tls, ssl_handshake_timeout=within_s
        )

    async def _tick(self) -> None:
        """Send what changes all the time, while anybody reads it."""
        while True:
            await asyncio.sleep(TICK_S)
            if self._feed.is_read:
                for event in self._now():
                    self._feed.show(event)

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            answer = self._too_many(request) or await handler(request)
        except web.HTTPException as error:
            answer = _json({"error": error.reason}, error.status)
        except ConnectionError:
            raise
        except Exception:  # the page answers on
            log.exception("a fault of voice2mqtt; the page could not answer %s", request.path)
            answer = _json({"error": "a fault of voice2mqtt; its log has more"}, 500)
        if not answer.prepared:
            answer.headers.update(_HEADERS)
        return answer

    def _too_many(self, request: web.Request) -> web.Response | None:
        if self._requests.take(request.remote or "", time.monotonic()):
            return None
        return _json({"error": "too many requests; wait a moment"}, 429)

    def _denial(self, request: web.Request, need: Need) -> web.Response | None:
        assert self._access
        address, now_s = request.remote or "", time.monotonic()
        with_token = "Authorization" in request.headers
        if with_token and not self._failures.has_any(address, now_s):
            denied: Denial | None = Denial(429, "too many wrong tokens; wait a minute")
        else:
            denied = self._access.denial(need, request.headers, token_in(self._settings.token_file))
            if denied and denied.status == 401 and with_token:
                self._failures.take(address, now_s)
        return _json({"error": denied.reason}, denied.status) if denied else None

    def _handler(
        self, need: Need, work: Route
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if denied := self._denial(request, need):
                return denied
            try:
                given = await _given(request)
                return _json(await self._done(work, given))
            except (ValueError, UserFacingError) as error:
                return _json({"error": str(error)}, 409)

        return handle

    async def _done(self, work: Route, given: Mapping[str, object]) -> JsonObject:
        loop = asyncio.get_running_loop()
        if work not in self._slow:
            return await loop.run_in_executor(self._worker, work, given)
        if work in self._under_way:
            raise UnavailableError("this is under way already; wait until it has ended")
        self._under_way.add(work)
        # Whoever asked may be gone before the work has ended.
        doing = loop.run_in_executor(self._slow_worker, work, given)
        doing.add_done_callback(lambda _done: self._under_way.discard(work))
        return await asyncio.shield(doing)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if denied := self._denial(request, Need.FILES):
            return denied
        name = request.match_info["name"] or "index.html"
        found = files("voice2mqtt.console") / "page" / name
        kind = _KINDS.get(name.rpartition(".")[2])
        if kind is None or not found.is_file():
            raise web.HTTPNotFound
        return web.Response(
            body=found.read_bytes(),
            content_type=kind,
            charset="utf-8",
            headers={"Cache-Control": "no-cache"},
        )

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if denied := self._denial(request, Need.READ):
            return denied
        if self._feed.reader_count >= MOST_READERS:
            return _json({"error": f"{MOST_READERS} pages are open already; close one"}, 503)
        answer = web.StreamResponse(
            headers={**_HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        transport = request.transport
        if transport is None:
            return answer
        _limit_buffer(transport)
        with self._feed.reader(transport.abort) as reader:
            await answer.write(as_line(self._hello()))
            while not reader.dropped and not self._stop.is_set():
                line = await reader.line()
                try:
                    await asyncio.wait_for(answer.write(line), WRITE_WITHIN_S)
                except (TimeoutError, ConnectionError):
                    break
        transport.abort()
        return answer


class _Refused(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


async def _given(request: web.Request) -> Mapping[str, object]:
    """Return the query of a request, or its body.

    Raises:
        InputError: the body is no JSON object.
        ValueError: it is no JSON at all.
    """
    if request.method == "GET":
        return dict(request.query)
    # A form of another site cannot send this type without being asked for permission first.
    if request.content_type != "application/json":
        raise InputError("the request is not application/json")
    body = read_json(await request.read())
    if not isinstance(body, dict):
        raise InputError("the request is no JSON object")
    return body


def _json(answer: JsonObject, status: int = 200) -> web.Response:
    return web.json_response(
        answer, status=status, headers={**_HEADERS, "Cache-Control": "no-store"}
    )


def _limit_buffer(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)


def _tls(settings: ConsoleSettings) -> ssl.SSLContext | None:
    if not settings.cert_file:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
