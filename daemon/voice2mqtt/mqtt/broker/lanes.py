"""The queue in front of the broker: three lanes, each bounded, the first always first. Pure.

Of what is retained, only the last word on a topic matters: where many wait, a newer one takes
the place of an older one. Commands are never replaced.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from voice2mqtt.mqtt.broker.delivery import Answer, Delivery, Lane

SHARE: Mapping[Lane, int] = MappingProxyType({Lane.COMMAND: 10, Lane.STATE: 6, Lane.DISCOVERY: 4})
"""Messages of a lane under way at one time; together what every broker grants.

So no lane can fill the broker's window, or the socket, before a message of another.
"""

CAPACITY = 20_000
"""Orders waiting in one lane; more rows than that are not announced."""

_MANY = 20

Order = tuple[Delivery, Answer]


class Lanes:
    """What waits to be handed to the broker, by lane and in order."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, dict[object, Order]] = {lane: {} for lane in Lane}

    def put(self, delivery: Delivery, answer: Answer) -> Order | None:
        """Let it wait; return what will not be sent for it: an older word, itself, or nothing."""
        lane = self._waiting[delivery.lane]
        many = delivery.lane is Lane.DISCOVERY or len(lane) >= _MANY
        replaces = delivery.retain and delivery.lane is not Lane.COMMAND and many
        key = delivery.topic if replaces else object()
        older = lane.pop(key, None)
        if len(lane) >= CAPACITY:
            return delivery, answer
        lane[key] = (delivery, answer)
        return older

    def take(self, has_room: Callable[[Lane], bool]) -> Order | None:
        """Return what goes next into a lane that `has_room`; None if nothing can go."""
        for lane, waiting in self._waiting.items():
            if waiting and has_room(lane):
                return waiting.pop(next(iter(waiting)))
        return None

    def clear(self) -> list[Order]:
        """Take everything out."""
        orders = [order for waiting in self._waiting.values() for order in waiting.values()]
        for waiting in self._waiting.values():
            waiting.clear()
        return orders

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return any(self._waiting.values())
