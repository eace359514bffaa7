"""Commands that were decided while it could not be known whether there are other nodes.

They wait until the broker has told who is there: a node that is alone then carries them out, one
that is not leaves them, since another may have heard the same sentence and carried it out.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

NO_BROKER = "the broker was not reachable in time"


@dataclass(frozen=True, slots=True)
class _Waiting:
    carry_out: Callable[[], None]
    leave: Callable[[str], None]
    timer: threading.Timer
    deadline_s: float


class Provisional:
    """What waits.

    Args:
        objection: what speaks against carrying it out; "" is nothing, None is not known yet.
    """

    def __init__(self, objection: Callable[[], str | None]) -> None:
        self._objection = objection
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []

    def add(
        self, carry_out: Callable[[], None], leave: Callable[[str], None], within_s: float
    ) -> None:
        """Call one of the two, once, on any thread: `leave` is told why."""
        timer = threading.Timer(within_s, self.look)
        timer.daemon = True
        with self._lock:
            deadline_s = time.monotonic() + within_s
            self._waiting.append(_Waiting(carry_out, leave, timer, deadline_s))
        timer.start()
        self.look()

    def look(self) -> None:
        """See whether it is known now, or too late."""
        if not self._waiting:
            return
        objection = self._objection()
        now_s = time.monotonic()
        with self._lock:
            known = objection is not None
            settled = [each for each in self._waiting if known or each.deadline_s <= now_s]
            self._waiting = [each for each in self._waiting if each not in settled]
        for each in settled:
            each.timer.cancel()
            if objection is None:
                each.leave(NO_BROKER)
            elif objection:
                each.leave(objection)
            else:
                each.carry_out()

    def close(self) -> None:
        """Leave what still waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.timer.cancel()
            each.leave("the daemon ended before the broker was reached")
