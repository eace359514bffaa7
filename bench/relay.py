"""A TCP relay in front of a broker or a Speech host: slow, silent, or talking nonsense."""

import random
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_TURN_S = 0.02
_PIECE_BYTES = 65_536


@dataclass
class Weather:
    """What a relay does to the connections that pass it; may be changed at any time."""

    delay_s: float = 0.0
    """Of every piece, in each direction."""
    swallow_requests: bool = False
    swallow_answers: bool = False
    """What is swallowed never arrives, and the connection stays."""
    garbage: bool = False
    """Answers are replaced by random bytes."""
    refuse: bytes | None = None
    """Accept nobody: close after these bytes."""


class Relay:
    """Carries bytes between clients and a server of this machine, on a port of its own."""

    def __init__(self, server_port: int, on_request: Callable[[bytes], None] | None = None) -> None:
        """Carry to `server_port`; `on_request` is given each piece before it is passed on."""
        self.weather = Weather()
        self._server_port = server_port
        self._on_request = on_request or (lambda _piece: None)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._rng = random.Random(5)
        self._closed = False
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection at once."""
        with self._lock:
            ends, self._open = self._open, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self.weather.refuse is not None:
                with suppress(OSError):
                    client.recv(_PIECE_BYTES)
                    client.sendall(self.weather.refuse)
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=1)
            except OSError:
                return
            with server:
                server.settimeout(None)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._open += [client, server]
                with suppress(OSError):
                    self._carry(client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry until one end is done or the relay is closed."""
        delayed: list[tuple[float, socket.socket, bytes]] = []
        with selectors.DefaultSelector() as selector:
            for end in (client, server):
                selector.register(end, selectors.EVENT_READ)
            while not self._closed:
                for key, _ in selector.select(_TURN_S if delayed else 1.0):
                    one = key.fileobj
                    assert isinstance(one, socket.socket)
                    piece = one.recv(_PIECE_BYTES)
                    if not piece:
                        return
                    due_s = time.monotonic() + self.weather.delay_s
                    if one is client:
                        self._on_request(piece)
                        if not self.weather.swallow_requests:
                            delayed.append((due_s, server, piece))
                    elif not self.weather.swallow_answers:
                        nonsense = self._rng.randbytes(len(piece))
                        delayed.append((due_s, client, nonsense if self.weather.garbage else piece))
                while delayed and delayed[0][0] <= time.monotonic():
                    _, other, piece = delayed.pop(0)
                    other.sendall(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
