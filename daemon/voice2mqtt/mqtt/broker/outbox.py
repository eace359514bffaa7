"""Messages that wait for their time, or for the broker, and never longer than their deadline.

At most once to the house: a message that may have reached the broker is never sent again, one
that cannot have is tried again until its deadline. Whatever becomes of it, `on_done` is told.
"""

import heapq
import itertools
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.broker.delivery import Answer, Delivery, DeliveryResult, Lane
from voice2mqtt.mqtt.topics import fault_of

log = logging.getLogger(__name__)

CAPACITY = 1000
"""Messages of a lane waiting at one time; a house does not say more in an hour."""
IN_FLIGHT = 16
"""Messages of a lane handed to the line without its answer."""
_SUPERVISION_S = 2.0
_NO_BROKER = "the broker was not reachable in time"


class Line(Protocol):
    """What the outbox needs of the link."""

    @property
    def up(self) -> bool:
        """Whether there is a connection at this moment."""
        ...

    def send(self, delivery: Delivery, answer: Answer) -> None:
        """Deliver now or not at all."""
        ...

    def hurry(self, until_s: float) -> None:
        """Try harder to have a connection, for something waits for it until then (monotonic)."""
        ...

    def check(self) -> None:
        """Make sure that the line is still served."""
        ...


@dataclass(order=True, slots=True)
class _Entry:
    due_s: float
    deadline_s: float = field(compare=False)
    number: int
    message: Message = field(compare=False)
    on_done: Callable[[str], None] = field(compare=False)
    lane: Lane = field(compare=False)
    delay: str = field(compare=False, default=_NO_BROKER)
    """Why it still waits."""


