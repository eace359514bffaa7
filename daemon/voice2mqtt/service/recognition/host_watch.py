"""Knows whether the Speech host can be used: from recognitions, and from probes between them."""

import threading
from collections.abc import Callable

from voice2mqtt.core.outcome import Canceled, Origin, Outcome

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses while the host is away; the last repeats. Set by hand."""
STEADY_S = 30.0
"""Between two probes while it is there; set by hand."""
CLOUD_STEADY_S = 600.0
"""The same for a service that others pay for; no audio is sent, so it costs nothing."""

Probe = Callable[[bool], str]
"""Given whether all was well so far, returns why the host cannot be used, or ""."""


class HostWatch:
    """Calls `on_change` when the host can be used no more, or again.

    A recognition counts more than a probe, which ends before any audio is sent: what a host does
    wrong later stays its fault until a sentence is recognised, or until it has been away.
    """

    def __init__(
        self, probe: Probe, on_change: Callable[[str], None], steady_s: float = STEADY_S
    ) -> None:
        """Prepare.

        Args:
            probe: called on a thread of its own, again and again.
            on_change: given why the host cannot be used or "", at first and when it changes, on
                the thread that found it.
            steady_s: between two probes while all is well.
        """
        self._probe = probe
        self._on_change = on_change
        self._steady_s = steady_s
        self._lock = threading.Lock()
        self._reported: str | None = None
        self._beyond_probes = ""
        """What a recognition met that a probe does not."""
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="host-watch", daemon=True)

    def start(self) -> None:
        """Begin to probe."""
        self._thread.start()

    def note(self, outcome: Outcome) -> None:
        """Learn from a recognition. Any thread may call it."""
        if not isinstance(outcome, Canceled):
            self._beyond_probes = ""
            self._report("")
        elif outcome.origin is not Origin.HERE:
            met_by_probes = outcome.origin is Origin.CONNECTION and outcome.passes
            self._beyond_probes = "" if met_by_probes else outcome.explanation
            self._report(outcome.explanation)
            self._wake.set()

    def stop(self) -> None:
        """End; a probe that is running ends by itself."""
        self._stopped = True
        self._wake.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopped:
            if found := self._probe(self._reported == ""):
                self._beyond_probes = ""
            self._report(found or self._beyond_probes)
            failures = failures + 1 if found else 0
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if found else self._steady_s
            self._wake.wait(pause_s)
            self._wake.clear()

    def _report(self, fault: str) -> None:
        with self._lock:
            if fault != self._reported:
                self._reported = fault
                self._on_change(fault)
