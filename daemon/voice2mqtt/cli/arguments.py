"""Arguments that several commands share."""

import argparse
import os
from pathlib import Path

from voice2mqtt.errors import UserFacingError
from voice2mqtt.history.database import NAME as HISTORY_FILE
from voice2mqtt.service.store import state_folder
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import INSTALLED, VARIABLE, SettingsFile
from voice2mqtt.settings.search import settings_file as search


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


def settings_file(args: argparse.Namespace) -> SettingsFile:
    """Return the settings file to use, named or found."""
    return search(getattr(args, "settings", None))


def require_history(used: Settings) -> None:
    """Check that a history is kept.

    Raises:
        UserFacingError: it is not.
    """
    if not used.history.keep_days:
        raise UserFacingError("no history is kept; set history.keep_days in the settings")


def history_path(args: argparse.Namespace, used: Settings) -> Path:
    """Return the file of the history that the daemon with these settings keeps.

    The machine's service is found too, whose state folder systemd tells to the service alone.
    """
    file = settings_file(args).path
    if used.state_dir or os.environ.get("STATE_DIRECTORY") or file.parent != INSTALLED.parent:
        return state_folder(used) / HISTORY_FILE
    name = "voice2mqtt" if file.name == INSTALLED.name else f"voice2mqtt-{file.stem}"
    return Path("/var/lib") / name / HISTORY_FILE


def load(args: argparse.Namespace) -> Settings:
    """Return the settings named by `--settings`, with the table named by `--commands` if any.

    Raises:
        SettingsError: the settings cannot be used.
    """
    loaded = load_settings(settings_file(args).path)
    table = getattr(args, "commands", None)
    return loaded if table is None else loaded.model_copy(update={"commands": table})
