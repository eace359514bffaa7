"""Probes the Speech host between utterances, so that its loss is known before the next one."""

import threading
from collections.abc import Callable

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses while the host is away; the last repeats. Set by hand."""
STEADY_S = 30.0
"""Between two probes while it is there; set by hand."""


class HostWatch:
    """A thread that calls `probe` again and again, and `on_change` when the result changes."""

    def __init__(self, probe: Callable[[], str], on_change: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            probe: returns why the host cannot be reached, or "".
            on_change: given that reason, on the watch's thread, at first and when it changes.
        """
        self._probe = probe
        self._on_change = on_change
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="host-watch", daemon=True)

    def start(self) -> None:
        """Begin to probe."""
        self._thread.start()

    def probe_now(self) -> None:
        """Probe at once: a recognition went against what is known of the host. Any thread."""
        self._wake.set()

    def stop(self) -> None:
        """End; a probe that is running ends by itself."""
        self._stopped = True
        self._wake.set()

    def _run(self) -> None:
        reported: str | None = None
        failures = 0
        while not self._stopped:
            fault = self._probe()
            if fault != reported:
                reported = fault
                self._on_change(fault)
            failures = failures + 1 if fault else 0
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if fault else STEADY_S
            self._wake.wait(pause_s)
            self._wake.clear()
