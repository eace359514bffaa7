"""One connection to the broker, from its opening to its end: which messages are in flight.

A connection is used once. It begins with a clean session and a paho client of its own, so that
nothing of an earlier one is ever sent again. It has no thread: its owner calls `turn` in a loop.

A delivery with a deadline goes out in two steps. First a probe: an UNSUBSCRIBE from a topic that
nobody subscribes to, which every broker answers at once. A broker that is frozen, or gone without
a word, never gets the message, which would otherwise lie in the socket and be carried out when it
wakes. When the answer comes, the message follows. A broker handles the packets of a connection in
order, so the answer to the next probe also confirms messages of QoS 0, which have no
acknowledgement of their own.
"""

import math
import socket
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from voice2mqtt import clock
from voice2mqtt.mqtt.broker.connect_errors import question
from voice2mqtt.mqtt.broker.delivery import (
    Cause,
    ConnectionLost,
    Delivery,
    DeliveryResult,
    Incoming,
    Lane,
    OnResult,
)
from voice2mqtt.mqtt.broker.lanes import SHARE
from voice2mqtt.mqtt.broker.limits import USUAL, BrokerLimits
from voice2mqtt.mqtt.broker.login import Login
from voice2mqtt.mqtt.broker.paho_client import PahoClient

RESPONSE_TIMEOUT_S = 5.0
"""A broker that has not answered a packet for longer is taken for gone; set by hand."""


@dataclass(slots=True)
class _Unacknowledged:
    """A packet that the broker has to acknowledge."""

    sent_s: float
    on_result: OnResult


