"""The Wyoming protocol, by which Home Assistant and its satellites find a recogniser.

What a client sends is passed on as single shots on a websocket would be, each of which nothing but
the end of its audio ends: the client finds the end of speech itself. The only import of wyoming.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioFormat, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.ping import Ping, Pong

from voice2mqtt import __version__
from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.protocol.frames import (
    ProtocolError,
    read_text,
    write_audio,
    write_text,
)
from voice2mqtt.speechhost.protocol.request_options import single_phrase_context
from voice2mqtt.speechhost.serving.connection import StreamClient

_MAX_BYTES = 1 << 20
"""Of one event, as of a message on the websocket."""
_NO_EVENT = (KeyError, TypeError, AttributeError, UnicodeError, RecursionError)
"""What the library raises at JSON that is none of its events."""
_READ_BYTES = 65_536
"""Read at most at a time."""
_CLOSE_WITHIN_S = 1.0
"""How long a client may take to read the end; set by hand."""
_ATTRIBUTION = Attribution(name="voice2mqtt", url="")


class _Reader(asyncio.StreamReader):
    """Reads no more at once than a message may have, whatever a client announces."""

    async def readexactly(self, n: int) -> bytes:
        if n > _MAX_BYTES:
            raise ProtocolError(f"an event of {n} bytes")
        return await super().readexactly(n)


class WyomingClient(StreamClient):
    """One client, as a `Socket` with a turn for each of its sentences."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, language: str
    ) -> None:
        """`language` is what the host recognises."""
        super().__init__(reader, writer)
        self._language = language
        self._request = Transcribe()
        self._sentences = 0
        self._speaking = False
        self._answered = True

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield what a client of the websocket would send."""
        try:
            while (event := await async_read_event(self._reader)) is not None:
                async for frame in self._frames(event):
                    yield frame
        except (*_NO_EVENT, asyncio.IncompleteReadError) as error:
            raise ProtocolError(f"what is no event of Wyoming ({error})") from error
        except ConnectionError:
            pass
        self._closed.set()

    async def _frames(self, event: Event) -> AsyncIterator[str | bytes]:
        if Describe.is_type(event.type):
            await self._write(info(self._language).event())
        elif Ping.is_type(event.type):
            await self._write(Pong(text=Ping.from_event(event).text).event())
        elif Transcribe.is_type(event.type):
            self._request = Transcribe.from_event(event)
        elif AudioStart.is_type(event.type):
            for frame in self._begin(AudioStart.from_event(event)):
                yield frame
        elif AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            if not self._speaking:
                for frame in self._begin(chunk):
                    yield frame
            yield write_audio(self._request_id, chunk.audio)
        elif AudioStop.is_type(event.type) and self._speaking:
            self._speaking = False
            yield write_audio(self._request_id, b"")

    def _begin(self, form: AudioFormat) -> list[str | bytes]:
        self._sentences += 1
        self._speaking, self._answered = True, False
        names = [*(self._request.transcript_names or ()), *(self._request.transcript_terms or ())]
        items: list[Json] = [{"Text": str(name)} for name in names]
        context = single_phrase_context()
        if items:
            context["dgi"] = {"Groups": [{"Type": "Generic", "Items": items}]}
        detection = context["phraseDetection"]
        assert isinstance(detection, dict)
        if self._request.language:
            detection["language"] = str(self._request.language)
        return [
            write_text("speech.context", self._request_id, context),
            write_audio(self._request_id, _riff(form)),
        ]

    @property
    def _request_id(self) -> str:
        return str(self._sentences)

    async def send(self, message: str, /) -> None:
        """Take a message to the client: the first phrase of a turn is its transcript."""
        told = read_text(message)
        if told.path == "speech.phrase" and not self._answered:
            self._answered = True
            if told.body["RecognitionStatus"] == "Error":
                await self._write(Error(text="the recogniser failed", code="error").event())
            else:
                await self._write(transcript(told.body, self._language))

    async def close(self, code: int, reason: str) -> None:
        """Close, and tell the `reason` to a client that waits for an answer."""
        del code
        if not self._answered:
            self._answered = True  # a second close tells nothing
            # One that reads nothing is not waited for.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_WITHIN_S):
                    await self._write(Error(text=reason, code="refused").event())
                    await self._hear_out()
        self._writer.close()
        self._closed.set()

    async def _hear_out(self) -> None:
        """Let a client that is still sending have its answer: a reset would take it away."""
        with suppress(OSError, RuntimeError):  # it is gone, or somebody else reads
            self._writer.write_eof()
            while await self._reader.read(_READ_BYTES):
                pass

    async def leave(self) -> None:
        """Close, and cut off a client that does not take what it was sent."""
        self._writer.close()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await self._writer.wait_closed()
        self.abort()

    async def _write(self, event: Event) -> None:
        try:
            await async_write_event(event, self._writer)
        except ConnectionError:
            self._closed.set()


Serve = Callable[[WyomingClient], Awaitable[None]]


@asynccontextmanager
async def serving(
    address: str, port: int, language: str, serve: Serve
) -> AsyncIterator[tuple[str, int]]:
    """Accept clients while the block lasts, each for `serve`; yields where.

    Raises:
        OSError: the address cannot be bound.
    """

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = WyomingClient(reader, writer, language)
        try:
            await serve(client)
        finally:
            await client.leave()

    def protocol() -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(_Reader(), accept)

    async with await asyncio.get_running_loop().create_server(protocol, address, port) as server:
        yield server.sockets[0].getsockname()[:2]


def info(language: str) -> Info:
    """Return what the host tells of itself."""
    # A home's clients name a language with and without its region.
    languages = list(dict.fromkeys([language, primary_of(language)]))
    model = AsrModel(
        name="voice2mqtt",
        attribution=_ATTRIBUTION,
        installed=True,
        description=None,
        version=__version__,
        languages=languages,
    )
    program = AsrProgram(
        name="voice2mqtt",
        attribution=_ATTRIBUTION,
        installed=True,
        description="The commands of a table, or dictation",
        version=__version__,
        models=[model],
    )
    return Info(asr=[program])


def transcript(phrase: Mapping[str, Json], language: str) -> Event:
    """Return the event of a phrase; `nbest` is not of the protocol, clients pass over it."""
    text, nbest = phrase.get("DisplayText", ""), phrase.get("NBest", [])
    event = Transcript(text=str(text), language=language).event()
    event.data["nbest"] = [
        {
            "text": one["Display"],
            "confidence": one["Confidence"],
            "out_of_grammar": one.get("OutsideGrammar", False),
        }
        for one in (nbest if isinstance(nbest, list) else [])
        if isinstance(one, dict)
    ]
    return event


def _riff(form: AudioFormat) -> bytes:
    """Return the header before audio of unknown length: both sizes are 0."""
    if not all(isinstance(number, int) for number in (form.rate, form.width, form.channels)):
        # Texts and lists could be multiplied too, and fill the memory.
        raise ProtocolError("an audio format that is not in numbers")
    size = form.channels * form.width
    values = 1, form.channels, form.rate, form.rate * size, size, 8 * form.width
    try:
        chunk = struct.pack("<HHIIHH", *values)
    except struct.error as error:
        raise ProtocolError(f"an audio format that cannot be ({error})") from error
    return b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + chunk + b"data\0\0\0\0"
