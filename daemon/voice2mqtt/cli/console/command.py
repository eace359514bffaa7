"""`voice2mqtt console`: the token of the page, and whether the page may save the table."""

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.console.access_token import made_token
from voice2mqtt.errors import ExitStatus, UserFacingError
from voice2mqtt.service.install.installation import Step
from voice2mqtt.service.install.saving import allowing, forbidding
from voice2mqtt.settings.model import ConsoleSettings

HELP = "show the token that the page asks for; let the machine's service save the table from it"

TOKEN = "token"
_SAVING: dict[str, Callable[[Path, Path], Iterator[Step]]] = {
    "allow-saving": allowing,
    "forbid-saving": forbidding,
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument(
        "what",
        choices=[TOKEN, *_SAVING],
        help="make the token if there is none, and show it; let the page of the machine's service "
        "save the command table, or no longer",
    )


def run(args: argparse.Namespace) -> int:
    """Print the token and the address of the page, or change what the service may do.

    Raises:
        SettingsError: the settings cannot be used, or are not those of the machine's service.
        UnavailableError: a step failed.
        UserFacingError: only root can do that.
    """
    settings = common.load(args)
    if args.what == TOKEN:
        _show_token(settings.console)
        return ExitStatus.OK
    steps = list(_SAVING[args.what](common.settings_file(args).path.absolute(), settings.commands))
    if os.geteuid() != 0:
        called = common.as_called(f"`sudo voice2mqtt console {args.what}`")
        raise UserFacingError(f"only root can change what the service may do; run {called}")
    for step in steps:
        print(step.what, flush=True)
        step.do()
    return ExitStatus.OK


def _show_token(console: ConsoleSettings) -> None:
    token = made_token(console.token_file)
    print(token)
    if console.url:
        # Browsers send nothing after the # to anybody.
        print(f"{console.url}/#token={token}")
    else:
        print("There is no page yet; give it an address, as in console: {listen: 127.0.0.1:8099}")
