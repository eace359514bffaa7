"""Messages that wait until they are due, or for the broker, and never longer than their deadline.

Delivery is at most once: a message that may have reached the broker is never sent again, one that
cannot have is tried again until its deadline. Either way `on_done` is called with the outcome.

`core.Message` says what to publish, with times relative to its sentence. `publish` makes a
`Delivery` of it, with absolute times, which link and connection pass on unchanged.
"""

import heapq
import itertools
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from voice2mqtt import clock
from voice2mqtt.core.decision import Message
from voice2mqtt.mqtt.broker.delivery import Delivery, DeliveryResult, Lane, OnResult
from voice2mqtt.mqtt.topics import fault_of

log = logging.getLogger(__name__)

CAPACITY = 1000
"""Messages of a lane waiting at one time; set by hand, more than a home says in an hour."""
IN_FLIGHT = 16
"""Messages of a lane at the link, without a result yet; set by hand, above each lane's share."""
_SUPERVISION_S = 2.0
"""How often it is checked whether the link's thread is alive; set by hand."""
NO_BROKER = "the broker was not reachable in time"
"""Why a command was not carried out that no broker could be given."""


class Sender(Protocol):
    """What the outbox needs of the link."""

    @property
    def up(self) -> bool:
        """Whether there is a connection at this moment."""
        ...

    def send(self, delivery: Delivery, on_result: OnResult) -> None:
        """Deliver now or not at all."""
        ...

    def retry_fast(self, until_s: float) -> None:
        """Try to connect more often until `until_s`: a command waits for it."""
        ...

    def restart_if_dead(self) -> None:
        """Make sure that the link's thread is alive."""
        ...


@dataclass(order=True, slots=True)
class _Entry:
    """A delivery that waits until it is due, or is in flight; ordered by due time."""

    due_s: float
    number: int
    """Keeps the order of messages that are due at the same time."""
    delivery: Delivery = field(compare=False)
    on_done: Callable[[str], None] = field(compare=False)
    objection: Callable[[], str | None] | None = field(compare=False, default=None)
    delay: str = field(compare=False, default=NO_BROKER)
    """Why it still waits."""


