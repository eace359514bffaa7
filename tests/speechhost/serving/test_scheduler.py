import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Protocol

import pytest

from tests.speechhost.fakes import ScriptedEngine, tone
from tests.speechhost.hosting import no_grammar
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript, never
from voice2mqtt.speechhost.jobs import Transcribe, Urgency
from voice2mqtt.speechhost.serving import scheduler as scheduling
from voice2mqtt.speechhost.serving.phrase_cache import GrammarFor
from voice2mqtt.speechhost.serving.scheduler import Client, OverloadedError, Scheduler


def job(number: int, urgency: Urgency = Urgency.ANSWER) -> Transcribe:
    """Its audio is so many milliseconds long, by which the engine's order can be told."""
    return Transcribe(job_id=number, pcm=tone(number), urgency=urgency, phrases=())


def order(engine: ScriptedEngine) -> list[int]:
    return [size // 32 for size, _ in engine.asked]


def with_scheduler(
    engine: ScriptedEngine,
    threads: int,
    scene: Callable[[Scheduler], Awaitable[None]],
    grammar_for: GrammarFor = no_grammar,
) -> None:
    async def play() -> None:
        scheduler = Scheduler(engine, grammar_for, threads=threads)
        try:
            await asyncio.wait_for(scene(scheduler), 20)
        finally:
            engine.gate.set()
            scheduler.close()

    asyncio.run(play())


async def until_asked(engine: ScriptedEngine, times: int) -> None:
    while len(engine.asked) < times:
        await asyncio.sleep(0.001)


def test_answers_come_before_speculation_and_clients_take_turns() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    busy, quiet = Client(), Client()

    async def scene(scheduler: Scheduler) -> None:
        tasks = [scheduler.transcribe(busy, job(10))]
        await until_asked(engine, 1)
        waiting = [(busy, job(number)) for number in (11, 12, 13)]
        waiting += [(quiet, job(20, Urgency.PAUSE)), (quiet, job(21))]
        tasks += [scheduler.transcribe(*work) for work in waiting]
        await asyncio.sleep(0)
        engine.gate.set()
        await asyncio.gather(*tasks)

    with_scheduler(engine, 1, scene)
    assert order(engine) == [10, 11, 21, 12, 13, 20]


def test_a_speculative_job_that_became_the_answer_moves_up() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    one, other = Client(), Client()

    async def scene(scheduler: Scheduler) -> None:
        tasks = [scheduler.transcribe(one, job(10))]
        await until_asked(engine, 1)
        tasks.append(scheduler.transcribe(one, job(11, Urgency.PAUSE)))
        tasks.append(scheduler.transcribe(other, job(20, Urgency.PAUSE)))
        await asyncio.sleep(0)
        scheduler.hasten(one, 11)
        engine.gate.set()
        await asyncio.gather(*tasks)

    with_scheduler(engine, 1, scene)
    assert order(engine) == [10, 11, 20]


def test_what_has_just_been_asked_for_can_be_hastened_and_dropped_at_once() -> None:
    """As where a pause and the end of the audio come in one piece."""
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    one, other = Client(), Client()

    async def scene(scheduler: Scheduler) -> None:
        tasks = [scheduler.transcribe(one, job(10))]
        await until_asked(engine, 1)
        tasks.append(scheduler.transcribe(other, job(20, Urgency.PAUSE)))
        tasks.append(scheduler.transcribe(one, job(11, Urgency.PAUSE)))
        scheduler.hasten(one, 11)
        tasks.append(scheduler.transcribe(one, job(12)))
        scheduler.abandon(one, 12)
        engine.gate.set()
        await asyncio.gather(*tasks)

    with_scheduler(engine, 1, scene)
    assert order(engine) == [10, 11, 20]


def test_what_nobody_waits_for_is_stopped_and_what_waits_is_dropped() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    client = Client()
    results: list[Transcript | None] = []

    async def scene(scheduler: Scheduler) -> None:
        running = scheduler.transcribe(client, job(10))
        await until_asked(engine, 1)
        waiting = scheduler.transcribe(client, job(11))
        await asyncio.sleep(0)
        scheduler.abandon(client, 10)
        scheduler.abandon(client, 11)
        results.extend([await running, await waiting])
        # The gate is still shut: only because the engine gave up is its thread free for this.
        last = scheduler.transcribe(client, job(12))
        await until_asked(engine, 2)
        engine.gate.set()
        results.append(await last)

    with_scheduler(engine, 1, scene)
    assert results[:2] == [None, None]
    assert results[2] is not None
    assert order(engine) == [10, 12]


def test_an_interim_job_is_only_run_if_a_thread_would_be_idle() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    client = Client()
    results: list[Transcript | None] = []

    async def scene(scheduler: Scheduler) -> None:
        interim = scheduler.transcribe(client, job(10, Urgency.INTERIM))
        await until_asked(engine, 1)
        results.append(await scheduler.transcribe(client, job(11, Urgency.INTERIM)))
        engine.gate.set()
        results.append(await interim)

    with_scheduler(engine, 2, scene)
    assert results[0] is None
    assert results[1] is not None


def test_an_engine_that_fails_leaves_its_thread_alive() -> None:
    class Broken(ScriptedEngine):
        def transcribe(
            self,
            pcm: bytes,
            grammar: EngineGrammar | None,
            abandoned: Callable[[], bool] = never,
            languages: Sequence[str] = (),
            *,
            timed: bool = False,
        ) -> Transcript:
            if len(self.asked) == 0:
                self.asked.append((0, None))
                raise ValueError("broken")
            return super().transcribe(pcm, grammar, abandoned, languages, timed=timed)

    client = Client()
    results: list[Transcript | None] = []

    async def scene(scheduler: Scheduler) -> None:
        results.append(await scheduler.transcribe(client, job(10)))
        results.append(await scheduler.transcribe(client, job(11)))

    with_scheduler(Broken("Yes."), 1, scene)
    assert results[0] is None
    assert results[1] is not None
    assert client.jobs == {}
    assert client.running == 0


def test_a_client_without_a_list_never_waits_for_another_ones() -> None:
    engine = ScriptedEngine("Yes.")
    compiling, gate = threading.Event(), threading.Event()

    def grammar_for(phrases: tuple[str, ...]) -> EngineGrammar | None:
        if not phrases:
            return None
        compiling.set()
        assert gate.wait(20)
        return EngineGrammar(automaton=compile_phrases(phrases), forced=False)

    async def scene() -> None:
        scheduler, attacker, victim = Scheduler(engine, grammar_for, threads=1), Client(), Client()
        await scheduler.prepare(attacker, ("feed the cat",))
        await asyncio.to_thread(compiling.wait)
        listed = replace(job(10), phrases=("feed the cat",))
        waiting = scheduler.transcribe(attacker, listed)
        assert await scheduler.transcribe(victim, job(11))
        gate.set()
        assert await waiting
        scheduler.release(attacker)
        scheduler.close()

    try:
        asyncio.run(asyncio.wait_for(scene(), 20))
    finally:
        gate.set()
    assert order(engine) == [11, 10]
    assert engine.asked[1][1]


def test_a_client_has_one_list_compiled_after_the_other() -> None:
    gate = threading.Event()

    def grammar_for(phrases: tuple[str, ...]) -> EngineGrammar | None:
        assert not phrases or gate.wait(20)
        return None

    async def scene() -> None:
        scheduler, client = Scheduler(ScriptedEngine(), grammar_for, threads=1), Client()
        await scheduler.prepare(client, ("one",))
        first = client.grammar
        second = asyncio.create_task(scheduler.prepare(client, ("two",)))
        await asyncio.sleep(0)
        assert client.grammar is first
        gate.set()
        await second
        assert client.grammar is not first
        scheduler.close()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_list_is_made_ready_before_anything_is_transcribed_with_it() -> None:
    engine = ScriptedEngine("Yes.")
    lists: list[EngineGrammar] = []

    def grammar_for(phrases: tuple[str, ...]) -> EngineGrammar | None:
        if phrases:
            lists.append(EngineGrammar(automaton=compile_phrases(phrases), forced=False))
        return lists[-1] if phrases else None

    async def scene(scheduler: Scheduler) -> None:
        client = Client()
        await scheduler.transcribe(client, job(10))
        await scheduler.transcribe(client, replace(job(11), phrases=("feed the cat",)))

    with_scheduler(engine, 1, scene, grammar_for)
    assert engine.prepared == lists
    assert [grammar for _, grammar in engine.asked] == [None, *lists]


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


def test_each_result_is_told_with_its_request_and_how_long_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 1000.0
    monkeypatch.setattr(scheduling, "time", SimpleNamespace(monotonic=lambda: now_s))
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    told: list[tuple[int, Urgency, float]] = []

    async def scene() -> None:
        nonlocal now_s
        scheduler = Scheduler(
            engine,
            no_grammar,
            threads=1,
            on_transcribed=lambda asked, urgency, s: told.append((asked.job_id, urgency, s)),
        )
        client = Client()
        speculative = scheduler.transcribe(client, job(10, Urgency.PAUSE))
        await until_asked(engine, 1)
        dropped = scheduler.transcribe(client, job(11))
        scheduler.hasten(client, 10)
        scheduler.abandon(client, 11)
        now_s += 2.5
        engine.gate.set()
        await asyncio.gather(speculative, dropped)
        scheduler.close()

    asyncio.run(asyncio.wait_for(scene(), 20))
    assert told == [(10, Urgency.ANSWER, 2.5)]


def test_the_engine_is_asked_as_the_client_asked() -> None:
    asked: list[tuple[Sequence[str], bool]] = []

    class Noting(ScriptedEngine):
        def transcribe(
            self,
            pcm: bytes,
            grammar: EngineGrammar | None,
            abandoned: Callable[[], bool] = never,
            languages: Sequence[str] = (),
            *,
            timed: bool = False,
        ) -> Transcript:
            asked.append((languages, timed))
            return super().transcribe(pcm, grammar, abandoned, languages, timed=timed)

    async def scene(scheduler: Scheduler) -> None:
        assert (scheduler.language, scheduler.languages) == (engine.language, engine.languages)
        client = Client()
        await scheduler.transcribe(client, job(10))
        await scheduler.transcribe(client, replace(job(11), languages=("de-DE",), timed=True))

    engine = Noting("Yes.")
    with_scheduler(engine, 1, scene)
    assert asked == [((), False), (("de-DE",), True)]


def test_what_every_client_is_forced_to_say_needs_no_further_preparation() -> None:
    engine = ScriptedEngine("Yes.")
    forced = EngineGrammar(automaton=compile_phrases(("feed the cat",)), forced=True)

    async def scene(scheduler: Scheduler) -> None:
        client = Client()
        await scheduler.transcribe(client, job(10))
        await scheduler.transcribe(client, replace(job(11), phrases=("feed the cat",)))

    with_scheduler(engine, 1, scene, lambda _phrases: forced)
    assert engine.prepared == []
    assert [grammar for _, grammar in engine.asked] == [forced, forced]


def test_of_three_threads_two_may_speculate_about_the_end() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()

    async def scene(scheduler: Scheduler) -> None:
        tasks = [scheduler.transcribe(Client(), job(n, Urgency.INTERIM)) for n in (10, 11)]
        await until_asked(engine, 2)
        assert await scheduler.transcribe(Client(), job(12, Urgency.INTERIM)) is None
        engine.gate.set()
        assert all(await asyncio.gather(*tasks))

    with_scheduler(engine, 3, scene)


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
