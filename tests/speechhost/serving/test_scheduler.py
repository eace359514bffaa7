import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import no_grammar
from tests.speechhost.serving.jobs import job, order, until_asked
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript, never
from voice2mqtt.speechhost.jobs import Urgency
from voice2mqtt.speechhost.serving import scheduler as scheduling
from voice2mqtt.speechhost.serving.phrase_cache import GrammarFor
from voice2mqtt.speechhost.serving.scheduler import Client, Scheduler


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
    engine = ScriptedEngine("Yes.")

    async def scene(scheduler: Scheduler) -> None:
        assert (scheduler.language, scheduler.languages) == (engine.language, engine.languages)
        client = Client()
        plain = await scheduler.transcribe(client, job(10))
        asked = replace(job(11), languages=("de-DE",), timed=True)
        timed = await scheduler.transcribe(client, asked)
        assert plain
        assert timed
        assert [bool(heard.nbest[0].words) for heard in (plain, timed)] == [False, True]

    with_scheduler(engine, 1, scene)
    assert engine.asked_languages == [(), ("de-DE",)]


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
