"""`voice2mqtt completion`: commands and options by the Tab key. The only import of shtab."""

import argparse

import shtab

from voice2mqtt.cli import main
from voice2mqtt.errors import ExitStatus

HELP = "print what lets your shell complete commands and options with the Tab key"

SHELLS = ("bash", "fish", "zsh")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="`eval` it at the start of this shell")


def run(args: argparse.Namespace) -> int:
    """Print the completion script."""
    print(shtab.complete(main.whole_parser(), args.shell))
    return ExitStatus.OK
