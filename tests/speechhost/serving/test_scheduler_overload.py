"""A host with more to do than it can: who waits, who is refused, and when."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Protocol

import pytest

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import no_grammar
from tests.speechhost.serving.jobs import job, order, until_asked
from voice2mqtt.speechhost.engine import Transcript
from voice2mqtt.speechhost.jobs import Urgency
from voice2mqtt.speechhost.serving import scheduler as scheduling
from voice2mqtt.speechhost.serving.scheduler import Client, OverloadedError, Scheduler


class Queue:
    """A host whose time passes when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
        self.engine = ScriptedEngine("Yes.")
        self.refused = 0
        self.scheduler = Scheduler(self.engine, no_grammar, threads=threads, on_refused=self._count)
        self._now_s = 1000.0
        self._jobs = 0
        monkeypatch.setattr(scheduling, "time", SimpleNamespace(monotonic=lambda: self._now_s))

    def _count(self) -> None:
        self.refused += 1

    def ask(
        self, client: Client | None = None, urgency: Urgency = Urgency.ANSWER
    ) -> asyncio.Task[Transcript | None]:
        self._jobs += 1
        return self.scheduler.transcribe(client or Client(), job(self._jobs, urgency))

    async def take(self, took_s: float) -> None:
        """Have one job done, after so long; the next one then stands still."""
        self.engine.gate.clear()
        begun = self.ask()
        await until_asked(self.engine, len(self.engine.asked) + 1)
        self._now_s += took_s
        self.engine.gate.set()
        await begun
        self.engine.gate.clear()

    async def pass_time(self, seconds: float) -> None:
        await self.settle()
        self._now_s += seconds

    async def settle(self) -> None:
        """Let everything happen that needs no more time."""
        for _ in range(20):
            await asyncio.sleep(0)


class Play(Protocol):
    """Plays a scene at a host of so many threads."""

    def __call__(self, scene: Callable[[Queue], Awaitable[None]], threads: int = 1) -> None: ...


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    def play(scene: Callable[[Queue], Awaitable[None]], threads: int = 1) -> None:
        async def act() -> None:
            queue = Queue(monkeypatch, threads)
            try:
                await asyncio.wait_for(scene(queue), 20)
            finally:
                queue.engine.gate.set()
                queue.scheduler.close()

        asyncio.run(act())

    return play


def test_who_would_wait_too_long_is_refused_at_once_and_the_others_are_answered(play: Play) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(scheduling.MAX_WAIT_S / 2 + 0.1)
        running, second, third = queue.ask(), queue.ask(), queue.ask()
        await queue.settle()
        assert queue.scheduler.is_overloaded
        with pytest.raises(OverloadedError):
            await third
        assert (queue.scheduler.running, queue.scheduler.waiting, queue.refused) == (1, 1, 1)
        queue.engine.gate.set()
        assert await running
        assert await second
        assert not queue.scheduler.is_overloaded

    play(scene)


def test_a_host_that_has_time_refuses_nobody_however_slow_it_is(play: Play) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(10 * scheduling.MAX_WAIT_S)
        assert not queue.scheduler.is_overloaded
        queue.engine.gate.set()
        assert await queue.ask()

    play(scene)


def test_a_slow_host_is_overloaded_until_its_transcription_is_nearly_done(play: Play) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(scheduling.MAX_WAIT_S + 1.0)
        running = queue.ask()
        overloaded = []
        for seconds in (0.0, 0.9, 0.2):
            await queue.pass_time(seconds)
            overloaded.append(queue.scheduler.is_overloaded)
        assert overloaded == [True, True, False]
        queue.engine.gate.set()
        assert await running

    play(scene)


def test_a_host_that_has_become_quick_again_is_believed(play: Play) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(10 * scheduling.MAX_WAIT_S)
        for _ in range(30):
            await queue.take(0.1)
        waiting = [queue.ask() for _ in range(5)]
        await queue.settle()
        assert not queue.scheduler.is_overloaded
        queue.engine.gate.set()
        assert all(await asyncio.gather(*waiting))

    play(scene)


def test_what_waits_behind_its_own_client_is_not_refused_and_delays_nobody(play: Play) -> None:
    """As of a long recording that is sent as fast as it goes."""

    async def scene(queue: Queue) -> None:
        await queue.take(scheduling.MAX_WAIT_S / 3)
        long = Client()
        pieces = [queue.ask(long) for _ in range(20)]
        await queue.settle()
        assert not queue.scheduler.is_overloaded
        other = queue.ask()
        await queue.settle()
        assert (queue.scheduler.running, queue.scheduler.waiting) == (1, 20)
        queue.engine.gate.set()
        assert all(await asyncio.gather(other, *pieces))

    play(scene)


def test_what_waits_until_the_engine_gives_up_its_own_speculation_is_not_refused(
    play: Play,
) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(2 * scheduling.MAX_WAIT_S)
        client = Client()
        speculative = queue.ask(client, Urgency.PAUSE)
        await until_asked(queue.engine, 2)
        queue.scheduler.abandon(client, 2)
        answer = queue.ask(client)
        queue.engine.gate.set()
        assert await answer
        assert await speculative is None

    play(scene)


def test_who_waits_is_not_overtaken_by_those_who_come_later(play: Play) -> None:
    """Not even one for whom an interim transcription was made before."""

    async def scene(queue: Queue) -> None:
        client = Client()
        interim = queue.ask(client, Urgency.INTERIM)
        assert await interim
        await queue.take(scheduling.MAX_WAIT_S / 10)
        running, first = queue.ask(), queue.ask(client)
        later = []
        for _ in range(5):
            await queue.pass_time(0.1)
            later.append(queue.ask())
        queue.engine.gate.set()
        assert all(await asyncio.gather(running, first, *later))
        assert order(queue.engine)[2:] == [3, 4, 5, 6, 7, 8, 9]

    play(scene)


def test_speculation_is_not_refused_before_somebody_waits_for_it(play: Play) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(scheduling.MAX_WAIT_S + 0.1)
        running, client = queue.ask(), Client()
        await queue.settle()
        speculative = queue.ask(client, Urgency.PAUSE)
        await queue.settle()
        assert queue.scheduler.waiting == 1
        queue.scheduler.hasten(client, 3)
        with pytest.raises(OverloadedError):
            await speculative
        queue.engine.gate.set()
        assert await running

    play(scene)


def test_who_has_waited_too_long_is_refused_although_nobody_foresaw_it(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "MAX_WAIT_S", 0.05)

    async def scene(queue: Queue) -> None:
        queue.engine.gate.clear()
        running, waiting = queue.ask(), queue.ask()
        with pytest.raises(OverloadedError):
            await waiting
        assert not running.done()
        queue.engine.gate.set()
        assert await running

    play(scene)


def test_two_threads_halve_the_wait(play: Play) -> None:
    async def scene(queue: Queue) -> None:
        await queue.take(scheduling.MAX_WAIT_S / 2 + 0.1)
        running = [queue.ask(), queue.ask()]
        await until_asked(queue.engine, 3)
        waiting = queue.ask()
        await queue.settle()
        assert not queue.scheduler.is_overloaded
        queue.engine.gate.set()
        assert all(await asyncio.gather(*running, waiting))

    play(scene, threads=2)
