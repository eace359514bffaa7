"""One client: passes its frames to a `Session`, and carries out what that returns.

Everything here runs on one event loop. What frames mean is for `protocol/session.py` to say.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Abandon, Hasten, Prepare, Transcribe, Warn
from voice2mqtt.speechhost.protocol.frames import ProtocolError, ends_audio
from voice2mqtt.speechhost.protocol.refusals import OVERLOADED, UnsupportedRequestError
from voice2mqtt.speechhost.protocol.request_options import MAX_PHRASES, MAX_PHRASES_CHARS
from voice2mqtt.speechhost.protocol.session import Output, Session
from voice2mqtt.speechhost.serving import log_throttle
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.rate_limit import RateLimit, SessionClock
from voice2mqtt.speechhost.serving.scheduler import Client, OverloadedError, Scheduler

log = logging.getLogger(__name__)
log.addFilter(log_throttle.of_clients)

# Close codes of RFC 6455, and how the Speech SDK takes them.
_NORMAL_CLOSURE = 1000  # an idle client connects again by itself; one in a turn waits in vain
_GOING_AWAY = 1001  # a client in a turn reports an error
_INVALID_PAYLOAD = 1007  # reported as BadRequest, without another attempt
TOO_MUCH = 4429  # reported as TooManyRequests, without another attempt

_REFUSED_S = 1.0
"""How long a client that is refused may send the rest of its audio; twice that if in a burst."""
_QUIET_S = 0.3
"""A refused client that sends nothing for so long is closed."""
_STEP_S = 0.02
"""What comes so long after what came before belongs to no burst: for a moment, nothing follows."""


class Socket(Protocol):
    """What is needed of a websocket; all but `abort` raise once it is closed."""

    @property
    def peer(self) -> str:
        """The client's address."""
        ...

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: str, /) -> None:
        """Send, and wait while the send buffer is full."""
        ...

    async def ping(self) -> Awaitable[float]:
        """Send a ping; return an awaitable of its answer."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame, and wait a little for the answer."""
        ...

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        ...

    def abort(self) -> None:
        """Cut the client off."""
        ...


class StreamClient:
    """What clients on a plain stream have in common, as a part of a `Socket`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._closed = asyncio.Event()
        peer = writer.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else "?"
        """The client's address."""

    async def ping(self) -> Awaitable[float]:
        """Return a pong at once: such a client cannot be asked, or need not answer."""
        pong = asyncio.get_running_loop().create_future()
        pong.set_result(0.0)
        return pong

    async def wait_closed(self) -> None:
        """Wait until it is closed, or has all that it will get."""
        await self._closed.wait()

    def abort(self) -> None:
        """Cut the client off."""
        self._writer.transport.abort()
        self._closed.set()


