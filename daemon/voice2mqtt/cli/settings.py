"""`voice2mqtt settings`: print the settings in force, written or default."""

import argparse
from collections.abc import Iterator, Mapping

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.yaml.writer import as_plain, inline

HELP = "print the settings in force, as a file that could be used"

_COMMENT_COLUMN = 44
"""Where `# default` begins; most lines are shorter."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)


def run(args: argparse.Namespace) -> int:
    """Print every setting; secrets stand in files of their own and are not read."""
    used = as_plain(common.load(args))
    for line in _lines(used, as_plain(Settings()), 0):
        print(line)
    return ExitStatus.OK


def _lines(section: Mapping[str, Json], default: Mapping[str, Json], indent: int) -> Iterator[str]:
    margin = " " * indent
    for key, value in section.items():
        usual = default[key]
        if isinstance(value, dict) and isinstance(usual, dict):
            yield f"{margin}{key}:"
            yield from _lines(value, usual, indent + 2)
        else:
            line = f"{margin}{key}: {inline(value)}"
            yield f"{line:<{_COMMENT_COLUMN}} # default" if value == usual else line
