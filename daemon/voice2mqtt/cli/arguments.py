"""Arguments that several commands share."""

import argparse
import re
import shutil
import sys
from pathlib import Path

from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import VARIABLE, SettingsFile
from voice2mqtt.settings.search import settings_file as search

_LONGEST_S = 3600.0


def settings(parser: argparse.ArgumentParser) -> None:
    """Declare `--settings FILE`; the file used is printed when the command fails."""
    parser.set_defaults(uses_settings=True)
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        # No default: that of a subcommand would overwrite the value given to its parent.
        default=argparse.SUPPRESS,
        help=f"the settings to use; else those named by ${VARIABLE}, yours, the machine's, ...",
    )


def commands(parser: argparse.ArgumentParser) -> None:
    """Declare `--commands FILE`."""
    parser.add_argument(
        "--commands",
        metavar="FILE",
        type=Path,
        help="a command table to use instead of the one that the settings name",
    )


def seconds(text: str) -> float:
    """Read a duration in seconds, above 0 and up to an hour, for `type=`."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, such as 5")
    return value


def settings_file(args: argparse.Namespace) -> SettingsFile:
    """Return the settings file to use, named or found."""
    return search(getattr(args, "settings", None))


def as_called(text: str) -> str:
    """Return `text` with the commands in it as they can be typed here.

    In a checkout the program is not on the path.
    """
    called = sys.argv[0]
    if shutil.which("voice2mqtt") or Path(called).name != "voice2mqtt":
        return text
    return re.sub(r"`(sudo )?voice2mqtt(?= )", rf"`\1{called}", text)


def load(args: argparse.Namespace) -> Settings:
    """Return the settings named by `--settings`, with the table named by `--commands` if any.

    Raises:
        SettingsError: the settings cannot be used.
    """
    loaded = load_settings(settings_file(args).path)
    table = getattr(args, "commands", None)
    return loaded if table is None else loaded.model_copy(update={"commands": table})
