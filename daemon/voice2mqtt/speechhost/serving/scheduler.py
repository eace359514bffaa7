"""Transcriptions for all clients, on a few threads, shared fairly.

What a client waits for comes before what it may soon wait for; among equals, whoever has least
under way and was served longest ago. Interim looks are only taken if a thread would be idle.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from voice2mqtt.speechhost.engine import Engine, EngineGrammar, Transcript
from voice2mqtt.speechhost.jobs import Transcribe, Urgency
from voice2mqtt.speechhost.serving.phrase_cache import Grammars, Hint, PhraseCache

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Client:
    """One who has transcriptions done; its jobs are numbered by itself."""

    running: int = 0
    served: int = 0
    tickets: dict[int, "_Job"] = field(default_factory=dict)
    hint: Hint | None = None
    """The list of phrases it offered last."""


@dataclass(slots=True, eq=False)
class _Job:
    client: Client
    job: Transcribe
    urgency: Urgency
    done: asyncio.Future[Transcript | None]
    grammar: EngineGrammar | None = None


class Scheduler:
    """Hands the clients' work to the engine. Belongs to one event loop."""

    def __init__(self, engine: Engine, grammars: Grammars, *, threads: int) -> None:
        """Use `threads` at once, each of which keeps one core busy."""
        self._engine = engine
        self._hints = PhraseCache(self._prepared)
        self._grammars = grammars
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="transcribe")
        self._waiting: list[_Job] = []
        self._running = 0
        self._turns = count(1)

    def _prepared(self, phrases: tuple[str, ...]) -> EngineGrammar | None:
        """Return the grammar of `phrases`, which the engine has made ready; see `Grammars`."""
        grammar = self._grammars(phrases)
        if grammar and phrases and not grammar.forced:
            self._engine.prepare(grammar)
        return grammar

    async def prepare(self, client: Client, phrases: tuple[str, ...]) -> None:
        """Have `phrases` compiled for what `client` will say, after the list it offered before."""
        if client.hint:
            await asyncio.wait([client.hint])
        client.hint = self._hints.of(phrases)

    async def transcribe(self, client: Client, job: Transcribe) -> Transcript | None:
        """Return what was said; None if the engine failed, had no time, or nobody waits."""
        done: asyncio.Future[Transcript | None] = asyncio.get_running_loop().create_future()
        ticket = _Job(client, job, job.urgency, done)
        if job.urgency is Urgency.INTERIM and self._running >= max(1, self._threads - 1):
            return None
        client.tickets[job.job] = ticket
        try:
            ticket.grammar = await self._hints.grammar(job.phrases, done)
            if not done.done():
                self._waiting.append(ticket)
                self._start()
            return await done
        finally:
            self.abandon(client, job.job)

    def leave(self, client: Client) -> None:
        """Forget the phrases of `client`: if they are not compiled yet, they need not be."""
        client.hint = None

    def hasten(self, client: Client, job: int) -> None:
        """Take `job` for one that is waited for."""
        if ticket := client.tickets.get(job):
            ticket.urgency = Urgency.ANSWER

    def abandon(self, client: Client, job: int) -> None:
        """Forget `job`; if it runs already, the engine is told to stop."""
        if ticket := client.tickets.pop(job, None):
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if not ticket.done.done():
                ticket.done.set_result(None)

    def close(self) -> None:
        """End the threads when their work is done."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._hints.close()

    def _start(self) -> None:
        while self._waiting and self._running < self._threads:
            ticket = min(
                self._waiting, key=lambda t: (t.urgency, t.client.running, t.client.served)
            )
            self._waiting.remove(ticket)
            ticket.client.served = next(self._turns)
            ticket.client.running += 1
            self._running += 1
            running = asyncio.get_running_loop().run_in_executor(self._pool, self._work, ticket)
            running.add_done_callback(partial(self._finish, ticket))

    def _work(self, ticket: _Job) -> Transcript:
        return self._engine.transcribe(ticket.job.pcm, ticket.grammar, ticket.done.done)

    def _finish(self, ticket: _Job, future: asyncio.Future[Transcript]) -> None:
        self._running -= 1
        ticket.client.running -= 1
        result: Transcript | None = None
        if future.cancelled():
            pass
        elif error := future.exception():
            log.error("a transcription failed; its client is told", exc_info=error)
        else:
            result = future.result()
        if not ticket.done.done():
            ticket.done.set_result(result)
        self._start()
