"""A TCP proxy in front of the broker, which can delay, cut off, or refuse MQTT 5."""

import socket
import threading
import time
from contextlib import suppress
from queue import Queue
from types import TracebackType
from typing import Self

from tests.broker import Broker
from voice2mqtt import clock

_OLD_CONNACK = bytes((0x20, 2, 0, 1))
"""How a broker of MQTT 3.1.1 says: unacceptable protocol level."""


class Proxy:
    """Carries bytes between a client and `broker`, on a port of its own.

    Args:
        broker: where it connects to.
        delay_s: delay of every piece, in each direction.
        refuse_five: answer MQTT 5 as an old broker does.
    """

    sent: list[tuple[float, bytes]]
    """Monotonic time and content of every piece that a client sent."""

    def __init__(self, broker: Broker, *, delay_s: float = 0, refuse_five: bool = False) -> None:
        self._broker = broker
        self.delay_s = delay_s
        self.sent = []
        self._refuse_five = refuse_five
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refuse_five and self._is_five(client):
                client.sendall(_OLD_CONNACK)
                client.close()
                continue
            try:
                server = socket.create_connection((self._broker.host, self._broker.port))
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            for one, other, noted in ((client, server, self.sent), (server, client, [])):
                thread = threading.Thread(target=self._carry, args=(one, other, noted))
                self._threads.append(thread)
                thread.start()

    def _is_five(self, client: socket.socket) -> bool:
        begin = client.recv(9, socket.MSG_PEEK | socket.MSG_WAITALL)
        return begin[8] == 5

    def _carry(
        self, one: socket.socket, other: socket.socket, noted: list[tuple[float, bytes]]
    ) -> None:
        """Pass on what `one` sends, each piece `delay_s` later; the throughput is not limited."""
        delayed: Queue[tuple[float, bytes]] = Queue()
        arrival = threading.Thread(target=self._arrive, args=(delayed, other))
        arrival.start()
        data = b"begin"
        while data:
            try:
                data = one.recv(65536)
            except OSError:
                data = b""
            now_s = clock.now_s()
            noted.append((now_s, data))
            delayed.put((now_s + self.delay_s, data))
        arrival.join()
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        one.close()

    def _arrive(self, delayed: "Queue[tuple[float, bytes]]", other: socket.socket) -> None:
        while (piece := delayed.get())[1]:
            time.sleep(max(0.0, piece[0] - clock.now_s()))
            with suppress(OSError):
                other.sendall(piece[1])

    def cut(self) -> None:
        """End every connection at once."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)
