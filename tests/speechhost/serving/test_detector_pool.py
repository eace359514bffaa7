"""A detector of 3 MB is had by a client only while it speaks."""

import asyncio

from websockets.asyncio.client import connect

from tests.broker import wait_until
from tests.speechhost import client as wire
from tests.speechhost.fakes import LoudnessActivity, ScriptedEngine, silence
from tests.speechhost.hosting import WITHIN_S, Serving, hosting
from voice2mqtt.speechhost.serving.detector_pool import DetectorPool

ONCE = "/speech/recognition/interactive/cognitiveservices/v1"


def test_clients_that_send_nothing_have_none_and_of_many_few_are_kept() -> None:
    async def crowd(host: Serving, *, speaking: bool) -> int:
        spare = host._host._detectors._spare
        clients = [await connect(host.url + ONCE) for _ in range(12)]
        for client in clients if speaking else ():
            await client.send(wire.context("a1"))
            await client.send(wire.audio("a1", silence(100)))
            await client.recv()
        there = len(spare)
        await asyncio.gather(*(client.close() for client in clients))
        return there

    with hosting(ScriptedEngine()) as host:
        spare = host._host._detectors._spare
        asyncio.run(asyncio.wait_for(crowd(host, speaking=False), WITHIN_S))
        assert len(spare) == 1
        asyncio.run(asyncio.wait_for(crowd(host, speaking=True), WITHIN_S))
        wait_until(lambda: len(spare) == 8, "no more than eight are kept")


def test_a_detector_is_lent_from_the_first_frame_until_it_is_reset() -> None:
    made: list[LoudnessActivity] = []

    def make() -> LoudnessActivity:
        made.append(LoudnessActivity())
        return made[-1]

    pool = DetectorPool(make)
    one, other = pool.lend(), pool.lend()
    frame = bytes(one.frame_bytes)
    assert one.frame_bytes == LoudnessActivity.frame_bytes
    for lent in (one, one, other):
        lent.probability(frame)
    assert len(made) == 2
    one.reset()
    pool.lend().probability(frame)
    assert len(made) == 2
    other.reset()
    assert not pool.shrink(1)
