"""One MQTT connection as paho makes it; paho is imported here and nowhere else.

It has no thread: everything of paho, its callbacks included, runs inside `connect` and `turn`.
The callbacks only record what came, and the owner collects it after each turn. So paho's code
never runs on somebody else's thread, and an exception of ours cannot end a thread of paho's.
"""

import select
import socket
import time
from collections.abc import Callable, Collection
from dataclasses import replace

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from voice2mqtt.mqtt.broker.connect_errors import reason_of, refusal
from voice2mqtt.mqtt.broker.delivery import (
    Cause,
    ConnectionLost,
    Delivery,
    DeliveryResult,
    Incoming,
)
from voice2mqtt.mqtt.broker.limits import BrokerLimits, limits_in
from voice2mqtt.mqtt.broker.login import Login

_POLL_S = 1.0
"""Longest wait in one turn: `Link` promises its `on_turn` about every second."""
_READ_BYTES = 1 << 16
"""Read from the socket at once; set by hand."""
_PACKETS = 50
"""Handled at most in one turn, so that a flood from the broker holds up no message of ours."""
_OK = MQTTErrorCode.MQTT_ERR_SUCCESS
_FIRST_FAILURE = 0x80
"""Reason codes of MQTT 5 from here on are failures."""

Acknowledgement = tuple[int, DeliveryResult, str]
"""Packet identifier, what the broker said to it, and its reason."""


class _BufferedClient(paho.Client):
    """paho's client with a read buffer, and without keeping messages that are too large.

    Such a message is read to its end and thrown away. To hang up instead would not help: over
    MQTT 3.1.1 the broker would send it again at every connection.
    """

    largest_bytes = 0
    unread = memoryview(b"")
    skipped_bytes = 0
    """Of the message being read, how much was thrown away."""
    skipped_at_s = 0.0
    on_pubrec: Callable[[int, int], None] | None = None
    """Given packet identifier and reason code in place of releasing a message of QoS 2."""

    def _handle_pubrec(self) -> MQTTErrorCode:
        if self.on_pubrec is None:
            return super()._handle_pubrec()
        packet = bytes(self._in_packet["packet"])
        self.on_pubrec(int.from_bytes(packet[:2]), packet[2] if len(packet) > 2 else 0)
        return _OK

    def _sock_recv(self, bufsize: int) -> bytes:
        """Return up to `bufsize` bytes, which is what is left of the packet."""
        if not self.unread:
            # After each system call this thread may have to wait for the interpreter lock.
            self.unread = memoryview(super()._sock_recv(_READ_BYTES))
        part, self.unread = bytes(self.unread[:bufsize]), self.unread[bufsize:]
        packet = self._in_packet
        # The beginning is kept: it has the topic and the packet identifier to acknowledge.
        if bufsize <= self.largest_bytes or len(packet["packet"]) < 2 * _READ_BYTES or not part:
            return part
        packet["to_process"] -= len(part) - 1
        self.skipped_bytes += len(part) - 1
        self.skipped_at_s = time.monotonic()
        if self._ping_t:
            # The answer to our ping is behind this message.
            self._ping_t = self.skipped_at_s
        return part[:1]


