"""Did it obey? Watches for the device's own word after a command."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from voice2mqtt.core.decision import Expectation
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.broker.delivery import Incoming
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.topics import fault_of


def says(payload: bytes, expected: str) -> bool:
    """Whether a device that publishes `payload` says what was expected of it.

    Text is compared as text. Of JSON objects it is enough that every expected key has the
    expected value, since devices tell more about themselves than a command asks for.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return False
    if text.strip() == expected.strip():
        return True
    try:
        said, wanted = read_json(text), read_json(expected)
    except ValueError:
        return False
    if isinstance(said, dict) and isinstance(wanted, dict):
        return all(key in said and said[key] == value for key, value in wanted.items())
    return bool(said == wanted) and isinstance(said, bool) == isinstance(wanted, bool)


@dataclass(eq=False)
class _Watch:
    expectation: Expectation
    told: Callable[[str], None]
    timer: threading.Timer | None = None
    last: str = ""


class ConfirmationWatcher:
    """Watches state topics of devices, each for as long as a command wants its answer."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._watches: list[_Watch] = []

    def expect(self, expectation: Expectation, told: Callable[[str], None]) -> Callable[[], None]:
        """Watch for `expectation` from now on.

        Call what is returned when the command is out: it starts the clock of `within_s`. `told`
        is called once, on a foreign thread: with "" when the device said it, else the reason.
        """
        watch = _Watch(expectation, told)
        if fault := fault_of(expectation.topic):
            told(f"{expectation.topic!r} cannot be watched: {fault}")
            return lambda: None
        with self._lock:
            self._watches.append(watch)
        self._link.watch(expectation.topic)
        return lambda: self._start(watch)

    def _start(self, watch: _Watch) -> None:
        timer = threading.Timer(watch.expectation.within_s, self._too_late, (watch,))
        timer.daemon = True
        with self._lock:
            if watch not in self._watches:
                return
            watch.timer = timer
            timer.start()

    def hear(self, message: Incoming) -> None:
        """Compare what a device said with what is expected of it."""
        with self._lock:
            there = [w for w in self._watches if w.expectation.topic == message.topic]
        for watch in there:
            expected = watch.expectation.payload
            # Its last word from before counts if it is the expected state, not as a reaction.
            if says(message.payload, expected) if expected is not None else not message.retained:
                self._end(watch, "")
            else:
                watch.last = message.payload[:200].decode(errors="replace")

    def _too_late(self, watch: _Watch) -> None:
        wanted = watch.expectation
        said = f"says {watch.last!r}" if watch.last else "said nothing"
        self._end(watch, f"{wanted.topic} {said} {wanted.within_s:g} s after the command")

    def _end(self, watch: _Watch, reason: str) -> None:
        with self._lock:
            if watch not in self._watches:
                return
            self._watches.remove(watch)
            if watch.timer:
                watch.timer.cancel()
        self._link.unwatch(watch.expectation.topic)
        watch.told(reason)

    def close(self) -> None:
        """Give up waiting."""
        with self._lock:
            watches, self._watches = self._watches, []
        for watch in watches:
            if watch.timer:
                watch.timer.cancel()
