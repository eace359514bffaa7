"""The service manager's end of a notify socket, real, for tests."""

import socket
import time
from pathlib import Path

PATIENCE_S = 10.0


class Manager:
    """Listens on a notify socket as systemd does and hands out what it was told."""

    def __init__(self, address: str | Path) -> None:
        self.address = str(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address[0] == "@" else self.address)
        self._socket.settimeout(PATIENCE_S)

    def hear(self) -> dict[str, str]:
        """Return the assignments of the next message; fail when none comes."""
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().split("\n"))

    def hear_nothing_for(self, silence_s: float) -> bool:
        """Return whether not one message arrives within `silence_s`."""
        self._socket.settimeout(silence_s)
        try:
            self._socket.recv(4096)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(PATIENCE_S)
        return False

    def starves(self, silence_s: float) -> bool:
        """Return whether messages cease, for `silence_s` and soon."""
        give_up_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_s:
            if self.hear_nothing_for(silence_s):
                return True
        return False

    def drain(self) -> int:
        """Throw away what is waiting; return how many messages that were."""
        self._socket.setblocking(False)
        count = 0
        try:
            while self._socket.recv(4096):
                count += 1
        except BlockingIOError:
            return count
        finally:
            self._socket.settimeout(PATIENCE_S)
        return count

    def close(self) -> None:
        """Go away; the address is no longer served."""
        self._socket.close()
