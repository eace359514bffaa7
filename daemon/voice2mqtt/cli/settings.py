"""`voice2mqtt settings`: print the settings in force, written or default."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.model import Section, Settings
from voice2mqtt.settings.yaml.writer import inline

HELP = "print the settings in force, as a file that could be used"

_COMMENT_COLUMN = 44
"""Where `# default` begins; most lines are shorter."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)


def run(args: argparse.Namespace) -> int:
    """Print every setting; secrets stand in files of their own and are not read."""
    for line in _lines(common.load(args), Settings(), 0):
        print(line)
    return ExitStatus.OK


def _lines(section: Section, default: Section, indent: int) -> Iterator[str]:
    margin = " " * indent
    for key in type(section).model_fields:
        value, usual = getattr(section, key), getattr(default, key)
        if isinstance(value, Section):
            yield f"{margin}{key}:"
            yield from _lines(value, usual, indent + 2)
        else:
            line = f"{margin}{key}: {inline(_as_json(value))}"
            yield f"{line:<{_COMMENT_COLUMN}} # default" if value == usual else line


def _as_json(value: object) -> Json:
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    assert value is None or isinstance(value, bool | int | float | str)
    return value
