"""The line to the broker: one connection after another, for as long as the daemon runs.

It waits for a broker that is not there, tells once why, and knows nothing of what is said over
it. What cannot be sent now is handed back at once: waiting with a deadline is the outbox's.
"""

import logging
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from voice2mqtt.core.heartbeat import UNWATCHED, Heartbeat
from voice2mqtt.mqtt.broker.connection import BrokerConnection
from voice2mqtt.mqtt.broker.delivery import (
    Answer,
    Cause,
    ConnectionLost,
    Delivery,
    DeliveryResult,
    Incoming,
    unheard,
)
from voice2mqtt.mqtt.broker.lanes import Lanes, Order
from voice2mqtt.mqtt.broker.limits import USUAL
from voice2mqtt.mqtt.broker.login import Login

log = logging.getLogger(__name__)

FIVE, THREE = 5, 4
"""Protocol levels of MQTT 5 and MQTT 3.1.1 on the wire."""

_SHORTEST_S, _LONGEST_S = 0.5, 30.0
_HURRIED_S = 1.0
"""Between two attempts while a command waits for the broker."""
_REFUSED_S = 60.0
_LOOK_S = 1.0
"""How soon a corrected password is noticed."""
_TOLD = 100
"""Topics of too large messages that are logged."""
_STEADY_S = 10.0
"""A connection that lasted so long was a good one; the next loss starts counting anew."""


