"""Arguments that several commands share."""

import argparse
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from voice2mqtt.errors import UserFacingError
from voice2mqtt.history.database import NAME as HISTORY_FILE
from voice2mqtt.service.store import state_folder
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import INSTALLED, VARIABLE, SettingsFile
from voice2mqtt.settings.search import settings_file as search
from voice2mqtt.settings.settings_reader import check_setting

_LARGEST_COUNT = 1_000_000
_SUDO_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""`secure_path` of Debian's sudo."""


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


def file(parser: argparse.ArgumentParser, option: str, meaning: str) -> None:
    """Declare `option` with the path of a file."""
    parser.add_argument(option, metavar="FILE", type=Path, help=meaning)


def commands(parser: argparse.ArgumentParser) -> None:
    """Declare `--commands FILE`."""
    file(parser, "--commands", "a command table to use instead of the one that the settings name")


def as_json(parser: argparse.ArgumentParser, meaning: str = "one JSON object a line") -> None:
    """Declare `--json`."""
    parser.add_argument("--json", action="store_true", help=meaning)


def answers(parser: argparse.ArgumentParser) -> None:
    """Declare what settings up needs: `--node`, `--device`, and how the broker is reached."""
    parser.add_argument(
        "--node", metavar="NAME", type=setting("node"), help="what this machine is called in topics"
    )
    parser.add_argument("--device", metavar="NAME", type=text, help="the microphone's ALSA name")
    parser.add_argument(
        "--broker",
        metavar="URL",
        type=setting("mqtt.broker"),
        help="mqtt://, mqtts://, ws:// or wss://",
    )
    parser.add_argument("--username", metavar="NAME", type=text, help="at the broker")
    file(parser, "--password-file", "holds the password at the broker")


def text(given: str) -> str:
    """Read a text that is not empty, for `type=`."""
    if not given.strip():
        raise argparse.ArgumentTypeError("it is empty; write a value, or leave the option out")
    return given


def setting(key: str) -> Callable[[str], str]:
    """Return what reads the value of the dotted `key` of the settings, for `type=`."""

    def read(given: str) -> str:
        try:
            check_setting(key, given)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return given

    return read


def seconds(given: str) -> float:
    """Read a duration in seconds, from 0 on, for `type=`."""
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 <= value <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of seconds, such as 5")
    return value


def count(given: str) -> int:
    """Read a number from 1 on, for `type=`."""
    if not (given.isascii() and given.isdecimal()) or not 1 <= int(given) <= _LARGEST_COUNT:
        raise argparse.ArgumentTypeError(
            f"{given!r} is not a number from 1 to {_LARGEST_COUNT}, such as 20"
        )
    return int(given)


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


def program(*, sudo: bool = False) -> str:
    """Return what this program is called by here: in a checkout it is not on the path.

    `sudo` has a path of its own, on which are the folders of the system alone.
    """
    called = Path(sys.argv[0])
    found = shutil.which("voice2mqtt", path=_SUDO_PATH if sudo else None)
    if found or called.name != "voice2mqtt":
        return "voice2mqtt"
    return str(called.absolute()) if sudo else str(called)


def as_called(sentence: str) -> str:
    """Return `sentence` with the commands in it as they can be typed here."""
    sentence = re.sub(r"`sudo voice2mqtt(?= )", f"`sudo {program(sudo=True)}", sentence)
    return re.sub(r"`voice2mqtt(?= )", f"`{program()}", sentence)


def load(args: argparse.Namespace) -> Settings:
    """Return the settings named by `--settings`, with the table named by `--commands` if any.

    Raises:
        SettingsError: the settings cannot be used.
    """
    loaded = load_settings(settings_file(args).path)
    table = getattr(args, "commands", None)
    return loaded if table is None else replace(loaded, commands=table)