class Outbox:
    """Messages on their way, with a thread that watches the clock: the link's may hang in a lookup.

    All `on_done` come from that thread.
    """

    def __init__(self, link: Sender, *, log_topics: bool = True) -> None:
        """Send over `link`; a topic may repeat what was said, so it may have to stay unlogged."""
        self._link = link
        self._log_topics = log_topics
        self._changed = threading.Condition()
        self._waiting: dict[Lane, list[_Entry]] = {lane: [] for lane in Lane}
        """A heap for each lane."""
        self._held: list[_Entry] = []
        """Commands of which it is not known yet whether they may be carried out."""
        self._in_flight: dict[int, _Entry] = {}
        self._done: deque[tuple[_Entry, str]] = deque()
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        """A heap of what is to be called, and when."""
        self._without_subscribers: set[str] = set()
        self._numbers = itertools.count()
        self._closing = False
        self._reporting = False
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
        objection: Callable[[], str | None] | None = None,
    ) -> None:
        """Queue `message` for delivery after its delay and before it expires.

        Never blocks, never raises. It expires counted from `said_s`, the end of its sentence, or
        else from now. `on_done` is called exactly once, on a foreign thread: with "" when the
        broker has acknowledged the message, else with the reason why it was not carried out.

        With `objection` it is held back until that returns "", or given up when it returns why:
        None is not known yet. It is asked with a lock held, and again at each `reconsider`.
        """
        now_s = clock.now_s()
        age_s = 0.0 if said_s is None else now_s - said_s
        due_s = now_s + message.after_s
        delivery = Delivery(
            topic=message.topic,
            payload=message.payload,
            qos=message.qos,
            retain=message.retain,
            deadline_s=due_s - age_s + message.expires_s,
            lane=lane,
        )
        with self._changed:
            waiting = self._waiting[lane]
            entry = _Entry(due_s, next(self._numbers), delivery, on_done, objection)
            if fault := _fault(delivery):
                self._done.append((entry, fault))
            elif age_s >= message.expires_s:
                self._done.append((entry, f"too late: said {age_s:.1f} s ago"))
            elif self._closing:
                self._done.append((entry, "the daemon is ending"))
            elif len(waiting) + len(self._held) >= CAPACITY:
                self._done.append((entry, f"{CAPACITY} messages wait already"))
            elif objection:
                self._held.append(entry)
            else:
                heapq.heappush(waiting, entry)
            self._changed.notify()

    def call_at(self, at_s: float, call: Callable[[], None]) -> None:
        """Call `call` on the outbox's thread at `at_s`, by `clock.now_s`; not after `close`."""
        with self._changed:
            heapq.heappush(self._calls, (at_s, next(self._numbers), call))
            self._changed.notify()

    def link_is_up(self) -> None:
        """Send at once what waits for a connection."""
        with self._changed:
            self._changed.notify()

    def reconsider(self) -> None:
        """Ask again whether what is held back may be carried out, since that may be known now."""
        if self._held:
            self.link_is_up()

    def close(self, drain_s: float) -> None:
        """Deliver what is due, for up to `drain_s`; report everything else as not carried out."""
        with self._changed:
            # First, so that the events about them can still be sent.
            now_s = clock.now_s()
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
        for waiting in (*self._waiting.values(), self._held):
            self._done += ((each, reason) for each in sorted(waiting) if whether(each))
            waiting[:] = [each for each in waiting if not whether(each)]
            heapq.heapify(waiting)

    def _busy(self) -> bool:
        now_s = clock.now_s()
        if self._in_flight or self._done or self._reporting:
            return True
        return any(entry.due_s <= now_s for entry in self._all_waiting())

    def _all_waiting(self) -> Iterator[_Entry]:
        return itertools.chain(self._held, *self._waiting.values())

    # On the outbox's thread.

    def _run(self) -> None:
        while True:
            with self._changed:
                done, ready = self._take()
                calls = self._due_calls()
                self._reporting = bool(done or calls)
                if not done and not ready and not calls:
                    if self._closing and not any(self._waiting.values()) and not self._in_flight:
                        return
                    self._changed.notify_all()
                    self._changed.wait(self._wait_s())
            self._link.restart_if_dead()
            for entry in ready:
                self._send(entry)
            for entry, reason in done:
                self._report(entry, reason)
            for call in calls:
                _call_surely(call)

    def _due_calls(self) -> list[Callable[[], None]]:
        due: list[Callable[[], None]] = []
        now_s = clock.now_s()
        while self._calls and self._calls[0][0] <= now_s:
            due.append(heapq.heappop(self._calls)[2])
        return due

    def _take(self) -> tuple[list[tuple[_Entry, str]], list[_Entry]]:
        """Take out what is done, with its reason, and what can be sent now."""
        now_s = clock.now_s()
        self._release_held(now_s)
        done = list(self._done)
        self._done.clear()
        ready: list[_Entry] = []
        in_flight = Counter(entry.delivery.lane for entry in self._in_flight.values())
        for lane, waiting in self._waiting.items():
            if late := [entry for entry in waiting if entry.delivery.deadline_s <= now_s]:
                waiting[:] = [entry for entry in waiting if entry.delivery.deadline_s > now_s]
                heapq.heapify(waiting)
                done += ((entry, entry.delay) for entry in late)
            places = IN_FLIGHT - in_flight[lane] if self._link.up else 0
            while waiting and waiting[0].due_s <= now_s and places > 0:
                entry = heapq.heappop(waiting)
                self._in_flight[entry.number] = entry
                ready.append(entry)
                places -= 1
        self._retry_fast(now_s)
        return done, ready

    def _release_held(self, now_s: float) -> None:
        """Queue the held messages that may be sent; give up those that may not, or are late."""
        held, self._held = self._held, []
        for entry in held:
            objection = entry.objection() if entry.objection else ""
            if entry.delivery.deadline_s <= now_s:
                self._done.append((entry, NO_BROKER))
            elif objection is None:
                self._held.append(entry)
            elif objection:
                self._done.append((entry, objection))
            else:
                heapq.heappush(self._waiting[entry.delivery.lane], entry)

    def _retry_fast(self, now_s: float) -> None:
        commands = (*self._waiting[Lane.COMMAND], *self._held)
        due = [entry for entry in commands if entry.due_s <= now_s]
        if due and not self._link.up:
            self._link.retry_fast(max(entry.delivery.deadline_s for entry in due))

    def _wait_s(self) -> float:
        """Return how long nothing can become due or late."""
        now_s = clock.now_s()
        ends = [entry.delivery.deadline_s for entry in self._all_waiting()]
        starts = [entry.due_s for entry in self._all_waiting() if entry.due_s > now_s]
        calls = [at_s for at_s, *_ in self._calls[:1]]
        return max(0.0, min([now_s + _SUPERVISION_S, *starts, *ends, *calls]) - now_s)

    def _send(self, entry: _Entry) -> None:
        self._link.send(entry.delivery, lambda result, reason: self._finish(entry, result, reason))

    def _finish(self, entry: _Entry, result: DeliveryResult, reason: str) -> None:
        with self._changed:
            if self._in_flight.pop(entry.number, None) is None:
                # It was given up when the daemon ended.
                return
            match result:
                case DeliveryResult.CONFIRMED:
                    self._done.append((entry, ""))
                    self._note_subscribers(entry.delivery.topic, reason)
                case DeliveryResult.REFUSED:
                    self._done.append((entry, f"the broker refused it: {reason}"))
                case DeliveryResult.UNKNOWN:
                    self._done.append((entry, f"not confirmed and not sent again: {reason}"))
                case DeliveryResult.UNSENT:
                    entry.delay = f"{NO_BROKER}: {reason}"
                    heapq.heappush(self._waiting[entry.delivery.lane], entry)
            self._changed.notify()

    def _note_subscribers(self, topic: str, reason: str) -> None:
        """Log once per topic that nobody subscribes to it: it may be mistyped."""
        if reason != "No matching subscribers":
            self._without_subscribers.discard(topic)
        elif topic not in self._without_subscribers and len(self._without_subscribers) < CAPACITY:
            self._without_subscribers.add(topic)
            log.info("the broker took it, but nobody subscribes to %s", self._loggable(topic))

    def _loggable(self, topic: str) -> str:
        return topic if self._log_topics else "its topic"

    def _report(self, entry: _Entry, reason: str) -> None:
        topic = entry.delivery.topic
        if reason:
            why = reason if self._log_topics else reason.replace(topic, self._loggable(topic))
            log.warning("not carried out: %s, because %s", self._loggable(topic), why)
        _call_surely(partial(entry.on_done, reason))


def _call_surely(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:  # whatever it is, the next message is delivered
        log.exception("a fault while telling what became of a message")


def _fault(delivery: Delivery) -> str:
    if fault := fault_of(delivery.topic):
        return f"{delivery.topic!r} is no topic: {fault}"
    try:
        delivery.payload.encode()
    except UnicodeEncodeError:
        return "its payload is not valid Unicode"
    return ""
