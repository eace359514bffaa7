"""Jobs for a scheduler, and in which order an engine got them."""

import asyncio

from tests.speechhost.fakes import ScriptedEngine, tone
from voice2mqtt.speechhost.jobs import Transcribe, Urgency


def job(number: int, urgency: Urgency = Urgency.ANSWER) -> Transcribe:
    """Its audio is so many milliseconds long, by which the engine's order can be told."""
    return Transcribe(job_id=number, pcm=tone(number), urgency=urgency, phrases=())


def order(engine: ScriptedEngine) -> list[int]:
    return [size // 32 for size, _ in engine.asked]


async def until_asked(engine: ScriptedEngine, times: int) -> None:
    while len(engine.asked) < times:
        await asyncio.sleep(0.001)
