"""Waits for a device to confirm a command on its state topic."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from voice2mqtt.core.decision import Expectation
from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.broker.delivery import Incoming
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.topics import fault_of


def confirms(payload: bytes, expected: str) -> bool:
    """Return whether `payload` of a state topic is what was `expected`.

    Text is compared as text. In JSON objects only the expected keys are compared, since a state
    usually has more of them than a command sets.
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
    on_result: Callable[[str], None]
    timer: threading.Timer | None = None
    last: str = ""


class ConfirmationWatcher:
    """Watches state topics of devices, each as long as a command waits for its confirmation."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._watches: list[_Watch] = []

    def expect(
        self, expectation: Expectation, on_result: Callable[[str], None]
    ) -> Callable[[], None]:
        """Watch for `expectation` from now on.

        Call what is returned when the command has gone out: it starts the timeout of `within_s`.
        `on_result` is called once, on a foreign thread: with "" when it was met, else the reason.
        """
        watch = _Watch(expectation, on_result)
        if fault := fault_of(expectation.topic):
            on_result(f"{expectation.topic!r} cannot be watched: {fault}")
            return lambda: None
        with self._lock:
            self._watches.append(watch)
        self._link.subscribe(expectation.topic)
        return lambda: self._start_timeout(watch)

    def _start_timeout(self, watch: _Watch) -> None:
        timer = threading.Timer(watch.expectation.within_s, self._too_late, (watch,))
        timer.daemon = True
        with self._lock:
            if watch not in self._watches:
                return
            watch.timer = timer
            timer.start()

    def handle_message(self, message: Incoming) -> None:
        """Compare a state with what is expected on its topic."""
        with self._lock:
            watches = [w for w in self._watches if w.expectation.topic == message.topic]
        for watch in watches:
            wanted = watch.expectation.payload
            # A retained state counts if it is the one expected; it is never "any new message".
            if confirms(message.payload, wanted) if wanted is not None else not message.retained:
                self._finish(watch, "")
            else:
                watch.last = message.payload[:200].decode(errors="replace")

    def _too_late(self, watch: _Watch) -> None:
        expectation = watch.expectation
        said = f"says {watch.last!r}" if watch.last else "said nothing"
        self._finish(
            watch, f"{expectation.topic} {said} {expectation.within_s:g} s after the command"
        )

    def _finish(self, watch: _Watch, reason: str) -> None:
        with self._lock:
            if watch not in self._watches:
                return
            self._watches.remove(watch)
            if watch.timer:
                watch.timer.cancel()
        self._link.unsubscribe(watch.expectation.topic)
        watch.on_result(reason)

    def close(self) -> None:
        """Give up waiting."""
        with self._lock:
            watches, self._watches = self._watches, []
        for watch in watches:
            if watch.timer:
                watch.timer.cancel()
