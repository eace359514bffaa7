"""Clients' phrase lists, compiled apart from the transcriptions.

Compiling a long list takes most of a second. So it begins as soon as the list is offered, on one
thread of its own, and is done once for all who offer the same: whoever speaks without a list
waits for nobody's. Belongs to one event loop.
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

MOST_LISTS = 64
MOST_CHARS = 1_000_000
"""Of lists kept though no client holds them, since clients come again; 30 MB when compiled."""
PATIENCE_S = 2.0
"""What is said is transcribed without a list that is not compiled by then."""

log = logging.getLogger(__name__)

Phrases = tuple[str, ...]
Grammars = Callable[[Phrases], EngineGrammar | None]
"""The grammar for a client that offers these phrases; for none of them, told without delay."""
Hint = asyncio.Future[EngineGrammar | None]
"""A list that is compiled, or will be as long as somebody keeps its hint."""


class PhraseCache:
    """Knows the grammars of the lists that are offered, and of some that were."""

    def __init__(self, grammars: Grammars) -> None:
        """`grammars` is called with lists on the thread, and with () by whoever asks."""
        self._grammars = grammars
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="phrases")
        self._busy = False
        self._known: WeakValueDictionary[Phrases, Hint] = WeakValueDictionary()
        self._recent: OrderedDict[Phrases, Hint] = OrderedDict()

    def of(self, phrases: Phrases) -> Hint:
        """Have `phrases` compiled, unless that has been done."""
        hint = self._known.get(phrases)
        if hint is None:
            hint = self._known[phrases] = asyncio.get_running_loop().create_future()
            self._compile()
        return hint

    async def grammar(
        self, phrases: Phrases, given_up: asyncio.Future[Any]
    ) -> EngineGrammar | None:
        """Return the grammar to use now for a client that offers `phrases`, or None."""
        if (own := self._grammars(())) or not phrases:
            return own
        hint = self.of(phrases)
        if not hint.done():
            await asyncio.wait(
                [hint, given_up], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
            )
        return hint.result() if hint.done() else None

    def close(self) -> None:
        """Compile no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _compile(self) -> None:
        """Begin with the list that waits longest; those that nobody keeps are gone."""
        waiting = ((phrases, hint) for phrases, hint in self._known.items() if not hint.done())
        if self._busy or (first := next(waiting, None)) is None:
            return
        self._busy = True
        phrases, hint = first
        loop = asyncio.get_running_loop()
        compiling = loop.run_in_executor(self._thread, self._grammars, phrases)
        compiling.add_done_callback(partial(self._finish, phrases, hint))

    def _finish(
        self, phrases: Phrases, hint: Hint, compiled: asyncio.Future[EngineGrammar | None]
    ) -> None:
        self._busy = False
        if compiled.cancelled():
            return
        if error := compiled.exception():
            log.error("a phrase list cannot be compiled; it is left out", exc_info=error)
        hint.set_result(None if error else compiled.result())
        self._recent[phrases] = hint
        while len(self._recent) > MOST_LISTS or _chars(self._recent) > MOST_CHARS:
            self._recent.popitem(last=False)
        self._compile()


def _chars(lists: OrderedDict[Phrases, Hint]) -> int:
    return sum(map(len, (phrase for phrases in lists for phrase in phrases)))
