"""A cheap client of the Speech host, so that many fit on one machine with the host."""

import asyncio
import json
import struct
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

PATH = "/speech/recognition/interactive/cognitiveservices/v1?language=en-US"
PIECE_S = 0.1
PIECE_BYTES = 3200
"""100 ms at 16 kHz, 16 bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the host made of one turn."""

    status: str
    """"" if the host ended the connection instead."""
    text: str
    latency_s: float
    """From the end of the audio to the answer."""


class Speaker:
    """One connection, as the Speech SDK makes it: 100 ms of audio a frame, an empty one last."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._socket: ClientConnection

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url + PATH, compression=None, ping_interval=None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._socket.close()

    async def say(self, pcm: bytes, *, paced: bool) -> Answer:
        """Send `pcm` as one turn, in real time if `paced`, and wait for the answer."""
        request = uuid.uuid4().hex
        context = {"phraseDetection": {"language": "en-US"}}
        await self._socket.send(
            f"Path:speech.context\r\nX-RequestId:{request}\r\n\r\n{json.dumps(context)}"
        )
        answer = asyncio.create_task(self._answer(request))
        begun_s = time.perf_counter()
        for number, at in enumerate(range(0, len(pcm), PIECE_BYTES), start=1):
            if paced:
                await asyncio.sleep(begun_s + number * PIECE_S - time.perf_counter())
            await self._send(request, pcm[at : at + PIECE_BYTES])
        ended_s = time.perf_counter()
        await self._send(request, b"")
        phrase = await answer
        return Answer(
            status=str(phrase.get("RecognitionStatus", "")),
            text=str(phrase.get("DisplayText", "")),
            latency_s=time.perf_counter() - ended_s,
        )

    async def flood(self, pcm: bytes, for_s: float) -> None:
        """Send `pcm` in messages as large as may be, again and again, for so long."""
        request = uuid.uuid4().hex
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                while True:
                    await self._send(request, pcm)

    async def _send(self, request: str, pcm: bytes) -> None:
        head = f"Path:audio\r\nX-RequestId:{request}\r\nX-StreamId:1\r\n".encode()
        await self._socket.send(struct.pack(">H", len(head)) + head + pcm)

    async def _answer(self, request: str) -> dict[str, Any]:
        phrase: dict[str, Any] = {}
        async for frame in self._socket:
            head, _, body = str(frame).partition("\r\n\r\n")
            if request in head and "Path:speech.phrase" in head and not phrase:
                phrase = json.loads(body)
            elif request in head and "Path:turn.end" in head:
                break
        return phrase
