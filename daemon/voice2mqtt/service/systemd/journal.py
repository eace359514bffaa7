"""Sends the log to the journal, with fields, or as lines to standard error.

The only file that imports systemd's journal. How an event is worded is in `journal_entry.py`.
Other folders name the kind of a log line by `extra={"V2M_EVENT": ...}`.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from voice2mqtt.service.systemd.journal_entry import KINDS, LoggedEvent, journal_entry

IDENTIFIER = "voice2mqtt"
"""SYSLOG_IDENTIFIER: `journalctl -t voice2mqtt` finds every node of a machine."""

log = logging.getLogger(__name__)

_log_text = True


def set_up(*, log_text: bool = True, as_json: bool = False, verbose: bool = False) -> None:
    """Configure the log of this process; call it once, before anything is logged.

    It goes to the journal if standard error is connected to it, else to standard error: as text
    or, with `as_json`, as one JSON object a line. Without `log_text` it has no spoken words.
    """
    global _log_text  # noqa: PLW0603 - the log is one per process, as `logging` itself is
    _log_text = log_text
    if as_json:
        handler = _stream_handler(_JsonLines())
    elif goes_to_journal(sys.stderr, os.environ):
        handler = _journal_handler()
    else:
        handler = _stream_handler(logging.Formatter("%(asctime)s %(levelname)-8s %(message)s"))
    handler.addFilter(_identify)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("voice2mqtt").setLevel(logging.DEBUG if verbose else logging.INFO)


def report(event: LoggedEvent) -> None:
    """Log `event`, whose kind is `event["event"]`, as one sentence with its fields."""
    entry = journal_entry(event, log_text=_log_text)
    log.log(entry.level, entry.sentence, extra={**entry.fields, "event": entry.event}, stacklevel=2)


def goes_to_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether `stream` is connected to the journal (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _identify(record: logging.LogRecord) -> bool:
    """Add the message ID and the event to a log line whose V2M_EVENT is a kind of ours."""
    name = getattr(record, "V2M_EVENT", "")
    if name in KINDS and not hasattr(record, "MESSAGE_ID"):
        record.MESSAGE_ID = KINDS[name].message_id
        record.event = {"event": name}
    return True


def _journal_handler() -> logging.Handler:
    from systemd.journal import JournalHandler

    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER=IDENTIFIER)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def _stream_handler(formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler


class _JsonLines(logging.Formatter):
    """One JSON object a line; an event's own keys stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "event", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
