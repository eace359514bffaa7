"""Clients' phrase lists, compiled on a thread of their own and cached.

Compiling a long list takes most of a second. It begins as soon as the list is offered, and is done
once for all clients that offer the same; a client without a list never waits for it. Belongs to
one event loop.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from voice2mqtt.speechhost.engine import EngineGrammar

MAX_LISTS = 64
MAX_CHARS = 1_000_000
"""Of recent lists, kept since clients connect again; 30 MB when compiled."""
MAX_WAIT_S = 2.0
"""Speech is transcribed without a list that is not compiled by then."""

log = logging.getLogger(__name__)

PhraseList = tuple[str, ...]
GrammarFor = Callable[[PhraseList], EngineGrammar | None]
"""Returns the grammar for a client that offers these phrases; at once where there are none."""
PendingGrammar = asyncio.Future[EngineGrammar | None]
"""The grammar of a list; compiled as long as somebody holds the future."""


class PhraseCache:
    """The grammars of the lists in use, and of some recent ones."""

    def __init__(self, grammar_for: GrammarFor) -> None:
        """`grammar_for` is called on the thread with lists, and on the event loop with ()."""
        self._grammar_for = grammar_for
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="phrases")
        self._busy = False
        self._offered: WeakValueDictionary[PhraseList, PendingGrammar] = WeakValueDictionary()
        self._recent: OrderedDict[PhraseList, PendingGrammar] = OrderedDict()

    def get(self, phrases: PhraseList) -> PendingGrammar:
        """Return the grammar of `phrases`, which is compiled unless it is known."""
        pending = self._offered.get(phrases)
        if pending is None:
            pending = self._offered[phrases] = asyncio.get_running_loop().create_future()
            self._compile()
        return pending

    async def grammar(
        self, phrases: PhraseList, abandoned: asyncio.Future[Any]
    ) -> EngineGrammar | None:
        """Return the grammar for a client that offers `phrases`, waiting a little; or None."""
        if (table_grammar := self._grammar_for(())) or not phrases:
            return table_grammar
        pending = self.get(phrases)
        if not pending.done():
            await asyncio.wait(
                [pending, abandoned], timeout=MAX_WAIT_S, return_when=asyncio.FIRST_COMPLETED
            )
        return pending.result() if pending.done() else None

    def close(self) -> None:
        """Compile no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _compile(self) -> None:
        """Compile the list that waits longest; lists that nobody holds are gone from `_offered`."""
        waiting = (
            (phrases, pending) for phrases, pending in self._offered.items() if not pending.done()
        )
        if self._busy or (first := next(waiting, None)) is None:
            return
        self._busy = True
        phrases, pending = first
        loop = asyncio.get_running_loop()
        compiling = loop.run_in_executor(self._thread, self._grammar_for, phrases)
        compiling.add_done_callback(partial(self._finish, phrases, pending))

    def _finish(
        self,
        phrases: PhraseList,
        pending: PendingGrammar,
        compiled: asyncio.Future[EngineGrammar | None],
    ) -> None:
        self._busy = False
        if compiled.cancelled():
            return
        if error := compiled.exception():
            log.error("a phrase list cannot be compiled; it is left out", exc_info=error)
        pending.set_result(None if error else compiled.result())
        self._recent[phrases] = pending
        while len(self._recent) > MAX_LISTS or _chars(self._recent) > MAX_CHARS:
            self._recent.popitem(last=False)
        self._compile()


def _chars(lists: OrderedDict[PhraseList, PendingGrammar]) -> int:
    return sum(map(len, (phrase for phrases in lists for phrase in phrases)))
