import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

import pytest

from voice2mqtt.nlu.grammar.compiler import compile_phrases
from voice2mqtt.speechhost.engine import EngineGrammar
from voice2mqtt.speechhost.serving import phrase_cache
from voice2mqtt.speechhost.serving.phrase_cache import MAX_LISTS, PhraseCache, PhraseList

CATS, DOGS, BIRDS = ("feed the cat",), ("walk the dog",), ("hear the bird",)


class Compiler:
    """Compiles, and remembers what; waits while its gate is shut."""

    def __init__(self, own: EngineGrammar | None = None) -> None:
        self.compiled: list[PhraseList] = []
        self.began = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self._own = own

    def __call__(self, phrases: PhraseList) -> EngineGrammar | None:
        if not phrases:
            return self._own
        self.compiled.append(phrases)
        self.began.set()
        assert self.gate.wait(20)
        if "" in phrases:
            raise ValueError("broken on purpose")
        return EngineGrammar(automaton=compile_phrases(phrases), forced=False)


def play(compiler: Compiler, scene: Callable[[PhraseCache], Awaitable[None]]) -> None:
    async def play() -> None:
        cache = PhraseCache(compiler)
        try:
            await asyncio.wait_for(scene(cache), 20)
        finally:
            compiler.gate.set()
            cache.close()

    asyncio.run(play())


async def grammar(cache: PhraseCache, phrases: PhraseList) -> EngineGrammar | None:
    return await cache.grammar(phrases, asyncio.get_running_loop().create_future())


def test_a_list_is_compiled_once_for_all_who_offer_it() -> None:
    compiler = Compiler()

    async def scene(cache: PhraseCache) -> None:
        one, other = await asyncio.gather(grammar(cache, CATS), grammar(cache, CATS))
        assert one
        assert one is other
        assert await grammar(cache, CATS) is one

    play(compiler, scene)
    assert compiler.compiled == [CATS]


def test_a_list_that_nobody_waits_for_any_more_is_not_compiled() -> None:
    compiler = Compiler()
    compiler.gate.clear()

    async def scene(cache: PhraseCache) -> None:
        first, left, last = cache.get(CATS), cache.get(DOGS), cache.get(BIRDS)
        await asyncio.to_thread(compiler.began.wait)
        del left
        compiler.gate.set()
        await asyncio.gather(first, last)

    play(compiler, scene)
    assert compiler.compiled == [CATS, BIRDS]


@pytest.mark.parametrize("max_chars", [1_000_000, 50])
def test_lists_are_not_kept_for_ever_unless_their_client_is(
    max_chars: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrase_cache, "MAX_CHARS", max_chars)
    compiler = Compiler()

    async def scene(cache: PhraseCache) -> None:
        held = cache.get(DOGS)
        await grammar(cache, CATS)
        for number in range(MAX_LISTS):
            await grammar(cache, (f"feed {number} cats",))
        await grammar(cache, CATS)
        await grammar(cache, DOGS)
        await held

    play(compiler, scene)
    assert compiler.compiled.count(CATS) == 2
    assert compiler.compiled.count(DOGS) == 1


def test_a_list_that_is_not_ready_in_time_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrase_cache, "MAX_WAIT_S", 0.01)
    compiler = Compiler()
    compiler.gate.clear()

    async def scene(cache: PhraseCache) -> None:
        pending = cache.get(CATS)
        assert await grammar(cache, CATS) is None
        compiler.gate.set()
        assert await pending is await grammar(cache, CATS)

    play(compiler, scene)


def test_an_abandoned_job_does_not_wait_for_a_list() -> None:
    compiler = Compiler()
    compiler.gate.clear()

    async def scene(cache: PhraseCache) -> None:
        abandoned: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = asyncio.create_task(cache.grammar(CATS, abandoned))
        await asyncio.to_thread(compiler.began.wait)
        abandoned.set_result(None)
        assert await waiting is None
        assert not compiler.gate.is_set()

    play(compiler, scene)


def test_where_there_is_a_table_no_list_is_compiled() -> None:
    table = EngineGrammar(automaton=compile_phrases(CATS), forced=True)
    compiler = Compiler(own=table)

    async def scene(cache: PhraseCache) -> None:
        assert await grammar(cache, DOGS) is table
        assert await grammar(cache, ()) is table

    play(compiler, scene)
    assert compiler.compiled == []


def test_a_list_that_cannot_be_compiled_is_told_once_and_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene(cache: PhraseCache) -> None:
        assert await grammar(cache, ("",)) is None
        assert await grammar(cache, ("",)) is None
        assert await grammar(cache, CATS)

    with caplog.at_level(logging.ERROR):
        play(Compiler(), scene)
    assert len(caplog.records) == 1
