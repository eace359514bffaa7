"""The queue in front of the broker: three lanes in order of priority, each bounded. Pure.

Of retained messages only the last one of a topic matters: where many wait, a newer one replaces
an older one. Commands are never replaced.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from voice2mqtt.mqtt.broker.delivery import Delivery, Lane, OnResult

SHARE: Mapping[Lane, int] = MappingProxyType({Lane.COMMAND: 10, Lane.STATE: 6, Lane.DISCOVERY: 4})
"""Messages of a lane in flight at one time; the sum is what every broker grants (`limits.py`).

So no lane can fill the broker's receive window, or the socket, ahead of another lane.
"""

CAPACITY = 20_000
"""Messages waiting in one lane; more rows than that are not announced. Set by hand."""

_MANY = 20
"""Messages that wait in a lane before retained ones are replaced; set by hand."""

QueuedDelivery = tuple[Delivery, OnResult]


class Lanes:
    """Deliveries that wait for the broker, by lane, oldest first."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, dict[object, QueuedDelivery]] = {lane: {} for lane in Lane}

    def put(self, delivery: Delivery, on_result: OnResult) -> QueuedDelivery | None:
        """Queue it; return what is not sent because of it: an older message, itself, or nothing."""
        lane = self._waiting[delivery.lane]
        many = delivery.lane is Lane.DISCOVERY or len(lane) >= _MANY
        replaces = delivery.retain and delivery.lane is not Lane.COMMAND and many
        key = delivery.topic if replaces else object()
        older = lane.pop(key, None)
        if len(lane) >= CAPACITY:
            return delivery, on_result
        lane[key] = (delivery, on_result)
        return older

    def take(self, has_room: Callable[[Lane], bool]) -> QueuedDelivery | None:
        """Return what goes next into a lane that `has_room`; None if nothing can go."""
        for lane, waiting in self._waiting.items():
            if waiting and has_room(lane):
                return waiting.pop(next(iter(waiting)))
        return None

    def clear(self) -> list[QueuedDelivery]:
        """Take everything out."""
        queued = [queued for waiting in self._waiting.values() for queued in waiting.values()]
        for waiting in self._waiting.values():
            waiting.clear()
        return queued

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return any(self._waiting.values())
