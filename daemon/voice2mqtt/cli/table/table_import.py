"""`voice2mqtt table import`: Home Assistant's custom sentences as a command table."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from voice2mqtt.errors import ExitStatus, InputError
from voice2mqtt.settings.home_assistant.sentences import CustomSentences
from voice2mqtt.settings.home_assistant.verification import verified_table
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.reader import read_document, read_text

HELP = "turn Home Assistant's custom sentences into a command table"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.set_defaults(uses_settings=False)
    parser.add_argument(
        "--topic",
        metavar="TOPIC",
        default=CustomSentences.topic,
        help="where the intents go (%(default)s)",
    )
    parser.add_argument(
        "paths",
        metavar="DIR|FILE",
        type=Path,
        nargs="+",
        help="custom_sentences/<language> of Home Assistant, files of it, or of a home",
    )


def run(args: argparse.Namespace) -> int:
    """Print the table, and notes on what it lacks to standard error.

    Raises:
        FaultsError: a file, or the table made of them, cannot be used.
    """
    gathered = CustomSentences(topic=args.topic)
    for path in _files(args.paths):
        content = read_text(path)
        faults = Faults(str(path), content)
        gathered.add(read_document(content, faults, aliases=True), faults)
        faults.raise_any()
    table = verified_table(gathered)
    print(table, end="")
    for note in gathered.notes:
        print(f"note: {note}", file=sys.stderr)
    return ExitStatus.OK


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = [file for file in path.rglob("*") if file.suffix in (".yaml", ".yml")]
        if path.is_dir() and not found:
            raise InputError(f"{path}: there are no YAML files; name custom_sentences/<language>")
        files += sorted(found) if path.is_dir() else [path]
    return files
