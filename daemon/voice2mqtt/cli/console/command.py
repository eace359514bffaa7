"""`voice2mqtt console token`: show the token of the page, and make it if need be."""

import argparse

from voice2mqtt.cli import arguments as common
from voice2mqtt.console.access_token import made_token
from voice2mqtt.errors import ExitStatus

HELP = "show the token that the page asks for before it changes or says something"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument("what", choices=["token"], help="make the token if there is none; show it")


def run(args: argparse.Namespace) -> int:
    """Print the token, and the address of the page with it."""
    console = common.load(args).console
    token = made_token(console.token_file)
    print(token)
    if console.url:
        # Browsers send nothing after the # to anybody.
        print(f"{console.url}/#token={token}")
    else:
        print("There is no page yet; give it an address, as in console: {listen: 127.0.0.1:8099}")
    return ExitStatus.OK
