"""Commands that were decided before it was known whether there are other nodes.

They wait for the broker: a node that turns out to be alone then carries them out. One that is not
drops them, since another node may have heard the same sentence and carried it out.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from voice2mqtt import clock
from voice2mqtt.mqtt.broker.outbox import NO_BROKER


@dataclass(frozen=True, slots=True)
class _Waiting:
    carry_out: Callable[[], None]
    drop: Callable[[str], None]
    timer: threading.Timer
    deadline_s: float


class ProvisionalCommands:
    """The commands that wait.

    Args:
        objection: why they must not be carried out; "" if they may, None if not known yet.
    """

    def __init__(self, objection: Callable[[], str | None]) -> None:
        self._objection = objection
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []

    def add(
        self, carry_out: Callable[[], None], drop: Callable[[str], None], within_s: float
    ) -> None:
        """Call one of the two, once, on any thread; `drop` with the reason."""
        timer = threading.Timer(within_s, self.check)
        timer.daemon = True
        with self._lock:
            deadline_s = clock.now_s() + within_s
            self._waiting.append(_Waiting(carry_out, drop, timer, deadline_s))
        timer.start()
        self.check()

    def check(self) -> None:
        """Carry out or drop what can be decided now, or is too late."""
        if not self._waiting:
            return
        objection = self._objection()
        now_s = clock.now_s()
        with self._lock:
            known = objection is not None
            settled = [each for each in self._waiting if known or each.deadline_s <= now_s]
            self._waiting = [each for each in self._waiting if each not in settled]
        for each in settled:
            each.timer.cancel()
            if objection is None:
                each.drop(NO_BROKER)
            elif objection:
                each.drop(objection)
            else:
                each.carry_out()

    def close(self) -> None:
        """Drop what still waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.timer.cancel()
            each.drop("the daemon ended before the broker was reached")