class Link:
    """The line to the broker.

    `on_up` is called at the start of every connection, `on_down` at its end, `on_message` for
    every message, `on_turn` about every second or more often while there is a connection; all on
    the link's own thread, and none can end it.
    """

    def __init__(
        self,
        login: Login,
        *,
        on_up: Callable[[], None],
        on_down: Callable[[ConnectionLost], None],
        on_message: Callable[[Incoming], None],
        on_turn: Callable[[], None] = lambda: None,
        heartbeat: Heartbeat = UNWATCHED,
    ) -> None:
        self._login = login
        self._heartbeat = heartbeat
        self._on_turn = on_turn
        self._on_up, self._on_down, self._on_message = on_up, on_down, on_message
        self._version = FIVE
        self._silent = False
        self._limits = USUAL
        self._filters: Counter[str] = Counter()
        self._loose: set[str] = set()
        self._asked: set[str] = set()
        self._too_large: set[str] = set()
        self._lock = threading.Lock()
        self._up = False
        self._lanes = Lanes()
        self._ears, self._bell = socket.socketpair()
        self._ears.setblocking(False)
        self._bell.setblocking(False)
        self._closing = threading.Event()
        self._stirred = threading.Event()
        self._hurry_until_s = 0.0
        self._close_by_s = 0.0
        self._told = self._told_limits = ""
        self._password_tried: tuple[int, ...] = ()
        self._thread = self._new_thread()

    def _new_thread(self) -> threading.Thread:
        # A daemon, for it may hang in a name lookup when everything else has ended.
        return threading.Thread(target=self._run, name="mqtt-link", daemon=True)

    @property
    def up(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._up

    @property
    def tried(self) -> bool:
        """Whether a connection has been made, or an attempt has failed."""
        return self._up or bool(self._told)

    @property
    def client_id(self) -> str:
        """What the broker knows us as."""
        return self._login.client_id

    def start(self) -> None:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._thread.start()

    def check(self) -> None:
        """Start the thread again if it has died, which nothing we know of can make it do."""
        if self._thread.ident is not None and not self._thread.is_alive() and not self._closed:
            log.error("the MQTT thread has died; starting it again")
            self._down(ConnectionLost("its thread died", Cause.NETWORK))
            self._thread = self._new_thread()
            self._thread.start()

    @property
    def _closed(self) -> bool:
        return self._closing.is_set()

    def hurry(self, until_s: float) -> None:
        """Try to connect every second, since something waits for it until then (monotonic)."""
        self._hurry_until_s = max(self._hurry_until_s, until_s)
        self._stirred.set()

    def send(self, delivery: Delivery, answer: Answer = unheard) -> None:
        """Deliver now or not at all; any thread. `answer` comes on the link's or our thread."""
        with self._lock:
            up = self._up
            left_out = self._lanes.put(delivery, answer) if up else (delivery, answer)
        if left_out:
            full = "it was replaced, or too much waits already"
            reason = full if up else "there is no connection to the broker"
            self._take_back(reason, left_out)
        self._ring()

    def _take_back(self, reason: str, *orders: Order) -> None:
        for _, answer in orders:
            answer(DeliveryResult.UNSENT, reason)

    def watch(self, *filters: str, loosely: bool = False) -> None:
        """Ask for messages on `filters`, now and in every later connection.

        Loosely is when nothing else is under way, without acknowledgements, and with MQTT 5
        without what we publish there ourselves: for what may be much, and can wait.
        """
        with self._lock:
            self._filters.update(filters)
            if loosely:
                self._loose.update(filters)
        self._ring()

    def unwatch(self, *filters: str) -> None:
        """Take one `watch` of each back; a filter somebody else still watches stays."""
        with self._lock:
            self._filters.subtract(filters)
            self._filters = +self._filters
        self._ring()

    def rename(self, client_id: str) -> None:
        """Be known as `client_id` from the next connection on."""
        self._login = replace(self._login, client_id=client_id)

    def close(self, drain_s: float) -> None:
        """Wait up to `drain_s` for the broker's answers, say goodbye, and end."""
        self._close_by_s = time.monotonic() + drain_s
        self._closing.set()
        self._stirred.set()
        self._ring()
        if self._thread.ident is not None:
            self._thread.join(drain_s + 1)
        if not self._thread.is_alive():
            self._bell.close()
            self._ears.close()

    def _ring(self) -> None:
        with suppress(OSError):  # It is ringing already, or nobody is left to hear it.
            self._bell.send(b"!")

    # On the link's thread.

    def _run(self) -> None:
        failures = 0
        while not self._closed:
            began_s = time.monotonic()
            self._heartbeat.beat()
            try:
                self._connect_and_serve()
            except ConnectionLost as lost:
                failures = 1 if time.monotonic() - began_s > _STEADY_S else failures + 1
                self._down(lost)
                self._pause(lost.cause, failures)
            except Exception:
                log.exception("a fault on the MQTT thread; it begins again")
                self._down(ConnectionLost("a fault of ours", Cause.NETWORK))
                self._pause(Cause.NETWORK, failures := failures + 1)

    def _connect_and_serve(self) -> None:
        self._password_tried = self._login.password_written()
        connection = BrokerConnection(self._login, self._version, self._hear, self._limits)
        try:
            self._open(connection)
            self._came_up(connection)
            while not (self._closed and self._finished(connection)):
                connection.turn(self._ears)
                self._heartbeat.beat()
                self._hush()
                self._ask(connection)
                self._send_waiting(connection)
                self._on_turn()
            with self._lock:
                self._up = False
            connection.close()
        finally:
            connection.drop()

    def _open(self, connection: BrokerConnection) -> None:
        try:
            connection.open(self._ears)
        except ConnectionLost as lost:
            if lost.cause is Cause.LIMITS:
                self._limits = connection.limits
            raise

    def _came_up(self, connection: BrokerConnection) -> None:
        self._asked = set()
        with self._lock:
            self._up = True
        address = self._login.address
        version = "5" if self._version == FIVE else "3.1.1"
        log.info(
            "connected to the broker %s:%d, MQTT %s",
            *(address.host, address.port, version),
            extra={"V2M_EVENT": "broker_back"},
        )
        self._told = ""
        self._limits = connection.limits
        if (sentence := self._limits.sentence()) and sentence != self._told_limits:
            log.warning("the broker %s", sentence)
            self._told_limits = sentence
        self._on_up()
        self._ask(connection)

    def _finished(self, connection: BrokerConnection) -> bool:
        owes = connection.owes or self._lanes
        return not owes or time.monotonic() > self._close_by_s

    def _hush(self) -> None:
        with suppress(BlockingIOError):
            self._ears.recv(4096)

    def _ask(self, connection: BrokerConnection) -> None:
        with self._lock:
            wanted, loose = set(self._filters), set(self._loose)
            busy = connection.owes or bool(self._lanes)
        fresh = wanted - self._asked
        strictly, loosely = fresh - loose, set() if busy else fresh & loose
        if strictly:
            connection.subscribe(sorted(strictly))
        if loosely:
            connection.subscribe(sorted(loosely), loosely=True)
        if stale := sorted(self._asked - wanted):
            connection.unsubscribe(stale)
        self._asked = (self._asked & wanted) | strictly | loosely

    def _send_waiting(self, connection: BrokerConnection) -> None:
        while True:
            with self._lock:
                order = self._lanes.take(connection.has_room)
            if order is None:
                return
            connection.publish(*order)

    def _hear(self, message: Incoming) -> None:
        if message.too_large_bytes:
            self._tell_too_large(message)
            return
        try:
            self._on_message(message)
        except Exception:
            log.exception("a fault while handling a message on %s", message.topic)

    def _tell_too_large(self, message: Incoming) -> None:
        if message.topic in self._too_large or len(self._too_large) >= _TOLD:
            return
        self._too_large.add(message.topic)
        log.warning(
            "a message of %.1f MB on %s is ignored; %s",
            message.too_large_bytes / 1e6,
            message.topic,
            "clear it, for it is retained and holds up every connection"
            if message.retained
            else "it held up what came behind it",
        )

    def _down(self, lost: ConnectionLost) -> None:
        with self._lock:
            was_up, self._up = self._up, False
            orders = self._lanes.clear()
        self._take_back(str(lost), *orders)
        self._version = self._next_version(lost.cause)
        if str(lost) != self._told and lost.cause is not Cause.LIMITS:
            address = self._login.address
            state = "lost" if was_up else "cannot reach"
            log.warning(
                "%s the broker %s:%d: %s",
                *(state, address.host, address.port, lost),
                extra={"V2M_EVENT": "broker_lost", "V2M_REASON": str(lost)},
            )
            self._told = str(lost)
        if was_up:
            self._on_down(lost)

    def _next_version(self, cause: Cause) -> int:
        """Speak 3.1.1 only to a broker that refused 5, or hung up on it twice in a row."""
        silent_before, self._silent = self._silent, cause is Cause.SILENCE
        if cause is Cause.VERSION or (self._silent and silent_before):
            self._silent = False
            return THREE if self._version == FIVE else FIVE
        return FIVE

    def _pause(self, cause: Cause, failures: int) -> None:
        """Wait longer after each failure, never all nodes of a house at the same moment."""
        refused = cause is Cause.CREDENTIALS
        if cause is Cause.LIMITS or (cause is Cause.VERSION and self._version == THREE):
            return
        away_s = min(_SHORTEST_S * 2 ** min(failures - 1, 10), _LONGEST_S)
        began_s = time.monotonic()
        until_s = began_s + (_REFUSED_S if refused else away_s) * random.uniform(0.5, 1.0)
        self._heartbeat.rest()
        while not self._closed:
            now_s = time.monotonic()
            hurried = not refused and self._hurry_until_s > now_s
            end_s = min(until_s, began_s + _HURRIED_S) if hurried else until_s
            corrected = refused and self._login.password_written() != self._password_tried
            if now_s >= end_s or corrected:
                return
            self._stirred.wait(min(end_s - now_s, _LOOK_S))
            self._stirred.clear()
