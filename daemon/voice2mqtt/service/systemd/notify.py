"""Reports the state of this process to systemd, by the protocol of sd_notify(3).

Without NOTIFY_SOCKET every call does nothing; a socket that has gone away is logged once and
never stops the daemon.

The socket is our own, since `systemd.daemon.notify` (systemd-python 235 with libsystemd 252)
sends without a time limit and holds the interpreter's lock meanwhile: a manager that does not
read would freeze every thread, the capturing one among them.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Mapping

_SEND_WITHIN_S = 1.0
"""A manager too busy to read must not hold up a thread for longer; set by hand."""

log = logging.getLogger(__name__)


class Notifier:
    """Sends to the service manager. Any thread may use it."""

    def __init__(self, address: str) -> None:
        """Send to the socket at `address`: a path, `@name` for an abstract one, "" for none."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.settimeout(_SEND_WITHIN_S)
        self._status = ""
        self._complained = False
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Notifier":
        """Return the notifier for the manager that started this process, if one did."""
        return cls(environment.get("NOTIFY_SOCKET", ""))

    def ready(self, status: str) -> None:
        """Report that start-up, or a reload, is over; `status` tells a person how it went."""
        self._send("READY=1", _status(status))

    def status(self, sentence: str) -> None:
        """Show `sentence` in `systemctl status`; sent only when it changes."""
        with self._lock:
            unchanged, self._status = sentence == self._status, sentence
        if not unchanged:
            self._send(_status(sentence))

    def reloading(self) -> None:
        """Report that the settings are being read again; `ready` must follow."""
        # systemd 253 compares the time with that of its signal (Type=notify-reload).
        now_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now_us}", _status("reading the table again"))

    def stopping(self, status: str) -> None:
        """Report that shutting down has begun."""
        self._send("STOPPING=1", _status(status))

    def watchdog(self) -> None:
        """Report that all is well; due at least every WATCHDOG_USEC."""
        self._send("WATCHDOG=1")

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *assignments: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            if not self._complained:
                log.warning("systemd does not hear us on %r: %s", self._address, error)
            self._complained = True


def _status(sentence: str) -> str:
    # A line break would begin another assignment.
    return "STATUS=" + " ".join(sentence.split())