class BrokerConnection:
    """One connection; see the top of the file.

    Args:
        login: who we are.
        version: protocol level on the wire: `5` for MQTT 5, `4` for 3.1.1.
        on_message: given every message; must not raise.
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
        self._unacknowledged: dict[int, _Unacknowledged] = {}
        """By packet identifier, oldest first."""
        self._held: list[tuple[Delivery, OnResult]] = []
        """Not sent before the next probe is answered."""
        self._unconfirmed: list[OnResult] = []
        """Sent at QoS 0, to be confirmed by the next probe."""
        self._in_flight: Counter[Lane] = Counter()
        self._probing = False
        self._client = PahoClient(login, version, limits, on_message, timeout_s=RESPONSE_TIMEOUT_S)

    @property
    def limits(self) -> BrokerLimits:
        """What the broker takes, as far as it has said."""
        return self._client.limits

    def open(self, wake: socket.socket) -> None:
        """Connect and wait for the broker's welcome.

        Raises:
            ConnectionLost: the broker cannot be reached, or refuses us.
        """
        self._client.connect()
        self._await_welcome(wake)
        if self._client.refusal:
            raise self._client.refusal

    def _await_welcome(self, wake: socket.socket) -> None:
        address = self._login.address
        deadline_s = time.monotonic() + RESPONSE_TIMEOUT_S
        while not self._client.has_answered():
            try:
                self.turn(wake)
            except ConnectionLost as lost:
                if self._client.has_answered():
                    return
                why = f"it hung up before it answered ({question(address)})"
                raise ConnectionLost(why, Cause.SILENCE) from lost
            if time.monotonic() > deadline_s:
                reason = f"it takes the connection but does not answer ({question(address)})"
                raise ConnectionLost(reason, Cause.NETWORK)

    def turn(self, wake: socket.socket) -> None:
        """Read and write what there is; wait until `wake` is readable or a second has passed.

        Raises:
            ConnectionLost: the connection is gone. Every delivery has had its result.
        """
        reason = self._client.turn(wake)
        for mid, result, said in self._client.take_acknowledged():
            if packet := self._unacknowledged.pop(mid, None):
                packet.on_result(result, said)
        if reason:
            raise self._lost(reason)
        if self._is_silent():
            raise self._lost(f"it gave no answer for {RESPONSE_TIMEOUT_S:.0f} s")

    def _is_silent(self) -> bool:
        """Whether an acknowledgement is overdue; a broker that is sending is not silent."""
        if not self._unacknowledged:
            return False
        sent_s = next(iter(self._unacknowledged.values())).sent_s
        return max(sent_s, self._client.skipped_at_s) < time.monotonic() - RESPONSE_TIMEOUT_S

    def subscribe(self, filters: Collection[str], *, background: bool = False) -> None:
        """Ask for what is published on `filters`, retained messages first.

        `background` is without acknowledgements, and with MQTT 5 without what we publish.
        """
        self._client.subscribe(filters, background=background)

    def unsubscribe(self, filters: Collection[str]) -> None:
        """No longer ask for them."""
        self._client.unsubscribe(filters)

    def publish(self, delivery: Delivery, on_result: OnResult) -> None:
        """Deliver, in two steps where there is a deadline; `on_result` is called in `turn`."""
        if fault := self.limits.fault_of(delivery):
            on_result(DeliveryResult.REFUSED, fault)
            return
        self._in_flight[delivery.lane] += 1

        def finished(result: DeliveryResult, reason: str) -> None:
            self._in_flight[delivery.lane] -= 1
            on_result(result, reason)

        if math.isinf(delivery.deadline_s):
            self._send(self.limits.fit(delivery), finished, None)
        else:
            self._held.append((self.limits.fit(delivery), finished))
        if (self._held or self._unconfirmed) and not self._probing:
            self._probe()

    def try_publish(self, topic: str, on_result: OnResult) -> None:
        """Ask whether we may publish to `topic`; see `PahoClient.try_publish`."""
        mid = self._client.try_publish(topic)
        self._unacknowledged[mid] = _Unacknowledged(time.monotonic(), on_result)

    def close(self) -> None:
        """Say goodbye, so that the broker does not publish our will."""
        self._client.disconnect()

    def drop(self) -> None:
        """Close the socket, if it is still there, without a word; give up what is in flight."""
        self._client.close_socket()
        self._give_up("the connection was dropped")

    @property
    def waits_for_broker(self) -> bool:
        """Whether an answer of the broker is still to come."""
        return bool(self._unacknowledged or self._held or self._unconfirmed)

    def has_room(self, lane: Lane) -> bool:
        """Whether another message of `lane` would go out at once."""
        all_in_flight = self._in_flight.total()
        return self._in_flight[lane] < SHARE[lane] and all_in_flight < self.limits.in_flight

    def _probe(self) -> None:
        sent_s, covered = clock.now_s(), self._unconfirmed

        def answered(result: DeliveryResult, reason: str) -> None:
            self._probing = False
            for on_result in covered:
                on_result(result, reason)
            if result is DeliveryResult.CONFIRMED:
                self._release(clock.now_s() - sent_s)

        mid = self._client.unsubscribe([f"{self._login.client_id}/probe"])
        if mid is not None:
            self._unconfirmed, self._probing = [], True
            self._unacknowledged[mid] = _Unacknowledged(time.monotonic(), answered)
        # Else the connection broke just now, and the next turn gives all of them up.

    def _release(self, round_trip_s: float) -> None:
        """Send what was held for the probe, as long as it can still arrive in time."""
        held, self._held = self._held, []
        now_s = clock.now_s()
        for delivery, on_result in held:
            left_s = delivery.deadline_s - now_s
            # At QoS 2 the broker passes it on after a second round trip.
            if left_s > round_trip_s * max(1, delivery.qos):
                self._send(delivery, on_result, left_s)
            else:
                on_result(DeliveryResult.UNSENT, "too late")
        if self._unconfirmed or self._held:
            self._probe()

    def _send(self, delivery: Delivery, on_result: OnResult, expires_in_s: float | None) -> None:
        mid = self._client.publish(delivery, expires_in_s)
        if delivery.qos:
            self._unacknowledged[mid] = _Unacknowledged(time.monotonic(), on_result)
        else:
            self._unconfirmed.append(on_result)

    def _lost(self, reason: str) -> ConnectionLost:
        self._give_up(reason)
        said = self._client.disconnect_reason
        taken_over = said == "Session taken over"
        return ConnectionLost(said or reason, Cause.TAKEN_OVER if taken_over else Cause.NETWORK)

    def _give_up(self, reason: str) -> None:
        held, self._held = self._held, []
        for _, on_result in held:
            on_result(DeliveryResult.UNSENT, reason)
        unacknowledged, self._unacknowledged = list(self._unacknowledged.values()), {}
        unconfirmed, self._unconfirmed = self._unconfirmed, []
        for on_result in [*(each.on_result for each in unacknowledged), *unconfirmed]:
            on_result(DeliveryResult.UNKNOWN, reason)