class PahoClient:
    """One connection, used once.

    Args:
        login: who we are.
        version: protocol level on the wire: `5` for MQTT 5, `4` for 3.1.1.
        limits: what is known of the broker's; once it has answered, `limits` are what it said.
        on_message: given every message, inside `turn`; must not raise.
        timeout_s: how long to wait for the TCP connection.
    """

    def __init__(
        self,
        login: Login,
        version: int,
        limits: BrokerLimits,
        on_message: Callable[[Incoming], None],
        *,
        timeout_s: float,
    ) -> None:
        self._login = login
        self._is_mqtt5 = version == MQTTProtocolVersion.MQTTv5
        self._on_message = on_message
        self._acknowledged: list[Acknowledgement] = []
        self.limits = limits
        self._answered = False
        self.refusal: ConnectionLost | None = None
        self.disconnect_reason = ""
        """What the broker said when it ended the connection."""
        self._client = self._new_client(MQTTProtocolVersion(version), timeout_s)

    def _new_client(self, version: MQTTProtocolVersion, timeout_s: float) -> _BufferedClient:
        login, will = self._login, self._login.will
        client = _BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            protocol=version,
            transport="websockets" if login.address.websocket else "tcp",
            reconnect_on_failure=False,
        )
        client.connect_timeout = timeout_s
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

    @property
    def skipped_at_s(self) -> float:
        """When a part of a message that is too large came last (monotonic)."""
        return self._client.skipped_at_s

    def has_answered(self) -> bool:
        """Return whether the broker has answered our CONNECT, with a welcome or a refusal."""
        return self._answered

    def connect(self) -> None:
        """Open the connection and send CONNECT; the answer comes in a later turn.

        Raises:
            ConnectionLost: the broker cannot be reached.
        """
        address = self._login.address
        properties = None
        if self._is_mqtt5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
            properties.MaximumPacketSize = self._login.largest_bytes
        try:
            self._client.connect(
                address.host, address.port, self._login.keepalive_s, properties=properties
            )
        except (OSError, ValueError) as error:
            raise ConnectionLost(reason_of(error, address), Cause.NETWORK) from error

    def turn(self, wake: socket.socket) -> str:
        """Read and write what there is; wait until `wake` is readable or a second has passed.

        Return why the connection is gone; "" if it is not.
        """
        broker = self._client.socket()
        if broker is None:
            return "it closed the connection"
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        writes = select.POLLOUT if self._client.want_write() else 0
        poll.register(broker.fileno(), select.POLLIN | writes)
        buffered = self._client.unread or getattr(broker, "pending", lambda: 0)()
        ready = dict(poll.poll(0 if buffered else _POLL_S * 1000)).get(broker.fileno(), 0)
        result = _OK
        if buffered or ready & ~select.POLLOUT:
            result = self._read()
        if result == _OK and ready & select.POLLOUT:
            result = self._client.loop_write()
        if result == _OK:
            result = self._client.loop_misc()
        return "" if result == _OK else _described(result)

    def _read(self) -> MQTTErrorCode:
        for _ in range(_PACKETS):
            result = self._client.loop_read()
            if result != _OK or not self._client.unread:
                break
        return result

    def take_acknowledged(self) -> list[Acknowledgement]:
        """Return what the broker has acknowledged since the last call."""
        acknowledged, self._acknowledged = self._acknowledged, []
        return acknowledged

    def subscribe(self, filters: Collection[str], *, background: bool = False) -> None:
        """Subscribe to `filters`; `background` is QoS 0 and, with MQTT 5, without our own."""
        qos = 0 if background else 1
        if self._is_mqtt5:
            options = SubscribeOptions(qos=qos, noLocal=background)
            self._client.subscribe([(each, options) for each in filters])
        else:
            self._client.subscribe([(each, qos) for each in filters])

    def unsubscribe(self, filters: Collection[str]) -> int | None:
        """Unsubscribe; return the packet identifier, or None if the connection just broke."""
        return self._client.unsubscribe(list(filters))[1]

    def publish(self, delivery: Delivery, expires_in_s: float | None) -> int:
        """Hand over; return the packet identifier. MQTT 5 has the message expire."""
        properties = None
        if self._is_mqtt5 and expires_in_s is not None and not delivery.retain:
            # A retained message describes a state, which stays true; only a command gets stale.
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's
            properties.MessageExpiryInterval = max(1, int(expires_in_s))
        return self._client.publish(
            delivery.topic, delivery.payload, delivery.qos, delivery.retain, properties
        ).mid

    def try_publish(self, topic: str) -> int:
        """Hand over an empty message that is never released; return the packet identifier.

        With QoS 2 a broker says whether a message may be published before it is released, and
        mosquitto passes it on only then. Every later message of QoS 2 is held as well.
        """
        self._client.on_pubrec = self._on_pubrec
        return self._client.publish(topic, b"", qos=2).mid

    def disconnect(self) -> None:
        """Send DISCONNECT, so that the broker does not publish our will."""
        self._client.disconnect()

    def close_socket(self) -> None:
        """Close the socket, if it is still there, without DISCONNECT."""
        if broker := self._client.socket():
            broker.close()

    # paho's callbacks, inside `connect` and `turn`.

    def _on_connect(
        self, _c: object, _u: object, _f: object, reason: ReasonCode, said: Properties | None
    ) -> None:
        self._answered = True
        if reason.is_failure:
            self.refusal = self._refused(str(reason))
        else:
            self.limits = limits_in(said)

    def _refused(self, said: str) -> ConnectionLost:
        """Return why it refused us; where our will is more than it takes, learn that limit."""
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
            self.disconnect_reason = str(reason)

    def _on_paho_message(self, _c: object, _u: object, got: paho.MQTTMessage) -> None:
        skipped_bytes, self._client.skipped_bytes = self._client.skipped_bytes, 0
        message = Incoming(got.topic, bytes(got.payload), got.retain)
        if skipped_bytes:
            size_bytes = skipped_bytes + len(message.payload)
            message = replace(message, payload=b"", too_large_bytes=size_bytes)
        self._on_message(message)

    def _on_publish(self, _c: object, _u: object, mid: int, reason: ReasonCode, _p: object) -> None:
        result = DeliveryResult.REFUSED if reason.is_failure else DeliveryResult.CONFIRMED
        self._acknowledged.append((mid, result, str(reason) if reason.value else ""))

    def _on_pubrec(self, mid: int, code: int) -> None:
        refused = code >= _FIRST_FAILURE
        result = DeliveryResult.REFUSED if refused else DeliveryResult.CONFIRMED
        self._acknowledged.append((mid, result, ""))

    def _on_unsubscribe(self, _c: object, _u: object, mid: int, _r: object, _p: object) -> None:
        self._acknowledged.append((mid, DeliveryResult.CONFIRMED, ""))


def _described(code: MQTTErrorCode) -> str:
    known = {
        MQTTErrorCode.MQTT_ERR_CONN_LOST: "it closed the connection",
        MQTTErrorCode.MQTT_ERR_KEEPALIVE: "it did not answer the keepalive",
        MQTTErrorCode.MQTT_ERR_PROTOCOL: "it sent something that is not MQTT",
    }
    return known.get(code, paho.error_string(code))
