"""One connection to the broker, from its opening to its end. The only user of paho.

Theory of operation. A connection is used once: it begins with a clean session and a client
object of its own, so that nothing of an earlier one is ever sent again. It has no thread: its
owner calls `turn` over and over, and everything of paho happens inside, so that paho's
callbacks cannot meet anybody else's thread or kill one.

A delivery with a deadline goes out in two steps. First a probe (an UNSUBSCRIBE from a topic
nobody subscribes to, which every broker answers at once): a broker that is frozen, or gone
without a word, never gets the message, which would lie in the socket and be carried out when
it wakes. When the answer comes, the message follows. Since a broker reads a connection in
order, the answer to the next probe also confirms messages of QoS 0, which have no
acknowledgement of their own.
"""

import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from voice2mqtt.mqtt.broker.connect_errors import question, reason_of, refusal
from voice2mqtt.mqtt.broker.delivery import (
    Answer,
    Cause,
    ConnectionLost,
    Delivery,
    DeliveryResult,
    Incoming,
    Lane,
)
from voice2mqtt.mqtt.broker.lanes import SHARE
from voice2mqtt.mqtt.broker.limits import USUAL, BrokerLimits, limits_in
from voice2mqtt.mqtt.broker.login import Login

PATIENCE_S = 5.0
"""A broker that owes an answer for longer is taken for gone."""

_TURN_S = 1.0
_PART_BYTES = 1 << 16
_PACKETS = 50
"""Read at most before it is looked again what is to be sent."""
_FINE = MQTTErrorCode.MQTT_ERR_SUCCESS


@dataclass(slots=True)
class _Owed:
    """An answer the broker owes us."""

    since_s: float
    settle: Callable[[DeliveryResult, str], None]


class _Client(paho.Client):
    """paho's client, but it reads much at a time, and keeps no message that is too large.

    Such a one is read to its end: a broker that does not hold it back (as MQTT 5 has it) would
    send it again at every connection, so that hanging up is no way out.
    """

    largest_bytes = 0
    unread = memoryview(b"")
    skipped_bytes = 0
    """What was not kept of the message that comes next."""
    skipped_at_s = 0.0

    def _sock_recv(self, bufsize: int) -> bytes:
        """Read up to `bufsize`, which is what is left of the packet."""
        if not self.unread:
            # Each call of the system may have to wait for a busy thread of ours.
            self.unread = memoryview(super()._sock_recv(_PART_BYTES))
        part, self.unread = bytes(self.unread[:bufsize]), self.unread[bufsize:]
        packet = self._in_packet
        # The beginning is kept: it names the topic, and what has to be acknowledged.
        if bufsize <= self.largest_bytes or len(packet["packet"]) < 2 * _PART_BYTES or not part:
            return part
        packet["to_process"] -= len(part) - 1
        self.skipped_bytes += len(part) - 1
        self.skipped_at_s = time.monotonic()
        if self._ping_t:
            # The answer to it stands behind.
            self._ping_t = self.skipped_at_s
        return part[:1]


