"""Waits for a device to confirm a command on its state topic."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from voice2mqtt import clock
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
    last: str = ""


class ConfirmationWatcher:
    """Watches state topics of devices, each as long as a command waits for its confirmation."""

    def __init__(self, link: Link, call_at: Callable[[float, Callable[[], None]], None]) -> None:
        """Watch by `link`; `call_at` calls back at a time of `clock.now_s`."""
        self._link = link
        self._call_at = call_at
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
        return lambda: self._call_at(
            clock.now_s() + expectation.within_s, lambda: self._too_late(watch)
        )

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
        self._link.unsubscribe(watch.expectation.topic)
        watch.on_result(reason)

    def close(self) -> None:
        """Give up waiting."""
        with self._lock:
            self._watches = []