class ConnectionHandler:
    """One client, from its first message to its last."""

    def __init__(
        self, socket: Socket, session: Session, scheduler: Scheduler, limits: Limits
    ) -> None:
        self._socket = socket
        self._session = session
        self._scheduler = scheduler
        self._limits = limits
        self._client = Client()
        self._clock = SessionClock()
        self._received_at_s = self._now_s()
        self._rate_limit = RateLimit(limits.burst_s, limits.speed, time.monotonic())
        self._sending = asyncio.Lock()
        self._transcribed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._left_out_logged = False

    @property
    def owes_answer(self) -> bool:
        """Whether the client waits for an answer, or one is being sent."""
        return self._session.owes_answer or self._sending.locked()

    @property
    def idle_s(self) -> float:
        """How long the host has waited for anything from the client."""
        return self._now_s() - self._received_at_s

    def close(self, reason: str, code: int | None = None) -> None:
        """Begin to close; the client may connect anew."""
        if self._closing is None:
            code = code or (_GOING_AWAY if self._session.in_turn else _NORMAL_CLOSURE)
            closing = self._socket.close(code, reason)
            self._closing = asyncio.create_task(closing, name="close")

    async def serve(self) -> None:
        """Serve until either side closes; the socket's exceptions may be raised, in a group."""
        async with asyncio.TaskGroup() as tasks:
            own = [
                tasks.create_task(self._receive(tasks), name="receive"),
                tasks.create_task(self._keep_alive(), name="keep alive"),
            ]
            try:
                # When the client goes, `_receive` may be waiting for something else.
                await self._socket.wait_closed()
            finally:
                for task in own:
                    task.cancel()
                self._pause_clock()
                self._scheduler.release(self._client)
                await self._process(self._session.abandon(), tasks)

    async def _receive(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async for frame in self._socket:
                self._received_at_s = self._now_s()
                self._pause_clock()
                for outputs in self._session.receive(frame, self._received_at_s):
                    await self._process(outputs, tasks)
                    await self._throttle()
                await self._throttle()
                while self._session.backlog_s > self._limits.backlog_s:
                    self._transcribed.clear()
                    await self._transcribed.wait()
                self._clock.resume(time.monotonic())
                self._set_timer(tasks)
        except UnsupportedRequestError as refusal:
            log.warning("%s is refused: %s", self._socket.peer, refusal)
            await self._skip_audio()
            await self._socket.close(_INVALID_PAYLOAD, str(refusal))
        except ProtocolError as error:
            log.warning("%s sent %s; closed", self._socket.peer, error)
            await self._socket.close(_INVALID_PAYLOAD, str(error))

    async def _skip_audio(self) -> None:
        """Wait until the client sends nothing more, or has just sent a piece of a longer stream.

        The SDK for JavaScript tells its program nothing of a refusal if it happens to send between
        the close frame and the end of the connection.
        """
        loop = asyncio.get_running_loop()
        began_s = came_at_s = loop.time()
        with contextlib.suppress(TimeoutError, ProtocolError):
            async with asyncio.timeout(_QUIET_S) as quiet:
                async for frame in self._socket:
                    if isinstance(frame, bytes) and ends_audio(frame):
                        return
                    before_s, came_at_s = came_at_s, loop.time()
                    is_step = came_at_s - before_s > _STEP_S
                    if came_at_s - began_s > _REFUSED_S * (1 if is_step else 2):
                        return
                    quiet.reschedule(came_at_s + _QUIET_S)

    async def _throttle(self) -> None:
        """Let other clients run, and wait if this one is too far ahead of real time."""
        await asyncio.sleep(self._rate_limit.wait_s(self._session.taken_s, time.monotonic()))

    async def _keep_alive(self) -> None:
        """Send pings; close when one is not answered although the client is read."""
        while True:
            await asyncio.sleep(self._limits.ping_every_s)
            pong = asyncio.create_task(self._ping(), name="ping")
            # A failure is retrieved here, since nobody else may.
            pong.add_done_callback(lambda pong: pong.cancelled() or pong.exception())
            give_up_at_s = self._now_s() + self._limits.pong_within_s
            try:
                while not pong.done() and (left_s := give_up_at_s - self._now_s()) > 0:
                    await asyncio.wait([pong], timeout=max(left_s, 0.05))
            finally:
                unanswered = pong.cancel()
            if unanswered:
                self.close("no sign of life")
            elif pong.exception():  # the socket is closed
                return

    async def _ping(self) -> None:
        await (await self._socket.ping())

    async def _process(self, outputs: list[Output], tasks: asyncio.TaskGroup) -> None:
        self._set_timer(tasks)
        # The lock is fair, so outputs are sent in the order in which they were returned.
        async with self._sending:
            for output in outputs:
                match output:
                    case str():
                        await self._send(output)
                    case Warn(fault=fault):
                        log.warning("%s: %s", self._socket.peer, fault)
                    case Prepare():
                        await self._prepare(output)
                    case Transcribe(job_id=job_id):
                        transcribing = self._scheduler.transcribe(self._client, output)
                        result = self._take_result(job_id, transcribing, tasks)
                        tasks.create_task(result, name="take result")
                    case Hasten(job_id=job_id):
                        self._scheduler.hasten(self._client, job_id)
                    case Abandon(job_id=job_id):
                        self._scheduler.abandon(self._client, job_id)

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_within_s):
                await self._socket.send(text)
        except TimeoutError:
            self._socket.abort()

    async def _prepare(self, work: Prepare) -> None:
        if work.left_out and not self._left_out_logged:
            self._left_out_logged = True
            log.warning(
                "%s offers more phrases than %d or %d characters; %d are left out",
                self._socket.peer, MAX_PHRASES, MAX_PHRASES_CHARS, work.left_out,
            )  # fmt: skip
        await self._scheduler.prepare(self._client, work.phrases)

    async def _take_result(
        self,
        job_id: int,
        transcribing: asyncio.Task[Transcript | None],
        tasks: asyncio.TaskGroup,
    ) -> None:
        try:
            result = await transcribing
        except OverloadedError:
            log.warning("%s is refused: %s", self._socket.peer, OVERLOADED)
            self.close(OVERLOADED, TOO_MUCH)
            return
        outputs = self._session.transcribed(job_id, result)
        self._transcribed.set()
        await self._process(outputs, tasks)

    def _now_s(self) -> float:
        return self._clock.time_s(time.monotonic())

    def _pause_clock(self) -> None:
        if self._clock.runs:
            self._clock.pause(time.monotonic())
        if self._timer:
            self._timer.cancel()

    def _set_timer(self, tasks: asyncio.TaskGroup) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self._clock.runs and (wake_at_s := self._session.wake_at_s) is not None:
            delay_s = max(0.0, wake_at_s - self._now_s())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(
                delay_s, lambda: tasks.create_task(self._tick(tasks), name="tick")
            )

    async def _tick(self, tasks: asyncio.TaskGroup) -> None:
        due_s = self._session.wake_at_s
        # A client is silent if it answers a ping and has sent nothing before. Host, client or what
        # is between them may have stood still, and what was said meanwhile is yet to be read.
        await self._ping()
        if self._session.wake_at_s == due_s:
            await self._process(self._session.tick(self._now_s()), tasks)
