"""The REST service for short audio: one POST with up to a minute of audio, one answer.

What a client sends is passed on as a single shot on a websocket would be, in which nothing but
the end of the audio ends the phrase. The only import of h11.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

import h11

from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.protocol.frames import (
    ProtocolError,
    read_text,
    write_audio,
    write_text,
)
from voice2mqtt.speechhost.protocol.request_options import single_phrase_context
from voice2mqtt.speechhost.serving.connection import TOO_MUCH, StreamClient
from voice2mqtt.speechhost.serving.trusted_proxies import HEADER

_REQUEST_ID = "0"
_HEADER_BYTES = 4096
"""A RIFF header is in so many bytes from the start."""
_CLOSE_WITHIN_S = 1.0
_READ_BYTES = 1 << 16
_NO_WAVE = "send a WAV file, or raw 16 kHz 16-bit mono PCM; this host decodes nothing else"
_TITLES = {
    name.lower(): name for name in ("Ocp-Apim-Subscription-Key", "Authorization", "Origin", HEADER)
}
_CLOSED_BY_US = (1000, 1001, TOO_MUCH)
"""Codes with which the host closes that is about to stop, or has too much to do."""
_COMPRESSED = (b"OggS", b"ID3", b"fLaC", b"\x1aE\xdf\xa3")


class HttpRequest(StreamClient):
    """One HTTP request, up to its answer; as a `Socket` it is a client with one turn."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._http = h11.Connection(h11.SERVER)
        self._answer: Mapping[str, Json] | None = None
        self._refusal = HTTPStatus.BAD_REQUEST, "the audio ended too soon"

    async def head(self) -> tuple[str, Mapping[str, str]]:
        """Return the target and the headers that tell who asks; raise ProtocolError if broken."""
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            raise ProtocolError("no request")
        headers = {
            _TITLES.get(name.decode().lower(), ""): value.decode("latin-1")
            for name, value in event.headers
        }
        return event.target.decode("latin-1"), headers

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield what a client of the websocket would send."""
        if self._http.they_are_waiting_for_100_continue:
            await self._write(h11.InformationalResponse(status_code=100, headers=[]))
        yield write_text("speech.context", _REQUEST_ID, single_phrase_context())
        begun = False
        async for piece in self._pieces():
            # Further on, raw audio may have any bytes.
            if not begun and piece.startswith(_COMPRESSED):
                await self.close(1007, _NO_WAVE)
                return
            begun = True
            yield write_audio(_REQUEST_ID, piece)
        yield write_audio(_REQUEST_ID, b"")

    async def send(self, message: str, /) -> None:
        """Take a message to the client: the first phrase is the answer."""
        told = read_text(message)
        if told.path == "speech.phrase" and self._answer is None:
            self._answer = told.body
        elif told.path == "turn.end":
            self._closed.set()

    async def close(self, code: int, reason: str) -> None:
        """End without an answer, for a `reason`; `code` is that of a websocket."""
        is_ours = code in _CLOSED_BY_US
        self._refusal = (
            HTTPStatus.SERVICE_UNAVAILABLE if is_ours else HTTPStatus.BAD_REQUEST,
            reason,
        )
        self._closed.set()

    async def respond(self) -> None:
        """Send what was found, or why nothing was."""
        if self._answer is None:
            await self.refuse(*self._refusal)
        elif self._answer["RecognitionStatus"] == "Error":
            await self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "the recogniser failed")
        else:
            await self.respond_with(dict(self._answer))

    async def respond_with(self, body: Json) -> None:
        """Send `body`."""
        await self._respond(HTTPStatus.OK, "", body)

    async def close_late(self) -> None:
        """Close once the client has, or soon: some do not read on after they are cut off."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                while await self._reader.read(_READ_BYTES):
                    pass
        self._writer.close()

    async def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer with `status`, and tell why."""
        await self._respond(status, reason, {"error": {"code": status.name, "message": reason}})

    async def _respond(self, status: HTTPStatus, reason: str, body: Json) -> None:
        content = json.dumps(body).encode()
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Connection", "close"),
        ]
        response = h11.Response(
            status_code=status, headers=headers, reason=(reason or status.phrase).encode()
        )
        await self._write(response, h11.Data(data=content), h11.EndOfMessage())

    async def _pieces(self) -> AsyncIterator[bytes]:
        """Yield the body, the whole of a header in the first piece."""
        begin, least = b"", _HEADER_BYTES
        while isinstance(event := await self._next_event(), h11.Data):
            begin += event.data
            if len(begin) >= least:
                yield begin
                begin, least = b"", 1
        if begin:
            yield begin

    async def _next_event(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_READ_BYTES))
        except h11.RemoteProtocolError as error:
            raise ProtocolError(f"broken HTTP: {error}") from error
        return event

    async def _write(self, *events: h11.Event) -> None:
        for event in events:
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()
