"""Transcriptions for all clients, on a few threads, shared fairly.

By urgency first; among equals the client with the fewest running jobs is next, then the one that
has waited longest. What a client has more to do waits anew after each of its jobs. Interim
transcriptions are only made if a thread would be idle. A client that would wait too long for its
answer is refused at once: it may ask elsewhere, or a moment later.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from voice2mqtt.speechhost.engine import Engine, EngineGrammar, Transcript
from voice2mqtt.speechhost.jobs import Transcribe, Urgency
from voice2mqtt.speechhost.serving.phrase_cache import GrammarFor, PendingGrammar, PhraseCache

log = logging.getLogger(__name__)

MAX_WAIT_S = 3.0
"""How long a client may wait for a thread: its speaker would say it again. Set by hand."""
_NEWEST = 0.2
"""Weight of the newest transcription in what one usually takes."""


class OverloadedError(Exception):
    """A client would wait too long for its answer."""


@dataclass(slots=True, eq=False)
class Client:
    """A client of the scheduler; its jobs are numbered by itself."""

    running: int = 0
    """How many of its jobs the engine works on."""
    last_served_s: float = 0.0
    """When its last job began."""
    jobs: dict[int, "_Job"] = field(default_factory=dict)
    grammar: PendingGrammar | None = None
    """Of the list of phrases it offered last."""


@dataclass(slots=True, eq=False)
class _Job:
    client: Client
    request: Transcribe
    urgency: Urgency
    done: asyncio.Future[Transcript | None]
    asked_s: float
    grammar: EngineGrammar | None = None
    began_s: float = 0.0

    @property
    def turn(self) -> tuple[int, int, float]:
        """What the next one to begin has the lowest of."""
        client = self.client
        return self.urgency, client.running, max(self.asked_s, client.last_served_s)


class Scheduler:
    """Hands the clients' work to the engine. Belongs to one event loop."""

    def __init__(
        self,
        engine: Engine,
        grammar_for: GrammarFor,
        *,
        threads: int,
        on_transcribed: Callable[[Transcribe, Urgency, float], None] | None = None,
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Use `threads` at once, each of which keeps one core busy.

        `on_transcribed` is told of each result, with the seconds since it was asked for;
        `on_refused` of each `OverloadedError`.
        """
        self._engine = engine
        self._on_transcribed = on_transcribed
        self._on_refused = on_refused
        self.language = engine.language
        self.languages = engine.languages
        """That of the engine's model."""
        self._phrase_cache = PhraseCache(self._prepared)
        self._grammar_for = grammar_for
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="transcribe")
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._usual_s = 0.0
        """What a transcription takes of its thread, by the last ones."""

    @property
    def running(self) -> int:
        """How many transcriptions are under way."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many wait for a thread."""
        return len(self._waiting)

    @property
    def is_overloaded(self) -> bool:
        """Whether a client that came now would wait too long."""
        return self._wait_s() > MAX_WAIT_S

    def _prepared(self, phrases: tuple[str, ...]) -> EngineGrammar | None:
        """Return the grammar of `phrases`, prepared by the engine; see `GrammarFor`."""
        grammar = self._grammar_for(phrases)
        if grammar and phrases and not grammar.forced:
            self._engine.prepare(grammar)
        return grammar

    async def prepare(self, client: Client, phrases: tuple[str, ...]) -> None:
        """Have `phrases` compiled for `client`, after the list that it offered before."""
        if client.grammar:
            await asyncio.wait([client.grammar])
        client.grammar = self._phrase_cache.get(phrases)

    def transcribe(self, client: Client, request: Transcribe) -> asyncio.Task[Transcript | None]:
        """Take a job; its result is what was said, or None: the engine failed or had no time.

        It can be hastened and dropped from now on. Where somebody would wait for it for too long,
        the result is an `OverloadedError`.
        """
        done: asyncio.Future[Transcript | None] = asyncio.get_running_loop().create_future()
        job = _Job(client, request, request.urgency, done, time.monotonic())
        client.jobs[request.job_id] = job
        if request.urgency is Urgency.INTERIM and self.running >= max(1, self._threads - 1):
            self.abandon(client, request.job_id)
        return asyncio.create_task(self._transcribe(job), name="transcribe")

    async def _transcribe(self, job: _Job) -> Transcript | None:
        try:
            job.grammar = await self._phrase_cache.grammar(job.request.phrases, job.done)
            if not job.done.done():
                self._waiting.append(job)
                self._start()
                self._limit_wait(job)
            result = await job.done
            if result is not None and self._on_transcribed:
                self._on_transcribed(job.request, job.urgency, time.monotonic() - job.asked_s)
            return result
        finally:
            self.abandon(job.client, job.request.job_id)

    def release(self, client: Client) -> None:
        """Forget the phrases of `client`: if they are not compiled yet, they need not be."""
        client.grammar = None

    def hasten(self, client: Client, job_id: int) -> None:
        """Raise a job to `Urgency.ANSWER`."""
        if job := client.jobs.get(job_id):
            job.urgency = Urgency.ANSWER
            self._limit_wait(job)

    def abandon(self, client: Client, job_id: int) -> None:
        """Drop a job; if it is running, the engine is told to stop."""
        if job := client.jobs.pop(job_id, None):
            if job in self._waiting:
                self._waiting.remove(job)
            if not job.done.done():
                job.done.set_result(None)

    def close(self) -> None:
        """End the threads when their work is done."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._phrase_cache.close()

    def _limit_wait(self, job: _Job) -> None:
        """Refuse a job that would wait too long: at once if that is known, else when it has.

        What waits behind work of its own client is none. Such a client sends faster than it speaks,
        or its engine is slow to give up what was dropped.
        """
        if job.urgency is not Urgency.ANSWER or job.client.running or len(job.client.jobs) > 1:
            return
        if self._wait_s(without=job.client) > MAX_WAIT_S:
            self._refuse(job)
        else:
            asyncio.get_running_loop().call_later(MAX_WAIT_S, self._refuse, job)

    def _refuse(self, job: _Job) -> None:
        """Refuse a job, unless it runs or is done."""
        if job in self._waiting:
            self._waiting.remove(job)
            job.done.set_exception(OverloadedError)
            self._on_refused()

    def _wait_s(self, without: Client | None = None) -> float:
        """Return about how long a thread is waited for behind a job of each client but `without`.

        Speculation counts: most of it becomes an answer meanwhile.
        """
        others = len({job.client for job in self._waiting} - {without})
        if self.running + others < self._threads:
            return 0.0
        now_s = time.monotonic()
        left_s = [max(0.0, job.began_s + self._usual_s - now_s) for job in self._running]
        return (sum(left_s) + self._usual_s * others) / self._threads

    def _start(self) -> None:
        while self._waiting and self.running < self._threads:
            job = min(self._waiting, key=lambda waiting: waiting.turn)
            self._waiting.remove(job)
            job.client.running += 1
            job.client.last_served_s = job.began_s = time.monotonic()
            self._running.append(job)
            running = asyncio.get_running_loop().run_in_executor(self._pool, self._run, job)
            running.add_done_callback(partial(self._finish, job))

    def _run(self, job: _Job) -> Transcript:
        request = job.request
        return self._engine.transcribe(
            request.pcm, job.grammar, job.done.done, request.languages, timed=request.timed
        )

    def _finish(self, job: _Job, future: asyncio.Future[Transcript]) -> None:
        self._running.remove(job)
        job.client.running -= 1
        result: Transcript | None = None
        if future.cancelled():
            pass
        elif error := future.exception():
            log.error("a transcription failed; its client is told", exc_info=error)
        else:
            result = future.result()
        if not job.done.done():
            took_s = time.monotonic() - job.began_s
            self._usual_s += (took_s - self._usual_s) * (_NEWEST if self._usual_s else 1.0)
            job.done.set_result(result)
        self._start()
