"""Keeps systemd's watchdog satisfied as long as every part of the daemon has a heartbeat.

`Heartbeats` is the rule, with time as an argument; `Watchdog` is the thread that applies it.
Neither knows what the parts do: each part has a `Heartbeat` to call.
"""

import faulthandler
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from voice2mqtt.core.heartbeat import Heartbeat
from voice2mqtt.service.systemd import journal
from voice2mqtt.service.systemd.notify import Notifier

LIMITS_S: Mapping[str, float] = MappingProxyType({
    "capture": 10.0,
    # At least; `composition.limits_s` adds up the longest utterance and time-outs of the settings.
    "loop": 45.0,
    # The C library waits up to half a minute for a name server that does not answer.
    "network": 60.0,
    "supervisor": 30.0,
})  # fmt: skip
"""Longest time between two heartbeats; set by hand where no reason is given."""


class Heartbeats:
    """The last heartbeat of each part, and which parts are late."""

    def __init__(self, limits_s: Mapping[str, float], now_s: float) -> None:
        """Expect every name of `limits_s` to beat from `now_s` on."""
        self._limits_s = dict(limits_s)
        self._beaten_at_s: dict[str, float | None] = dict.fromkeys(limits_s, now_s)

    def beat(self, name: str, now_s: float) -> None:
        """Note a heartbeat of `name`; the next is due within its limit."""
        self._beaten_at_s[name] = now_s

    def pause(self, name: str) -> None:
        """Expect nothing of `name` until it beats again."""
        self._beaten_at_s[name] = None

    def late(self, now_s: float) -> dict[str, float]:
        """Return the parts beyond their limit, each with the seconds since its last heartbeat."""
        silent_s = {n: now_s - at for n, at in self._beaten_at_s.copy().items() if at is not None}
        return {n: silence for n, silence in silent_s.items() if silence > self._limits_s[n]}


class Watchdog:
    """The thread that notifies systemd's watchdog, twice in its period, while no part is late."""

    def __init__(
        self,
        notifier: Notifier,
        limits_s: Mapping[str, float] = LIMITS_S,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Prepare; no heartbeat is expected before `start`."""
        self._notifier = notifier
        self._limits_s = limits_s
        self._period_s = _period_s(environment)
        self._heartbeats = Heartbeats(limits_s, time.monotonic())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog")

    def heartbeat(self, name: str) -> Heartbeat:
        """Return the heartbeat of the part called `name`."""
        return _PartHeartbeat(self._heartbeats, name)

    def start(self) -> None:
        """Begin to notify; without a watchdog (WATCHDOG_USEC) no thread is started."""
        if self._period_s is None:
            return
        # systemd ends a hung service with SIGABRT: log the stack of every thread then.
        faulthandler.enable()
        for name in self._limits_s:
            self._heartbeats.beat(name, time.monotonic())
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        assert self._period_s is not None
        reported: set[str] = set()
        while True:
            late = self._heartbeats.late(time.monotonic())
            if not late:
                self._notifier.watchdog()
            for name in late.keys() - reported:
                journal.report({"event": "hung", "part": name, "silent_s": round(late[name], 1)})
            reported = set(late)
            if self._stopped.wait(self._period_s / 2):
                return


@dataclass(frozen=True, slots=True)
class _PartHeartbeat:
    """One part's `Heartbeat`."""

    heartbeats: Heartbeats
    name: str

    def beat(self) -> None:
        self.heartbeats.beat(self.name, time.monotonic())

    def pause(self) -> None:
        self.heartbeats.pause(self.name)


def _period_s(environment: Mapping[str, str]) -> float | None:
    """Return the period of this process's watchdog; None if it has none."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    period_us = int(environment.get("WATCHDOG_USEC", "0"))
    return period_us / 1e6 if period_us else None
