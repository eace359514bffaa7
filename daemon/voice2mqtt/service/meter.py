"""The day's seconds of audio, kept over restarts, and the limit that stops sending."""

import json
import logging
import os
import threading
from datetime import date, datetime
from pathlib import Path

from voice2mqtt.core.metering import restored
from voice2mqtt.settings.model import Settings

FILE = "metering.json"

log = logging.getLogger(__name__)


def state_folder(settings: Settings) -> Path:
    """Return where this node keeps what must survive a restart."""
    if settings.state_dir:
        return settings.state_dir
    given = os.environ.get("STATE_DIRECTORY")
    return Path(given) if given else Path.home() / ".local" / "state" / "voice2mqtt"


class Meter:
    """Counts what is sent. `add` comes from the loop, the rest from anybody."""

    def __init__(self, folder: Path, limit_s: float) -> None:
        """Go on with the count that `folder` keeps; `limit_s` of 0 is no limit."""
        self._path = folder / FILE
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._metering = restored(_read(self._path), _today())

    @property
    def today_s(self) -> float:
        """Seconds sent so far today."""
        with self._lock:
            return self._metering.on(_today())

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be sent today."""
        with self._lock:
            return self._metering.exhausted(self._limit_s, _today())

    def add(self, sent_s: float) -> None:
        """Count `sent_s` more, and keep the count."""
        with self._lock:
            self._metering = self._metering.add(sent_s, _today())
            document = json.dumps(self._metering.document())
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(document)
            fresh.replace(self._path)
        except OSError as error:
            log.warning("the seconds sent today are not kept: %s", error)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        # Missing on the first day, or damaged: counting begins anew.
        return None


def _today() -> date:
    return datetime.now().astimezone().date()
