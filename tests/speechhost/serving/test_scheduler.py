import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.speechhost.fakes import ScriptedEngine, tone
from tests.speechhost.hosting import no_grammar
from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar, Transcript, never
from voice2mqtt.speechhost.jobs import Transcribe, Urgency
from voice2mqtt.speechhost.serving.phrase_cache import Grammars
from voice2mqtt.speechhost.serving.scheduler import Client, Scheduler


def job(number: int, urgency: Urgency = Urgency.ANSWER) -> Transcribe:
    """Its audio is so many milliseconds long, by which the engine's order can be told."""
    return Transcribe(job=number, pcm=tone(number), urgency=urgency, phrases=())


def order(engine: ScriptedEngine) -> list[int]:
    return [size // 32 for size, _ in engine.asked]


def at_a_desk(
    engine: ScriptedEngine,
    threads: int,
    scene: Callable[[Scheduler], Awaitable[None]],
    grammars: Grammars = no_grammar,
) -> None:
    async def play() -> None:
        desk = Scheduler(engine, grammars, threads=threads)
        try:
            await asyncio.wait_for(scene(desk), 20)
        finally:
            engine.gate.set()
            desk.close()

    asyncio.run(play())


async def until_asked(engine: ScriptedEngine, times: int) -> None:
    while len(engine.asked) < times:
        await asyncio.sleep(0.001)


def test_answers_come_before_guesses_and_clients_take_turns() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    busy, quiet = Client(), Client()

    async def scene(desk: Scheduler) -> None:
        tasks = [asyncio.create_task(desk.transcribe(busy, job(10)))]
        await until_asked(engine, 1)
        waiting = [(busy, job(number)) for number in (11, 12, 13)]
        waiting += [(quiet, job(20, Urgency.PAUSE)), (quiet, job(21))]
        tasks += [asyncio.create_task(desk.transcribe(*work)) for work in waiting]
        await asyncio.sleep(0)
        engine.gate.set()
        await asyncio.gather(*tasks)

    at_a_desk(engine, 1, scene)
    assert order(engine) == [10, 21, 11, 12, 13, 20]


def test_a_guess_that_became_the_answer_moves_up() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    one, other = Client(), Client()

    async def scene(desk: Scheduler) -> None:
        tasks = [asyncio.create_task(desk.transcribe(one, job(10)))]
        await until_asked(engine, 1)
        tasks.append(asyncio.create_task(desk.transcribe(one, job(11, Urgency.PAUSE))))
        tasks.append(asyncio.create_task(desk.transcribe(other, job(20, Urgency.PAUSE))))
        await asyncio.sleep(0)
        desk.hasten(one, 11)
        engine.gate.set()
        await asyncio.gather(*tasks)

    at_a_desk(engine, 1, scene)
    assert order(engine) == [10, 11, 20]


def test_what_nobody_waits_for_is_stopped_and_what_waits_is_dropped() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    client = Client()
    results: list[Transcript | None] = []

    async def scene(desk: Scheduler) -> None:
        running = asyncio.create_task(desk.transcribe(client, job(10)))
        await until_asked(engine, 1)
        waiting = asyncio.create_task(desk.transcribe(client, job(11)))
        await asyncio.sleep(0)
        desk.abandon(client, 10)
        desk.abandon(client, 11)
        results.extend([await running, await waiting])
        # The gate is still shut: only because the engine gave up is its thread free for this.
        last = asyncio.create_task(desk.transcribe(client, job(12)))
        await until_asked(engine, 2)
        engine.gate.set()
        results.append(await last)

    at_a_desk(engine, 1, scene)
    assert results[:2] == [None, None]
    assert results[2] is not None
    assert order(engine) == [10, 12]


def test_a_look_on_the_way_is_only_taken_if_a_thread_would_be_idle() -> None:
    engine = ScriptedEngine("Yes.")
    engine.gate.clear()
    client = Client()
    looks: list[Transcript | None] = []

    async def scene(desk: Scheduler) -> None:
        look = asyncio.create_task(desk.transcribe(client, job(10, Urgency.INTERIM)))
        await until_asked(engine, 1)
        looks.append(await desk.transcribe(client, job(11, Urgency.INTERIM)))
        engine.gate.set()
        looks.append(await look)

    at_a_desk(engine, 2, scene)
    assert looks[0] is None
    assert looks[1] is not None


def test_an_engine_that_fails_does_not_take_its_thread_along() -> None:
    class Broken(ScriptedEngine):
        def transcribe(
            self, pcm: bytes, grammar: EngineGrammar | None, abandoned: Callable[[], bool] = never
        ) -> Transcript:
            if len(self.asked) == 0:
                self.asked.append((0, None))
                raise ValueError("broken")
            return super().transcribe(pcm, grammar, abandoned)

    client = Client()
    results: list[Transcript | None] = []

    async def scene(desk: Scheduler) -> None:
        results.append(await desk.transcribe(client, job(10)))
        results.append(await desk.transcribe(client, job(11)))

    at_a_desk(Broken("Yes."), 1, scene)
    assert results[0] is None
    assert results[1] is not None
    assert client.tickets == {}
    assert client.running == 0


def test_who_has_no_list_waits_for_nobodys() -> None:
    engine = ScriptedEngine("Yes.")
    compiling, gate = threading.Event(), threading.Event()

    def grammars(phrases: tuple[str, ...]) -> EngineGrammar | None:
        if not phrases:
            return None
        compiling.set()
        assert gate.wait(20)
        return EngineGrammar(automaton=compile_phrases(phrases), forced=False)

    async def scene() -> None:
        desk, attacker, victim = Scheduler(engine, grammars, threads=1), Client(), Client()
        await desk.prepare(attacker, ("feed the cat",))
        await asyncio.to_thread(compiling.wait)
        listed = replace(job(10), phrases=("feed the cat",))
        waiting = asyncio.create_task(desk.transcribe(attacker, listed))
        assert await desk.transcribe(victim, job(11))
        gate.set()
        assert await waiting
        desk.leave(attacker)
        desk.close()

    try:
        asyncio.run(asyncio.wait_for(scene(), 20))
    finally:
        gate.set()
    assert order(engine) == [11, 10]
    assert engine.asked[1][1]


def test_a_client_has_one_list_compiled_after_the_other() -> None:
    gate = threading.Event()

    def grammars(phrases: tuple[str, ...]) -> EngineGrammar | None:
        assert not phrases or gate.wait(20)
        return None

    async def scene() -> None:
        desk, client = Scheduler(ScriptedEngine(), grammars, threads=1), Client()
        await desk.prepare(client, ("one",))
        first = client.hint
        second = asyncio.create_task(desk.prepare(client, ("two",)))
        await asyncio.sleep(0)
        assert client.hint is first
        gate.set()
        await second
        assert client.hint is not first
        desk.close()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_list_is_made_ready_before_anything_is_transcribed_with_it() -> None:
    engine = ScriptedEngine("Yes.")
    lists: list[EngineGrammar] = []

    def grammars(phrases: tuple[str, ...]) -> EngineGrammar | None:
        if phrases:
            lists.append(EngineGrammar(automaton=compile_phrases(phrases), forced=False))
        return lists[-1] if phrases else None

    async def scene(desk: Scheduler) -> None:
        client = Client()
        await desk.transcribe(client, job(10))
        await desk.transcribe(client, replace(job(11), phrases=("feed the cat",)))

    at_a_desk(engine, 1, scene, grammars)
    assert engine.prepared == lists
    assert [grammar for _, grammar in engine.asked] == [None, *lists]
