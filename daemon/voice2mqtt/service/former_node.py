"""Forgets the name that this node had before it was renamed.

What it is called is kept in the state folder. If the settings say otherwise at the next start, what
the broker retains of the old name is cleared, as soon as there is a broker.
"""

import logging
import threading

from voice2mqtt.errors import UnavailableError, UserFacingError
from voice2mqtt.mqtt.forgetting import forget
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.service.store import Store
from voice2mqtt.settings.model import Settings

_NAME = "node"
_AGAIN_AFTER_S = 30.0
"""How long a broker that is not there is waited for at a time; set by hand."""

log = logging.getLogger(__name__)


class FormerNode:
    """The node that this one was at its last start, if it was called otherwise."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to forget it; returns at once. If there is none, the present name is kept."""
        former = _read(self._store.read(_NAME))
        if former is None or former == self._present():
            self._keep()
            return
        threading.Thread(target=self._forget, args=former, name="former-node", daemon=True).start()

    def stop(self) -> None:
        """Wait no longer for a broker."""
        self._stopping.set()

    def _present(self) -> tuple[Topics, str]:
        settings = self._settings
        return Topics(settings.mqtt.base, settings.node), settings.home_assistant.prefix

    def _forget(self, former: Topics, prefix: str) -> None:
        while not self._stopping.is_set():
            try:
                topics = forget(self._settings, former, prefix)
            except UnavailableError:
                self._stopping.wait(_AGAIN_AFTER_S)
                continue
            except UserFacingError as error:
                log.warning("what the broker retains of %s stays: %s", former.node, error)
            else:
                log.info("%d retained topics of %s are cleared", len(topics), former.node)
            self._keep()
            return

    def _keep(self) -> None:
        present, prefix = self._present()
        kept = {"base": present.base, "node": present.node, "prefix": prefix}
        if self._store.read(_NAME) != kept:
            self._store.write(_NAME, kept)


def _read(document: object) -> tuple[Topics, str] | None:
    match document:
        case {"base": str(base), "node": str(node), "prefix": str(prefix)}:
            return Topics(base, node), prefix
    return None
