"""What the Speech SDK sends, in its own form, and what it makes of what it gets."""

import json
import struct
from typing import Any

from voice2mqtt.nlu.grammar.table import Json


def text(path: str, request_id: str, body: dict[str, Json]) -> str:
    return (
        f"X-Timestamp:2026-01-01T00:00:00.000Z\r\nPath:{path}\r\nX-RequestId:{request_id}\r\n"
        f"Content-Type:application/json\r\n\r\n{json.dumps(body)}"
    )


def context(request_id: str, **body: Json) -> str:
    return text("speech.context", request_id, {"phraseDetection": {"language": "en-US"}, **body})


def commit(request_id: str, token: str) -> str:
    return (
        f"X-Timestamp:2026-01-01T00:00:00.000Z\r\nPath:audio.commit\r\nX-RequestId:{request_id}\r\n"
        f"X-Client-Commit-Token:{token}\r\n\r\n"
    )


def audio(request_id: str, payload: bytes, *, wave: bool = False) -> bytes:
    kind = "Content-Type:audio/x-wav\r\n" if wave else ""
    head = f"Path:audio\r\n{kind}X-RequestId:{request_id}\r\nX-StreamId:1\r\n"
    return struct.pack(">H", len(head)) + head.encode() + payload


def riff(*, tag: int = 1, channels: int = 1, rate_hz: int = 16_000, bits: int = 16) -> bytes:
    """The header before a stream of unknown length: both sizes are 0."""
    size = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * size, size, bits)
    return b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + form + b"data\0\0\0\0"


def read(frame: str) -> tuple[str, str, dict[str, Any]]:
    """Path, request id and body of a frame; as for the SDK, header names count to the letter."""
    head, _, body = frame.partition("\r\n\r\n")
    headers = dict(line.split(":", 1) for line in head.split("\r\n"))
    return headers["Path"], headers["X-RequestId"], json.loads(body)
