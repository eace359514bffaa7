"""`voice2mqtt history`: what was heard, and what became of it."""

import argparse
import json
import re
import time
from datetime import datetime

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus
from voice2mqtt.history.entry import HistoryEntry
from voice2mqtt.history.reader import HistoryReader
from voice2mqtt.service.systemd.journal_entry import journal_entry

HELP = "show what was heard lately, and what was done about it"

_UNITS_S = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument("--refused", action="store_true", help="only what was not carried out")
    parser.add_argument(
        "--since",
        metavar="WHEN",
        type=since,
        default=0.0,
        help="such as 30m, 12h, 7d, today or 2026-11-29; else all that is kept",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=common.count,
        default=100,
        help="the newest so many (%(default)s)",
    )
    common.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the entries, the oldest first.

    Raises:
        UserFacingError: nothing is kept, or what is kept cannot be read.
    """
    settings = common.load(args)
    common.require_history(settings)
    reader = HistoryReader(common.history_path(args, settings))
    found = reader.entries(since_s=args.since, refused=args.refused, limit=args.limit)
    for entry in reversed(found):
        print(_as_json(entry) if args.json else _line(entry))
    return ExitStatus.OK


def since(written: str) -> float:
    """Return the time that `written` names, in seconds since 1970.

    Raises:
        ArgumentTypeError: it names none.
    """
    span = re.fullmatch(r"(\d{1,6})([mhdw])", written)
    if span:
        return time.time() - int(span[1]) * _UNITS_S[span[2]]
    now = datetime.now().astimezone()
    if written == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    try:
        return datetime.fromisoformat(written).astimezone().timestamp()
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"'{written}' is no time; write it as 30m, 12h, 7d, today or 2026-11-29"
        ) from error


def _as_json(entry: HistoryEntry) -> str:
    more = {
        "refusal": entry.refusal.value,
        "level_dbfs": entry.level_dbfs,
        "noise_dbfs": entry.noise_dbfs,
        "audio_s": entry.audio_s,
    }
    return json.dumps(entry.event | more, ensure_ascii=False)


def _line(entry: HistoryEntry) -> str:
    at = datetime.fromtimestamp(entry.at_s).astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}  {journal_entry(entry.event).sentence}"
