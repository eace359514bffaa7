"""A TCP relay in front of a broker or a Speech host: slow, silent, or talking nonsense."""

import random
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_TURN_S = 0.02
_PIECE_BYTES = 65_536
_OLD_CONNACK = bytes((0x20, 2, 0, 1))
"""How a broker of MQTT 3.1.1 says: unacceptable protocol level."""


class Relay:
    """Carries bytes between clients and a server of this machine, on a port of its own.

    What it does to the connections may be changed at any time.
    """

    def __init__(
        self,
        server_port: int,
        on_request: Callable[[bytes], None] = lambda _piece: None,
        *,
        delay_s: float = 0.0,
        refuse_five: bool = False,
    ) -> None:
        """Carry to `server_port`; `on_request` is given each piece before it is passed on."""
        self.delay_s = delay_s
        """Of every piece, in each direction; the throughput is not limited."""
        self.swallow_requests = self.swallow_answers = False
        """What is swallowed never arrives, and the connection stays."""
        self.garbage = False
        """Answers are replaced by random bytes."""
        self.refuse: bytes | None = None
        """Accept nobody: close after these bytes."""
        self.refuse_five = refuse_five
        """Answer MQTT 5 as an old broker does."""
        self._server_port = server_port
        self._on_request = on_request
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._rng = random.Random(5)
        self._closed = False
        self.port = int(self._listener.getsockname()[1])
        self.url = f"mqtt://127.0.0.1:{self.port}"
        """As `mqtt.broker` of the settings writes it."""
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection at once."""
        with self._lock:
            for end in self._open:
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
        with client, suppress(OSError):
            refusal = self.refuse
            if refusal is not None:
                client.recv(_PIECE_BYTES)
            elif self.refuse_five and client.recv(9, socket.MSG_PEEK | socket.MSG_WAITALL)[8] == 5:
                refusal = _OLD_CONNACK
            if refusal is not None:
                client.sendall(refusal)
                return
            with socket.create_connection(("127.0.0.1", self._server_port), timeout=1) as server:
                server.settimeout(None)
                ends = {client, server}
                for end in ends:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._open |= ends
                try:
                    self._carry(client, server)
                finally:
                    with self._lock:
                        self._open -= ends

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry until one end is done, and what it sent has arrived, or the relay is closed."""
        delayed: list[tuple[float, socket.socket, bytes]] = []
        with selectors.DefaultSelector() as selector:
            for end in (client, server):
                selector.register(end, selectors.EVENT_READ)
            while not self._closed:
                for key, _ in selector.select(_TURN_S if delayed else 1.0):
                    one = key.fileobj
                    assert isinstance(one, socket.socket)
                    piece = one.recv(_PIECE_BYTES)
                    other = server if one is client else client
                    due_s = time.monotonic() + self.delay_s
                    if not piece:
                        selector.unregister(one)
                        delayed.append((due_s, other, b""))
                    elif one is client:
                        self._on_request(piece)
                        if not self.swallow_requests:
                            delayed.append((due_s, server, piece))
                    elif not self.swallow_answers:
                        nonsense = self._rng.randbytes(len(piece))
                        delayed.append((due_s, client, nonsense if self.garbage else piece))
                while delayed and delayed[0][0] <= time.monotonic():
                    _, other, piece = delayed.pop(0)
                    if not piece:
                        return
                    other.sendall(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
