"""Live events reach every reader, in order; who does not read is dropped, and nobody waits."""

import asyncio
import json
import threading

from voice2mqtt.console.feed import MOST_UNREAD, MOST_WAITING, REMEMBERED, Feed, Reader
from voice2mqtt.core.event import Event


def _event(number: int, kind: str = "command") -> Event:
    return {"event": kind, "id": str(number)}


def _nothing() -> None:
    pass


def _put_all(feed: Feed, count: int) -> None:
    for number in range(count):
        feed.put(_event(number))


async def _ids(reader: Reader, count: int) -> list[str]:
    lines = [await asyncio.wait_for(reader.line(), 5) for _ in range(count)]
    return [json.loads(line.removeprefix(b"data: "))["id"] for line in lines]


def test_events_of_another_thread_reach_every_reader_in_order() -> None:
    async def scenario() -> None:
        feed = Feed()
        feed.open()
        with feed.reader(_nothing) as one, feed.reader(_nothing) as other:
            thread = threading.Thread(target=_put_all, args=(feed, 50))
            thread.start()
            wanted = [str(n) for n in range(50)]
            assert await _ids(one, 50) == wanted
            assert await _ids(other, 50) == wanted
            thread.join()
            assert feed.reader_count == 2
        assert not feed.is_read

    asyncio.run(scenario())


def test_who_does_not_read_is_dropped_and_the_others_go_on() -> None:
    async def scenario() -> None:
        feed = Feed()
        feed.open()
        dropped: list[bool] = []
        with feed.reader(lambda: dropped.append(True)) as idle, feed.reader(_nothing) as busy:
            for number in range(MOST_UNREAD + 1):
                feed.put(_event(number))
                assert await _ids(busy, 1) == [str(number)]
            assert dropped == [True]
            assert idle.dropped
            assert not busy.dropped

    asyncio.run(scenario())


def test_what_came_before_is_remembered_but_not_what_passes() -> None:
    async def scenario() -> None:
        feed = Feed()
        for number in range(MOST_WAITING + 10):
            feed.put(_event(number))
            feed.put(_event(number, "interim"))
        feed.open()
        kept = [event["id"] for event in feed.recent]
        assert kept == [str(n) for n in range(MOST_WAITING + 10 - REMEMBERED, MOST_WAITING + 10)]

    asyncio.run(scenario())


def test_putting_never_fails_after_the_page_has_ended() -> None:
    feed = Feed()

    async def begin() -> None:
        feed.open()

    asyncio.run(begin())
    feed.put(_event(1))
