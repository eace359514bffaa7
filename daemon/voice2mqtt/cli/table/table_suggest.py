"""`voice2mqtt table suggest`: a first command table or a home, from the devices on the broker."""

import argparse

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus, InputError
from voice2mqtt.languages.language import language_named
from voice2mqtt.mqtt.suggest.home import home_in
from voice2mqtt.mqtt.suggest.table import retained, suggestion
from voice2mqtt.settings.yaml.faults import count
from voice2mqtt.settings.yaml.writer import block

HELP = "propose a command table for the devices that are on the broker"

WITHIN_S = 10.0
"""Longest wait for the broker's retained messages; set by hand."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument(
        "--home",
        action="store_true",
        help="name areas and entities instead, for `table import` of Home Assistant's sentences",
    )
    common.file(parser, "--output", "a new file (default: standard output)")


def run(args: argparse.Namespace) -> int:
    """Print the table, or write it to a file that is not there yet.

    Raises:
        SettingsError: the settings are wrong.
        UnavailableError: the broker cannot be reached.
        InputError: the file is there already, or cannot be written.
    """
    if args.output is not None and args.output.exists():
        raise InputError(f"{args.output} is there already; name a new file")
    settings = common.load(args)
    messages = retained(settings, WITHIN_S)
    words = language_named(settings.speech.first_language).suggested_rows
    text = block(home_in(messages)) if args.home else suggestion(messages, words)
    if args.output is None:
        print(text, end="")
        return ExitStatus.OK
    try:
        with args.output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(f"{args.output} is there already; name a new file") from error
    except OSError as error:
        raise InputError(f"{args.output} cannot be written: {error.strerror}") from error
    entries = text.count("- {name:" if args.home else "- say:")
    print(f"{args.output}: {count(entries, 'name' if args.home else 'command')} to edit")
    return ExitStatus.OK
