"""The messages on the websocket: bytes and text to values, and back.

A text frame is header lines, an empty line and a JSON object. A binary frame is the length of
its header (16 bit, big-endian), header lines and audio.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.nlu.grammar.table import Json

MAX_HEADER_BYTES = 8192
"""Of a binary message; clients send some hundred. Set by hand."""

_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_COMMIT_TOKEN = re.compile(r"[0-9]{1,10}")
COMMIT_TOKEN = "X-Client-Commit-Token"


class ProtocolError(Exception):
    """The client sent what the protocol does not allow; its connection cannot go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """What a client says about itself or about a turn."""

    path: str
    """Lower case, such as `speech.context`."""
    request_id: str
    """The turn it belongs to; "" for the connection as a whole."""
    body: Mapping[str, Json]
    commit_token: str = ""
    """By which the client knows the answer to an `audio.commit`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMessage:
    """A piece of a turn's audio; empty at the end of a stream."""

    request_id: str
    payload: bytes


def read_text(frame: str) -> TextMessage:
    """Return the message in a text frame; raise ProtocolError."""
    head, _, body = frame.partition("\r\n\r\n")
    headers = _read_headers(head)
    path = headers.get("path", "").lower()
    if not path:
        raise ProtocolError("a text message without Path")
    token = headers.get(COMMIT_TOKEN.lower(), "")
    return TextMessage(
        path=path,
        request_id=_request_id(headers),
        body=_read_object(body),
        commit_token=token if _COMMIT_TOKEN.fullmatch(token) else "",
    )


def read_binary(frame: bytes) -> AudioMessage | None:
    """Return the audio in a binary frame, None if it is of another path; raise ProtocolError."""
    length = int.from_bytes(frame[:2], "big")
    if len(frame) < 2 + length or len(frame) < 2:
        raise ProtocolError("a binary message shorter than its header")
    headers = _read_headers(frame[2 : 2 + length].decode("utf-8", "replace"))
    if headers.get("path", "").lower() != "audio":
        return None
    request_id = _request_id(headers)
    if not request_id:
        raise ProtocolError("audio without X-RequestId")
    return AudioMessage(request_id=request_id, payload=frame[2 + length :])


def ends_audio(frame: bytes) -> bool:
    """Return whether a binary frame is the end of a stream; raise ProtocolError."""
    message = read_binary(frame)
    return message is not None and not message.payload


def write_text(path: str, request_id: str, body: Mapping[str, Json]) -> str:
    """Return a text frame, as both sides write it. Clients compare header names with their case."""
    return (
        f"X-RequestId:{request_id}\r\nPath:{path}\r\n"
        f"Content-Type:application/json; charset=utf-8\r\n\r\n{json.dumps(body)}"
    )


def write_audio(request_id: str, payload: bytes) -> bytes:
    """Return a frame of audio, as a client writes it; without `payload` the audio ends."""
    head = f"Path:audio\r\nX-RequestId:{request_id}\r\n".encode()
    return len(head).to_bytes(2, "big") + head + payload


def _read_headers(head: str) -> dict[str, str]:
    if len(head) > MAX_HEADER_BYTES:
        raise ProtocolError("a header longer than 8 KiB")
    headers: dict[str, str] = {}
    for line in head.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return headers


def _request_id(headers: Mapping[str, str]) -> str:
    request_id = headers.get("x-requestid", "")
    # It is echoed into our own headers, so nothing that could end a line may pass.
    if request_id and not _REQUEST_ID.fullmatch(request_id):
        raise ProtocolError("an X-RequestId that is no identifier")
    return request_id


def _read_object(body: str) -> Mapping[str, Json]:
    if not body.strip():
        return {}
    try:
        value = read_json(body)
    except ValueError as error:
        raise ProtocolError("a body that is no JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("a body that is no JSON object")
    return cast("dict[str, Json]", value)
