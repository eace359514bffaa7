"""A Speech host that follows a script, frame by frame: what no host should do, it does.

Every connection is served by the next script; the last one serves all that follow.
"""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from tests.speechhost.client import read, text

TICKS_PER_S = 10_000_000
BYTES_PER_S = 32_000


class Line:
    """One connection, as its script sees it."""

    def __init__(
        self,
        connection: ServerConnection,
        over: threading.Event,
        contexts: list[dict[str, Any]] | None = None,
    ) -> None:
        self._socket = connection
        self._over = over
        self._contexts = [] if contexts is None else contexts
        self._request_id = ""
        self._heard_bytes = 0
        self.frame_sizes: list[int] = []
        """Of the audio, in bytes."""

    @property
    def heard_ticks(self) -> int:
        """Audio of this turn so far."""
        return self._heard_bytes * TICKS_PER_S // BYTES_PER_S

    def hear(self, seconds: float = float("inf")) -> None:
        """Take a turn's audio: so much of it, or all there is."""
        while self._heard_bytes < seconds * BYTES_PER_S:
            frame = self._socket.recv()
            if isinstance(frame, str):
                if "\r\nPath:speech.context\r\n" in frame:
                    _, self._request_id, context = read(frame)
                    self._contexts.append(context)
                    self._heard_bytes = 0
                    self.tell("turn.start", {"context": {"serviceTag": "tag"}})
                continue
            payload = frame[2 + int.from_bytes(frame[:2]) :]
            if not payload:
                return
            if not payload.startswith(b"RIFF"):
                self._heard_bytes += len(payload)
                self.frame_sizes.append(len(payload))

    def tell(self, path: str, body: object) -> None:
        """Send one message of the turn."""
        frame = text(path, self._request_id, {})
        self.send(frame.removesuffix("{}") + (body if isinstance(body, str) else json.dumps(body)))

    def send(self, frame: str | bytes) -> None:
        """Send whatever it is."""
        self._socket.send(frame)

    def phrase(self, words: str, **fields: object) -> None:
        """Answer with `words`, and with other `fields` than a host would give."""
        self.tell("speech.endDetected", {"Offset": self.heard_ticks})
        self.tell("speech.phrase", phrase_of(words, self.heard_ticks) | fields)

    def answer(self, words: str, **fields: object) -> None:
        """Answer with `words` as a host does, and end the turn."""
        self.phrase(words, **fields)
        self.tell("turn.end", {})

    def close(self, code: int, reason: str = "") -> None:
        """Close with `code`."""
        self._socket.close(code, reason)

    def cut(self) -> None:
        """As when a cable is pulled."""
        self._socket.socket.shutdown(2)

    def reset(self) -> None:
        """As when the machine of the host has forgotten the connection."""
        plain = self._socket.socket
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Whoever reads finds the end, and closes.
        plain.shutdown(socket.SHUT_RD)

    def wait(self) -> None:
        """Say nothing more, as long as the test lasts."""
        self._over.wait()


Script = Callable[[Line], None]


def phrase_of(words: str, ticks: int) -> dict[str, Any]:
    """Return the body of a `speech.phrase` about all of the audio."""
    return {
        "RecognitionStatus": "Success",
        "DisplayText": words,
        "Offset": 0,
        "Duration": ticks,
        "NBest": [{"Confidence": 0.9, "Lexical": words.lower().strip("."), "Display": words}],
    }


def answering(*sentences: str) -> Script:
    """Return a script that answers one turn after the other, with the last sentence for ever."""

    def serve_turns(line: Line) -> None:
        left = list(sentences)
        while True:
            line.hear()
            line.answer(left.pop(0) if len(left) > 1 else left[0])

    return serve_turns


def silent(line: Line) -> None:
    """Begin the turn and say nothing more."""
    line.hear()
    line.wait()


def hanging(_line: Line) -> None:
    """Take the connection and never answer the request; see `ScriptedHost`."""


@dataclass(frozen=True)
class Refusing:
    """Refuse the request for a connection with a status; see `ScriptedHost`."""

    status: int

    def __call__(self, _line: Line) -> None:
        """There is no line."""


class ScriptedHost:
    """Serves until it is closed."""

    def __init__(
        self, scripts: Sequence[Script], port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._scripts = list(scripts)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._server: Server = serve(
            self._serve, "127.0.0.1", port, process_request=self._admit, compression=None,
            close_timeout=0.5, open_timeout=None, ssl=tls,
        )  # fmt: skip
        self.connections = 0
        self.requests: list[Request] = []
        self.contexts: list[dict[str, Any]] = []
        """What each turn began with."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="scripted")
        self._thread.start()

    @property
    def url(self) -> str:
        """As `speech.host` of the settings writes it, without TLS."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Where it serves."""
        return int(self._server.socket.getsockname()[1])

    def leave_out(self, script: Script) -> None:
        """Go on with the scripts behind those that are `script`."""
        with self._lock:
            self._scripts = [left for left in self._scripts if left is not script]

    def go_on_with(self, script: Script) -> None:
        """Serve all further connections with `script`."""
        with self._lock:
            self._scripts = [script]

    def close(self) -> None:
        """End, and with it every connection."""
        self._over.set()
        self._server.shutdown()
        self._thread.join()

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        with self._lock:
            self.requests.append(request)
            self.connections += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        if script is hanging:
            self._over.wait()
        if isinstance(script, Refusing):
            return socket.respond(HTTPStatus(script.status), "")
        socket.script = script  # type: ignore[attr-defined]  # the one place for it
        return None

    def _serve(self, socket: ServerConnection) -> None:
        try:
            socket.script(Line(socket, self._over, self.contexts))  # type: ignore[attr-defined]
        except (ConnectionClosed, OSError):
            return


@contextmanager
def scripted(
    *scripts: Script, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedHost]:
    """Serve while the block lasts."""
    host = ScriptedHost(scripts, port, tls)
    try:
        yield host
    finally:
        host.close()
