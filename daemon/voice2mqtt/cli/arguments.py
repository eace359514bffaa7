"""The arguments that several commands take, and what they stand for."""

import argparse
from pathlib import Path

from voice2mqtt.settings.load import default_settings_file, load_settings
from voice2mqtt.settings.model import Settings


def settings(parser: argparse.ArgumentParser) -> None:
    """Declare `--settings FILE`."""
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        default=default_settings_file(),
        help="the settings to use (%(default)s)",
    )


def commands(parser: argparse.ArgumentParser) -> None:
    """Declare `--commands FILE`."""
    parser.add_argument(
        "--commands",
        metavar="FILE",
        type=Path,
        help="a command table to use instead of the one that the settings name",
    )


def load(args: argparse.Namespace) -> Settings:
    """Return the settings named by `--settings`, with the table named by `--commands` if any.

    Raises:
        SettingsError: the settings cannot be used.
    """
    loaded = load_settings(args.settings)
    table = getattr(args, "commands", None)
    return loaded if table is None else loaded.model_copy(update={"commands": table})
