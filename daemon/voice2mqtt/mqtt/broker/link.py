"""The link to the broker: one connection after another, for as long as the daemon runs.

It waits for a broker that cannot be reached, logs the reason once, and knows nothing of what the
messages mean. What cannot be sent now is handed back at once: the outbox waits until a deadline.
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

from voice2mqtt import clock
from voice2mqtt.core.heartbeat import UNWATCHED, Heartbeat
from voice2mqtt.mqtt.broker.connection import BrokerConnection
from voice2mqtt.mqtt.broker.delivery import (
    Cause,
    ConnectionLost,
    Delivery,
    DeliveryResult,
    Incoming,
    OnResult,
    ignore_result,
)
from voice2mqtt.mqtt.broker.lanes import Lanes, QueuedDelivery
from voice2mqtt.mqtt.broker.limits import USUAL
from voice2mqtt.mqtt.broker.login import Login
from voice2mqtt.settings.file_changes import FileVersion

log = logging.getLogger(__name__)

RETAINED_PAUSE_S = 1.0
"""A broker sends retained messages in one go; after such a pause all have come. Set by hand."""

MQTT_5, MQTT_3_1_1 = 5, 4
"""Protocol levels of MQTT 5 and MQTT 3.1.1 on the wire."""

_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 0.5, 30.0
"""With jitter; set by hand."""
_QUICK_ATTEMPTS = 40
"""A broker that is started again is back within a quarter of a minute; after so many failed
attempts the pause is doubled each time. Set by hand."""
_FAST_RETRY_S = 1.0
"""Between two attempts while a command waits for the broker; set by hand."""
_REFUSED_BACKOFF_S = 60.0
"""After a refused password, unless its file is written; set by hand."""
_PASSWORD_POLL_S = 1.0
"""How often the password file is looked at while we back off."""
_MOST_TOPICS_LOGGED = 100
"""Topics of messages that are too large, each logged once; set by hand."""
_MOVES_ON = {Cause.NETWORK, Cause.CREDENTIALS, Cause.SILENCE}
"""After these another broker is tried, if there is one."""
_STABLE_AFTER_S = 10.0
"""After a connection that lasted so long the backoff begins anew; set by hand."""


class Link:
    """The link to the broker.

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
        self._version = MQTT_5
        self._hung_up_before = False
        self._limits = USUAL
        self._filters: Counter[str] = Counter()
        self._background_filters: set[str] = set()
        self._subscribed: set[str] = set()
        self._too_large_topics: set[str] = set()
        self._lock = threading.Lock()
        self.up = False
        """Whether there is a connection at this moment."""
        self._lanes = Lanes()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._closing = threading.Event()
        self._interrupt_backoff = threading.Event()
        self._retry_fast_until_s = 0.0
        self._close_by_s = 0.0
        self._last_reason = self._last_limits = ""
        self._password_tried: FileVersion = None
        self._thread = self._new_thread()

    def _new_thread(self) -> threading.Thread:
        # A daemon thread: it may hang in a name lookup when everything else has ended.
        return threading.Thread(target=self._run, name="mqtt-link", daemon=True)

    @property
    def tried(self) -> bool:
        """Whether a connection has been made, or an attempt has failed."""
        return self.up or bool(self._last_reason)

    @property
    def client_id(self) -> str:
        """What the broker knows us as."""
        return self._login.client_id

    def start(self) -> None:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._thread.start()

    def restart_if_dead(self) -> None:
        """Start the thread again if it has died, which nothing we know of can make it do."""
        if (
            self._thread.ident is not None
            and not self._thread.is_alive()
            and not self._closing.is_set()
        ):
            log.error("the MQTT thread has died; starting it again")
            self._down(ConnectionLost("its thread died", Cause.NETWORK))
            self._thread = self._new_thread()
            self._thread.start()

    def retry_fast(self, until_s: float) -> None:
        """Try to connect every second until `until_s`: a command waits for it."""
        self._retry_fast_until_s = max(self._retry_fast_until_s, until_s)
        self._interrupt_backoff.set()

    def send(self, delivery: Delivery, on_result: OnResult = ignore_result) -> None:
        """Deliver now or not at all; any thread.

        `on_result` is called once, on the caller's or the link's thread.
        """
        with self._lock:
            up = self.up
            unsent = self._lanes.put(delivery, on_result) if up else (delivery, on_result)
        if unsent:
            full = "it was replaced, or too much waits already"
            reason = full if up else "there is no connection to the broker"
            self._return_unsent(reason, unsent)
        self._wake()

    def _return_unsent(self, reason: str, *queued: QueuedDelivery) -> None:
        for _, on_result in queued:
            on_result(DeliveryResult.UNSENT, reason)

    def subscribe(self, *filters: str, background: bool = False) -> None:
        """Ask for messages on `filters`, now and in every later connection.

        `background` is for filters that may bring much and can wait: it is asked for when nothing
        else is in flight, without acknowledgements, and with MQTT 5 without what we publish.
        """
        with self._lock:
            self._filters.update(filters)
            if background:
                self._background_filters.update(filters)
        self._wake()

    def unsubscribe(self, *filters: str) -> None:
        """Undo one `subscribe` of each; a filter stays as long as another one asked for it."""
        with self._lock:
            self._filters.subtract(filters)
            self._filters = +self._filters
        self._wake()

    def rename(self, client_id: str) -> None:
        """Be known as `client_id` from the next connection on."""
        self._login = replace(self._login, client_id=client_id)

    def close(self, drain_s: float) -> None:
        """Wait up to `drain_s` for the broker's answers, say goodbye, and end."""
        self._close_by_s = time.monotonic() + drain_s
        self._closing.set()
        self._interrupt_backoff.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(drain_s + 1)
        if not self._thread.is_alive():
            self._wake_writer.close()
            self._wake_reader.close()

    def _wake(self) -> None:
        # It fails when the buffer is full, so that it will wake anyway, or after `close`.
        with suppress(OSError):
            self._wake_writer.send(b"!")

    # On the link's thread.

    def _run(self) -> None:
        failures = 0
        while not self._closing.is_set():
            began_s = time.monotonic()
            self._heartbeat.beat()
            try:
                self._connect_and_serve()
            except ConnectionLost as lost:
                failures = 1 if time.monotonic() - began_s > _STABLE_AFTER_S else failures + 1
                self._down(lost)
                self._back_off(lost.cause, failures)
            except Exception:
                log.exception("a fault on the MQTT thread; it begins again")
                self._down(ConnectionLost("a fault of ours", Cause.NETWORK))
                self._back_off(Cause.NETWORK, failures := failures + 1)

    def _connect_and_serve(self) -> None:
        self._password_tried = self._login.password_file_version()
        connection = BrokerConnection(
            self._login, self._version, self._handle_message, self._limits
        )
        try:
            self._open(connection)
            self._came_up(connection)
            while not (self._closing.is_set() and self._may_end(connection)):
                connection.turn(self._wake_reader)
                self._heartbeat.beat()
                self._clear_wake()
                self._update_subscriptions(connection)
                self._send_waiting(connection)
                self._on_turn()
            with self._lock:
                self.up = False
            connection.close()
        finally:
            connection.drop()

    def _open(self, connection: BrokerConnection) -> None:
        try:
            connection.open(self._wake_reader)
        except ConnectionLost as lost:
            if lost.cause is Cause.LIMITS:
                self._limits = connection.limits
            raise

    def _came_up(self, connection: BrokerConnection) -> None:
        self._subscribed = set()
        with self._lock:
            self.up = True
        address = self._login.address
        version = "5" if self._version == MQTT_5 else "3.1.1"
        log.info(
            "connected to the broker %s:%d, MQTT %s",
            *(address.host, address.port, version),
            extra={"V2M_EVENT": "broker_back"},
        )
        self._last_reason = ""
        self._limits = connection.limits
        if (sentence := self._limits.sentence()) and sentence != self._last_limits:
            log.warning("the broker %s", sentence)
            self._last_limits = sentence
        self._on_up()
        self._update_subscriptions(connection)

    def _may_end(self, connection: BrokerConnection) -> bool:
        busy = connection.waits_for_broker or self._lanes
        return not busy or time.monotonic() > self._close_by_s

    def _clear_wake(self) -> None:
        with suppress(BlockingIOError):
            self._wake_reader.recv(4096)

    def _update_subscriptions(self, connection: BrokerConnection) -> None:
        with self._lock:
            wanted = set(self._filters)
            missing = wanted - self._subscribed
            background = missing & self._background_filters
            busy = connection.waits_for_broker or bool(self._lanes)
        at_once = missing - background
        if busy:
            background = set()
        if at_once:
            connection.subscribe(sorted(at_once))
        if background:
            connection.subscribe(sorted(background), background=True)
        if stale := sorted(self._subscribed - wanted):
            connection.unsubscribe(stale)
        self._subscribed = (self._subscribed & wanted) | at_once | background

    def _send_waiting(self, connection: BrokerConnection) -> None:
        while True:
            with self._lock:
                queued = self._lanes.take(connection.has_room)
            if queued is None:
                return
            connection.publish(*queued)

    def _handle_message(self, message: Incoming) -> None:
        if message.too_large_bytes:
            self._log_too_large(message)
            return
        try:
            self._on_message(message)
        except Exception:
            log.exception("a fault while handling a message on %s", message.topic)

    def _log_too_large(self, message: Incoming) -> None:
        logged = self._too_large_topics
        if message.topic in logged or len(logged) >= _MOST_TOPICS_LOGGED:
            return
        logged.add(message.topic)
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
            was_up, self.up = self.up, False
            queued = self._lanes.clear()
        self._return_unsent(str(lost), *queued)
        self._version = self._next_version(lost.cause)
        if str(lost) != self._last_reason and lost.cause is not Cause.LIMITS:
            address = self._login.address
            state = "lost" if was_up else "cannot reach"
            log.warning(
                "%s the broker %s:%d: %s",
                *(state, address.host, address.port, lost),
                extra={"V2M_EVENT": "broker_lost", "V2M_REASON": str(lost)},
            )
            self._last_reason = str(lost)
        if lost.cause in _MOVES_ON:
            self._login = self._login.moved_on()
        if was_up:
            self._on_down(lost)

    def _next_version(self, cause: Cause) -> int:
        """Speak 3.1.1 only to a broker that refused 5, or hung up on it twice in a row."""
        silent_before, self._hung_up_before = self._hung_up_before, cause is Cause.SILENCE
        if cause is Cause.VERSION or (self._hung_up_before and silent_before):
            self._hung_up_before = False
            return MQTT_3_1_1 if self._version == MQTT_5 else MQTT_5
        return MQTT_5

    def _back_off(self, cause: Cause, failures: int) -> None:
        """Wait before the next attempt, longer each time, with jitter so that nodes spread out.

        It ends early when a command waits for the broker, or the password file was written.
        """
        refused = cause is Cause.CREDENTIALS
        if cause is Cause.LIMITS or (cause is Cause.VERSION and self._version == MQTT_3_1_1):
            return
        doublings = min(max(0, failures - _QUICK_ATTEMPTS), 10)
        backoff_s = min(_FIRST_BACKOFF_S * 2**doublings, _LONGEST_BACKOFF_S)
        began_s = clock.now_s()
        until_s = began_s + (_REFUSED_BACKOFF_S if refused else backoff_s) * random.uniform(
            0.5, 1.0
        )
        self._heartbeat.pause()
        while not self._closing.is_set():
            now_s = clock.now_s()
            retry_fast = not refused and self._retry_fast_until_s > now_s
            end_s = min(until_s, began_s + _FAST_RETRY_S) if retry_fast else until_s
            corrected = refused and self._login.password_file_version() != self._password_tried
            if now_s >= end_s or corrected:
                return
            self._interrupt_backoff.wait(min(end_s - now_s, _PASSWORD_POLL_S))
            self._interrupt_backoff.clear()
