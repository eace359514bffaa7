"""Looks after the Speech host between utterances, so that its loss is known before it is felt."""

import threading
from collections.abc import Callable

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses while the host is away; the last repeats."""
STEADY_S = 30.0


class HostWatch:
    """A thread that asks `probe` again and again, and tells `on_change` what it learnt."""

    def __init__(self, probe: Callable[[], str], on_change: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            probe: returns why the host cannot be reached, or "".
            on_change: given that reason, on the watch's thread, at first and when it changes.
        """
        self._probe = probe
        self._on_change = on_change
        self._look = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="host-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def look(self) -> None:
        """Look now: a recognition went as nobody expected."""
        self._look.set()

    def stop(self) -> None:
        """End; a look under way ends by itself."""
        self._stopped = True
        self._look.set()

    def _run(self) -> None:
        told: str | None = None
        failures = 0
        while not self._stopped:
            fault = self._probe()
            if fault != told:
                told = fault
                self._on_change(fault)
            failures = failures + 1 if fault else 0
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if fault else STEADY_S
            self._look.wait(pause_s)
            self._look.clear()
