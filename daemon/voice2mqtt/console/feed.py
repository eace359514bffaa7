"""What happens at this moment, on its way from the daemon's threads to the readers of the page.

Nothing here waits for a reader. The daemon's threads put events into a bounded queue, which the
page's thread passes on to a bounded queue for each reader; one that does not read is dropped.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from voice2mqtt.audio.signal.level import LevelMeter
from voice2mqtt.core.event import Event

MOST_WAITING = 1000
"""Events that wait for the page's thread; beyond that the oldest is lost. Set by hand."""
MOST_UNREAD = 200
"""Lines that wait for one reader, 20 s of level; then it is dropped. Set by hand."""
REMEMBERED = 100
"""Events that a page opened later is shown; set by hand."""
_PASSING = frozenset({"activity", "interim", "kept", "level", "state"})
"""Kinds of events that are of no use later."""


class Reader:
    """The lines that one open page has still to be sent."""

    def __init__(self, on_drop: Callable[[], None]) -> None:
        """Call `on_drop` when it has read too little, and therefore gets nothing more."""
        self._lines: asyncio.Queue[bytes] = asyncio.Queue(MOST_UNREAD)
        self._on_drop = on_drop
        self.dropped = False

    def offer(self, line: bytes) -> None:
        """Add a line; never blocks."""
        if self.dropped:
            return
        try:
            self._lines.put_nowait(line)
        except asyncio.QueueFull:
            self.dropped = True
            self._on_drop()

    async def line(self) -> bytes:
        """Return the next line, as soon as there is one."""
        return await self._lines.get()


class Feed:
    """Any thread may call `put`, the capture thread calls `hear`; the rest is the page's thread."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        self._passed_on_soon = False
        self._recent: deque[Event] = deque(maxlen=REMEMBERED)
        self._readers: set[Reader] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._meter = LevelMeter()
        self._metering = threading.Lock()

    def put(self, event: Event) -> None:
        """Show `event` to every reader; never blocks."""
        self._waiting.append(event)
        if self._loop and not self._passed_on_soon:
            self._passed_on_soon = True
            # The page may have ended meanwhile.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._pass_on)

    def hear(self, block: bytes) -> None:
        """Measure the next audio of the microphone."""
        with self._metering:
            self._meter.feed(block)

    def level(self) -> Mapping[str, float]:
        """Return level, peak and noise floor since the last call, in dBFS."""
        with self._metering:
            read = self._meter.read()
        return {
            "level_db": round(read.level_db, 1),
            "peak_db": round(read.peak_db, 1),
            "floor_db": round(read.floor_db, 1),
        }

    def open(self) -> None:
        """Begin to pass events on, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._pass_on()

    @property
    def is_read(self) -> bool:
        """Whether a page is open."""
        return bool(self._readers)

    @property
    def reader_count(self) -> int:
        """How many pages are open."""
        return len(self._readers)

    @property
    def recent(self) -> list[Event]:
        """The last events, oldest first."""
        return list(self._recent)

    @contextmanager
    def reader(self, on_drop: Callable[[], None]) -> Iterator[Reader]:
        """Give a reader of everything that is shown from now on; see `Reader`."""
        reader = Reader(on_drop)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def show(self, event: Mapping[str, object]) -> None:
        """Show `event` to every reader; on the page's thread."""
        line = as_line(event)
        for reader in self._readers:
            reader.offer(line)

    def _pass_on(self) -> None:
        # First, so that an event put meanwhile is passed on by another call.
        self._passed_on_soon = False
        while self._waiting:
            event = self._waiting.popleft()
            if event["event"] not in _PASSING:
                self._recent.append(event)
            self.show(event)


def as_line(event: Mapping[str, object]) -> bytes:
    """Return `event` as a server-sent event."""
    return b"data: " + json.dumps(event).encode() + b"\n\n"
