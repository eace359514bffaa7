"""One client: carries frames to its dialogue, and out what that decides.

Everything here runs on one event loop. What the bytes mean is `session.py`'s business.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

from voice2mqtt.speechhost.jobs import Abandon, Hasten, Prepare, Transcribe
from voice2mqtt.speechhost.protocol.frames import ProtocolError
from voice2mqtt.speechhost.protocol.request_options import MAX_PHRASES, MAX_PHRASES_CHARS
from voice2mqtt.speechhost.protocol.session import Output, Session
from voice2mqtt.speechhost.serving.admission import Limits
from voice2mqtt.speechhost.serving.rate_limit import RateLimit, SessionClock
from voice2mqtt.speechhost.serving.scheduler import Client, Scheduler

log = logging.getLogger(__name__)

_TRY_AGAIN = 1000  # the one close code after which an idle Speech SDK connects anew by itself
_GOING_AWAY = 1001  # what it must be told in a turn: after 1000 it waits in vain for an answer
_BAD_MESSAGE = 1007  # the Speech SDK reports it as BadRequest, and does not try again


class Socket(Protocol):
    """What is needed of a websocket; all but `abort` raise once it is closed."""

    @property
    def peer(self) -> str:
        """The client's address."""
        ...

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: str, /) -> None:
        """Send, waiting for room."""
        ...

    async def ping(self) -> Awaitable[float]:
        """Send a ping; return what is done when it is answered."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye, and wait a little for an answer."""
        ...

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        ...

    def abort(self) -> None:
        """Cut the client off."""
        ...


class ConnectionHandler:
    """One client, from its first message to its last."""

    def __init__(self, socket: Socket, dialogue: Session, desk: Scheduler, limits: Limits) -> None:
        self._socket = socket
        self._dialogue = dialogue
        self._desk = desk
        self._limits = limits
        self._client = Client()
        self._clock = SessionClock()
        self._heard_at_s = self._now_s()
        self._pace = RateLimit(limits.burst_s, limits.speed, time.monotonic())
        self._sending = asyncio.Lock()
        self._answered = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._cut_told = False

    @property
    def owes_answer(self) -> bool:
        """Whether the client waits for an answer, or one is being sent."""
        return self._dialogue.owes_answer or self._sending.locked()

    @property
    def idle_s(self) -> float:
        """How long the host has waited for anything from the client."""
        return self._now_s() - self._heard_at_s

    def close(self, reason: str) -> None:
        """Begin to close; the client may connect anew."""
        if self._closing is None:
            code = _GOING_AWAY if self._dialogue.in_turn else _TRY_AGAIN
            closing = self._socket.close(code, reason)
            self._closing = asyncio.create_task(closing, name="close")

    async def serve(self) -> None:
        """Talk until either side has enough; what is raised by then may be the socket's."""
        async with asyncio.TaskGroup() as tasks:
            own = [
                tasks.create_task(self._listen(tasks), name="listen"),
                tasks.create_task(self._look_after(), name="look after"),
            ]
            try:
                # Listening may be waiting for something else when the client goes.
                await self._socket.wait_closed()
            finally:
                for task in own:
                    task.cancel()
                self._stop_clock()
                self._desk.leave(self._client)
                await self._put(self._dialogue.abandon(), tasks)

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async for frame in self._socket:
                self._heard_at_s = self._now_s()
                self._stop_clock()
                for outputs in self._dialogue.receive(frame, self._heard_at_s):
                    await self._put(outputs, tasks)
                    await self._keep_pace()
                await self._keep_pace()
                while self._dialogue.backlog_s > self._limits.backlog_s:
                    self._answered.clear()
                    await self._answered.wait()
                self._clock.go(time.monotonic())
                self._set_timer(tasks)
        except ProtocolError as error:
            log.warning("%s sent %s; closed", self._socket.peer, error)
            await self._socket.close(_BAD_MESSAGE, str(error))

    async def _keep_pace(self) -> None:
        """Give other clients their turn, and one that is far ahead of real time a pause."""
        await asyncio.sleep(self._pace.wait_s(self._dialogue.taken_s, time.monotonic()))

    async def _look_after(self) -> None:
        """Close when the client gives no sign of life though it is read."""
        while True:
            await asyncio.sleep(self._limits.ping_every_s)
            pong = asyncio.create_task(self._ping(), name="ping")
            # Whether it was answered, failed or is left behind: nobody else asks.
            pong.add_done_callback(lambda pong: pong.cancelled() or pong.exception())
            give_up_at_s = self._now_s() + self._limits.pong_within_s
            try:
                while not pong.done() and (left_s := give_up_at_s - self._now_s()) > 0:
                    await asyncio.wait([pong], timeout=max(left_s, 0.05))
            finally:
                unanswered = pong.cancel()
            if unanswered:
                self.close("no sign of life")
            elif pong.exception():  # it is closed
                return

    async def _ping(self) -> None:
        await (await self._socket.ping())

    async def _put(self, outputs: list[Output], tasks: asyncio.TaskGroup) -> None:
        self._set_timer(tasks)
        # The lock is fair, so what was decided first is sent first.
        async with self._sending:
            for output in outputs:
                match output:
                    case str():
                        await self._send(output)
                    case Prepare():
                        await self._prepare(output)
                    case Transcribe():
                        tasks.create_task(self._transcribe(output, tasks), name="transcribe")
                    case Hasten(job=job):
                        self._desk.hasten(self._client, job)
                    case Abandon(job=job):
                        self._desk.abandon(self._client, job)

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_within_s):
                await self._socket.send(text)
        except TimeoutError:
            self._socket.abort()

    async def _prepare(self, work: Prepare) -> None:
        if work.left_out and not self._cut_told:
            self._cut_told = True
            log.warning(
                "%s offers more phrases than %d or %d characters; %d are left out",
                self._socket.peer, MAX_PHRASES, MAX_PHRASES_CHARS, work.left_out,
            )  # fmt: skip
        await self._desk.prepare(self._client, work.phrases)

    async def _transcribe(self, job: Transcribe, tasks: asyncio.TaskGroup) -> None:
        result = await self._desk.transcribe(self._client, job)
        outputs = self._dialogue.transcribed(job.job, result)
        self._answered.set()
        await self._put(outputs, tasks)

    def _now_s(self) -> float:
        return self._clock.time_s(time.monotonic())

    def _stop_clock(self) -> None:
        if self._clock.runs:
            self._clock.stop(time.monotonic())
        if self._timer:
            self._timer.cancel()

    def _set_timer(self, tasks: asyncio.TaskGroup) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self._clock.runs and (wake_at_s := self._dialogue.wake_at_s) is not None:
            delay_s = max(0.0, wake_at_s - self._now_s())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay_s, self._ring, tasks)

    def _ring(self, tasks: asyncio.TaskGroup) -> None:
        outputs = self._dialogue.tick(self._now_s())
        tasks.create_task(self._put(outputs, tasks), name="tick")