class BrokerConnection:
    """One connection; see the theory of operation above.

    Args:
        login: who we are.
        version: MQTT 5 or 3.1.1, as `5` or `4` (the number on the wire).
        on_message: is given every message; must not raise.
        limits: what is known of the broker's; after `open`, `limits` are what it said.
    """

    def __init__(
        self,
        login: Login,
        version: int,
        on_message: Callable[[Incoming], None],
        limits: BrokerLimits = USUAL,
    ) -> None:
        self._login = login
        self.limits = limits
        self._five = version == MQTTProtocolVersion.MQTTv5
        self._on_message = on_message
        self._answered = False
        self._refusal: ConnectionLost | None = None
        self._goodbye = ""
        self._owed: dict[int, _Owed] = {}
        self._settled: list[tuple[int, DeliveryResult, str]] = []
        self._held: list[tuple[Delivery, Answer]] = []
        self._unconfirmed: list[Answer] = []
        self._in_flight: Counter[Lane] = Counter()
        self._probing = False
        self._client = self._new_client(MQTTProtocolVersion(version))

    def _new_client(self, version: MQTTProtocolVersion) -> _Client:
        login, will = self._login, self._login.will
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            protocol=version,
            transport="websockets" if login.address.websocket else "tcp",
            reconnect_on_failure=False,
        )
        client.connect_timeout = PATIENCE_S
        client.largest_bytes = login.largest_bytes
        if will:
            will = self.limits.fit(will)
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        if login.address.websocket:
            client.ws_set_options(path=login.address.path)
        if login.tls:
            client.tls_set_context(login.tls)
        if login.username is not None:
            client.username_pw_set(login.username, login.password())
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_paho_message
        client.on_publish = self._on_publish
        client.on_unsubscribe = self._on_unsubscribe
        return client

    # What paho calls, inside `turn`: each only takes a note.

    def _on_connect(
        self, _c: object, _u: object, _f: object, reason: ReasonCode, said: Properties | None
    ) -> None:
        self._answered = True
        if reason.is_failure:
            self._refusal = self._refused(str(reason))
        else:
            self.limits = limits_in(said)

    def _refused(self, said: str) -> ConnectionLost:
        """Return why it will not have us; our will may be more than it takes."""
        fits = {
            "QoS not supported": replace(self.limits, qos=0),
            "Retain not supported": replace(self.limits, retain=False),
        }.get(said, self.limits)
        known, self.limits = self.limits, fits
        return (
            ConnectionLost(f"it refused us: {said}", Cause.LIMITS)
            if fits != known
            else refusal(said)
        )

    def _on_disconnect(
        self, _c: object, _u: object, flags: paho.DisconnectFlags, reason: ReasonCode, _p: object
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._goodbye = str(reason)

    def _on_paho_message(self, _c: object, _u: object, got: paho.MQTTMessage) -> None:
        skipped_bytes, self._client.skipped_bytes = self._client.skipped_bytes, 0
        message = Incoming(got.topic, bytes(got.payload), got.retain)
        if skipped_bytes:
            size_bytes = skipped_bytes + len(message.payload)
            message = replace(message, payload=b"", too_large_bytes=size_bytes)
        self._on_message(message)

    def _on_publish(self, _c: object, _u: object, mid: int, reason: ReasonCode, _p: object) -> None:
        fate = DeliveryResult.REFUSED if reason.is_failure else DeliveryResult.CONFIRMED
        self._settled.append((mid, fate, str(reason) if reason.value else ""))

    def _on_unsubscribe(self, _c: object, _u: object, mid: int, _r: object, _p: object) -> None:
        self._settled.append((mid, DeliveryResult.CONFIRMED, ""))

    # What our owner calls.

    def open(self, wake: socket.socket) -> None:
        """Connect and wait for the broker's welcome.

        Raises:
            ConnectionLost: there is no way to it, or it will not have us.
        """
        address = self._login.address
        wishes = None
        if self._five:
            wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
            wishes.MaximumPacketSize = self._login.largest_bytes
        try:
            self._client.connect(
                address.host, address.port, self._login.keepalive_s, properties=wishes
            )
        except (OSError, ValueError) as error:
            raise ConnectionLost(reason_of(error, address), Cause.NETWORK) from error
        self._await_welcome(wake)
        if self._refusal:
            raise self._refusal

    def _is_answered(self) -> bool:
        return self._answered

    def _await_welcome(self, wake: socket.socket) -> None:
        address = self._login.address
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._is_answered():
            try:
                self.turn(wake)
            except ConnectionLost as lost:
                if self._is_answered():
                    return
                why = f"it hung up before it answered ({question(address)})"
                raise ConnectionLost(why, Cause.SILENCE) from lost
            if time.monotonic() > deadline_s:
                reason = f"it takes the connection but does not answer ({question(address)})"
                raise ConnectionLost(reason, Cause.NETWORK)

    def turn(self, wake: socket.socket) -> None:
        """Move what there is to move, both ways; return when `wake` is readable or time passes.

        Raises:
            ConnectionLost: the connection is gone. Every delivery has been answered.
        """
        link = self._client.socket()
        if link is None:
            raise self._lost("it closed the connection")
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        writes = select.POLLOUT if self._client.want_write() else 0
        poll.register(link.fileno(), select.POLLIN | writes)
        buffered = self._client.unread or getattr(link, "pending", lambda: 0)()
        happened = dict(poll.poll(0 if buffered else _TURN_S * 1000)).get(link.fileno(), 0)
        result = _FINE
        if buffered or happened & ~select.POLLOUT:
            result = self._read()
        if result == _FINE and happened & select.POLLOUT:
            result = self._client.loop_write()
        if result == _FINE:
            result = self._client.loop_misc()
        self._settle()
        if result != _FINE:
            raise self._lost(_spoken(result))
        if self._is_silent():
            raise self._lost(f"it gave no answer for {PATIENCE_S:.0f} s")

    def _read(self) -> MQTTErrorCode:
        for _ in range(_PACKETS):
            result = self._client.loop_read()
            if result != _FINE or not self._client.unread:
                break
        return result

    def _is_silent(self) -> bool:
        """Whether the broker owes an answer for too long; one that is sending is not silent."""
        if not self._owed:
            return False
        since_s = next(iter(self._owed.values())).since_s
        return max(since_s, self._client.skipped_at_s) < time.monotonic() - PATIENCE_S

    def subscribe(self, filters: Collection[str], *, loosely: bool = False) -> None:
        """Ask for what is published on `filters`, retained messages first.

        Loosely is without acknowledgements, and with MQTT 5 without what we publish ourselves.
        """
        qos = 0 if loosely else 1
        if self._five:
            options = SubscribeOptions(qos=qos, noLocal=loosely)
            self._client.subscribe([(each, options) for each in filters])
        else:
            self._client.subscribe([(each, qos) for each in filters])

    def unsubscribe(self, filters: Collection[str]) -> None:
        """No longer ask for them."""
        self._client.unsubscribe(list(filters))

    def publish(self, delivery: Delivery, answer: Answer) -> None:
        """Deliver, in two steps where there is a deadline; `answer` is called on this thread."""
        if fault := self.limits.fault_of(delivery):
            answer(DeliveryResult.REFUSED, fault)
            return
        self._in_flight[delivery.lane] += 1

        def answered(fate: DeliveryResult, reason: str) -> None:
            self._in_flight[delivery.lane] -= 1
            answer(fate, reason)

        if delivery.deadline_s is None:
            self._hand_over(self.limits.fit(delivery), answered, None)
        else:
            self._held.append((self.limits.fit(delivery), answered))
        if (self._held or self._unconfirmed) and not self._probing:
            self._probe()

    def close(self) -> None:
        """Say goodbye, so that the broker does not publish our will."""
        self._client.disconnect()

    def drop(self) -> None:
        """Let go of the socket, if it is still there, without a word; answer what is not yet."""
        if link := self._client.socket():
            link.close()
        self._give_up("the connection was dropped")

    @property
    def owes(self) -> bool:
        """Whether anything still waits for the broker's answer."""
        return bool(self._owed or self._held or self._unconfirmed)

    def has_room(self, lane: Lane) -> bool:
        """Whether another message of `lane` would go out at once."""
        all_in_flight = self._in_flight.total()
        return self._in_flight[lane] < SHARE[lane] and all_in_flight < self.limits.in_flight

    # Deliveries under way.

    def _probe(self) -> None:
        sent_s, covered = time.monotonic(), self._unconfirmed

        def answered(fate: DeliveryResult, reason: str) -> None:
            self._probing = False
            for answer in covered:
                answer(fate, reason)
            if fate is DeliveryResult.CONFIRMED:
                self._release(time.monotonic() - sent_s)

        _, mid = self._client.unsubscribe(f"{self._login.client_id}/probe")
        if mid is not None:
            self._unconfirmed, self._probing = [], True
            self._owe(mid, answered)
        # Else it broke just now, and the next turn answers everybody.

    def _release(self, round_trip_s: float) -> None:
        """Hand over what waited for a sign of life, as long as it can still arrive in time."""
        held, self._held = self._held, []
        now_s = time.monotonic()
        for delivery, answer in held:
            assert delivery.deadline_s is not None
            left_s = delivery.deadline_s - now_s
            # At QoS 2 the broker passes it on after a second round trip.
            if left_s > round_trip_s * max(1, delivery.qos):
                self._hand_over(delivery, answer, left_s)
            else:
                answer(DeliveryResult.UNSENT, "too late")
        if self._unconfirmed or self._held:
            self._probe()

    def _hand_over(self, delivery: Delivery, answer: Answer, left_s: float | None) -> None:
        properties = None
        if self._five and left_s is not None and not delivery.retain:
            # What a retained message says stays true; only the act of saying it can be late.
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's
            properties.MessageExpiryInterval = max(1, int(left_s))
        sent = self._client.publish(
            delivery.topic, delivery.payload, delivery.qos, delivery.retain, properties
        )
        if delivery.qos:
            self._owe(sent.mid, answer)
        else:
            self._unconfirmed.append(answer)

    def _owe(self, mid: int, settle: Callable[[DeliveryResult, str], None]) -> None:
        self._owed[mid] = _Owed(time.monotonic(), settle)

    def _settle(self) -> None:
        settled, self._settled = self._settled, []
        for mid, fate, reason in settled:
            if owed := self._owed.pop(mid, None):
                owed.settle(fate, reason)

    def _lost(self, reason: str) -> ConnectionLost:
        self._give_up(reason)
        taken = self._goodbye == "Session taken over"
        return ConnectionLost(self._goodbye or reason, Cause.TAKEN_OVER if taken else Cause.NETWORK)

    def _give_up(self, reason: str) -> None:
        held, self._held = self._held, []
        for _, answer in held:
            answer(DeliveryResult.UNSENT, reason)
        owed, self._owed = list(self._owed.values()), {}
        unconfirmed, self._unconfirmed = self._unconfirmed, []
        for settle in [*(each.settle for each in owed), *unconfirmed]:
            settle(DeliveryResult.UNKNOWN, reason)


def _spoken(code: MQTTErrorCode) -> str:
    known = {
        MQTTErrorCode.MQTT_ERR_CONN_LOST: "it closed the connection",
        MQTTErrorCode.MQTT_ERR_KEEPALIVE: "it did not answer the keepalive",
        MQTTErrorCode.MQTT_ERR_PROTOCOL: "it sent something that is not MQTT",
    }
    return known.get(code, paho.error_string(code))