class Outbox:
    """A `Publisher` with a thread that watches the clock. All `on_done` come from that thread."""

    def __init__(self, line: Line, *, log_topics: bool = True) -> None:
        """Send over `line`; a topic tells what was said, and so may have to stay out of the log."""
        self._line = line
        self._log_topics = log_topics
        self._changed = threading.Condition()
        self._waiting: dict[Lane, list[_Entry]] = {lane: [] for lane in Lane}
        self._in_flight: dict[int, _Entry] = {}
        self._done: deque[tuple[_Entry, str]] = deque()
        self._unheard: set[str] = set()
        self._numbers = itertools.count()
        self._closing = False
        self._telling = False
        self._thread = threading.Thread(target=self._run, name="mqtt-outbox")

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def publish(
        self,
        message: Message,
        on_done: Callable[[str], None],
        said_s: float | None = None,
        *,
        lane: Lane = Lane.COMMAND,
    ) -> None:
        """Deliver `message` after its delay and before it expires; see `core.ports.Publisher`."""
        now_s = time.monotonic()
        age_s = 0.0 if said_s is None else now_s - said_s
        due_s = now_s + message.after_s
        deadline_s = due_s - age_s + message.expires_s
        with self._changed:
            waiting = self._waiting[lane]
            entry = _Entry(due_s, deadline_s, next(self._numbers), message, on_done, lane)
            if fault := _fault(message):
                self._done.append((entry, fault))
            elif age_s >= message.expires_s:
                self._done.append((entry, f"too late: said {age_s:.1f} s ago"))
            elif self._closing:
                self._done.append((entry, "the daemon is ending"))
            elif len(waiting) >= CAPACITY:
                self._done.append((entry, f"{CAPACITY} messages wait already"))
            else:
                heapq.heappush(waiting, entry)
            self._changed.notify()

    def line_is_up(self) -> None:
        """Look at once what can be sent."""
        with self._changed:
            self._changed.notify()

    def close(self, drain_s: float) -> None:
        """Deliver what is due, for up to `drain_s`; everything else is told as not carried out."""
        with self._changed:
            # Now, while what is told of them can still be sent.
            now_s = time.monotonic()
            self._give_up("the daemon ended before it was due", lambda each: each.due_s > now_s)
            self._changed.notify()
            self._changed.wait_for(lambda: not self._busy(), drain_s)
            self._closing = True
            self._give_up("the daemon ended before it could be sent", lambda _: True)
            for entry in self._in_flight.values():
                self._done.append((entry, "the daemon ended before it was confirmed"))
            self._in_flight.clear()
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(drain_s + 1)

    def _give_up(self, reason: str, whether: Callable[[_Entry], bool]) -> None:
        for waiting in self._waiting.values():
            self._done += ((each, reason) for each in sorted(waiting) if whether(each))
            waiting[:] = [each for each in waiting if not whether(each)]
            heapq.heapify(waiting)

    def _busy(self) -> bool:
        now_s = time.monotonic()
        if self._in_flight or self._done or self._telling:
            return True
        return any(entry.due_s <= now_s for entry in self._all_waiting())

    def _all_waiting(self) -> Iterator[_Entry]:
        return itertools.chain.from_iterable(self._waiting.values())

    # On the outbox's thread.

    def _run(self) -> None:
        while True:
            with self._changed:
                done, ready = self._look()
                self._telling = bool(done)
                if not done and not ready:
                    if self._closing and not any(self._waiting.values()) and not self._in_flight:
                        return
                    self._changed.notify_all()
                    self._changed.wait(self._pause_s())
            self._line.check()
            for entry in ready:
                self._send(entry)
            for entry, reason in done:
                self._tell(entry, reason)

    def _look(self) -> tuple[list[tuple[_Entry, str]], list[_Entry]]:
        """Take out what is done, and what can be handed over now."""
        now_s = time.monotonic()
        done = list(self._done)
        self._done.clear()
        ready: list[_Entry] = []
        in_flight = Counter(entry.lane for entry in self._in_flight.values())
        for lane, waiting in self._waiting.items():
            if late := [entry for entry in waiting if entry.deadline_s <= now_s]:
                waiting[:] = [entry for entry in waiting if entry.deadline_s > now_s]
                heapq.heapify(waiting)
                done += ((entry, entry.delay) for entry in late)
            places = IN_FLIGHT - in_flight[lane] if self._line.up else 0
            while waiting and waiting[0].due_s <= now_s and places > 0:
                entry = heapq.heappop(waiting)
                self._in_flight[entry.number] = entry
                ready.append(entry)
                places -= 1
        self._hurry(now_s)
        return done, ready

    def _hurry(self, now_s: float) -> None:
        due = [entry for entry in self._waiting[Lane.COMMAND] if entry.due_s <= now_s]
        if due and not self._line.up:
            self._line.hurry(max(entry.deadline_s for entry in due))

    def _pause_s(self) -> float:
        now_s = time.monotonic()
        ends = [entry.deadline_s for entry in self._all_waiting()]
        starts = [entry.due_s for entry in self._all_waiting() if entry.due_s > now_s]
        return max(0.0, min([now_s + _SUPERVISION_S, *starts, *ends]) - now_s)

    def _send(self, entry: _Entry) -> None:
        message = entry.message
        delivery = Delivery(
            topic=message.topic,
            payload=message.payload,
            qos=message.qos,
            retain=message.retain,
            deadline_s=entry.deadline_s,
            lane=entry.lane,
        )
        self._line.send(delivery, lambda fate, reason: self._answered(entry, fate, reason))

    def _answered(self, entry: _Entry, fate: DeliveryResult, reason: str) -> None:
        with self._changed:
            if self._in_flight.pop(entry.number, None) is None:
                # It was given up when the daemon ended.
                return
            match fate:
                case DeliveryResult.CONFIRMED:
                    self._done.append((entry, ""))
                    self._note_audience(entry.message.topic, reason)
                case DeliveryResult.REFUSED:
                    self._done.append((entry, f"the broker refused it: {reason}"))
                case DeliveryResult.UNKNOWN:
                    self._done.append((entry, f"not confirmed and not sent again: {reason}"))
                case DeliveryResult.UNSENT:
                    entry.delay = f"{_NO_BROKER}: {reason}"
                    heapq.heappush(self._waiting[entry.lane], entry)
            self._changed.notify()

    def _note_audience(self, topic: str, reason: str) -> None:
        """Say once per topic that nobody listens there, which is how a mistyped one shows."""
        if reason != "No matching subscribers":
            self._unheard.discard(topic)
        elif topic not in self._unheard and len(self._unheard) < CAPACITY:
            self._unheard.add(topic)
            log.info("the broker took it, but nobody subscribes to %s", self._named(topic))

    def _named(self, topic: str) -> str:
        return topic if self._log_topics else "its topic"

    def _tell(self, entry: _Entry, reason: str) -> None:
        if reason:
            topic = self._named(entry.message.topic)
            why = reason if self._log_topics else reason.replace(entry.message.topic, topic)
            log.warning("not carried out: %s, because %s", topic, why)
        try:
            entry.on_done(reason)
        except Exception:
            log.exception("a fault while telling what became of %s", entry.message.topic)


def _fault(message: Message) -> str:
    if fault := fault_of(message.topic):
        return f"{message.topic!r} is no topic: {fault}"
    try:
        message.payload.encode()
    except UnicodeEncodeError:
        return "its payload is not valid Unicode"
    return ""
