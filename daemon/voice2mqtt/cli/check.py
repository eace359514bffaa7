"""`voice2mqtt check`: are the settings and the table right, and does the table do what it says?"""

import argparse
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus, SettingsError
from voice2mqtt.service import interpreters as build
from voice2mqtt.service.checks.prerequisites import verify
from voice2mqtt.service.checks.table_tests import try_sentences
from voice2mqtt.settings.load import load_table, load_written
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.secrets import exposed_secrets
from voice2mqtt.settings.yaml.faults import FaultsError, count

HELP = "check the settings and the command table, and run the table's own tests"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    parser.add_argument("--strict", action="store_true", help="take warnings for errors")
    parser.add_argument(
        "table",
        metavar="FILE",
        type=Path,
        nargs="?",
        help="check this command table instead of the one that the settings name",
    )


def run(args: argparse.Namespace) -> int:
    """Check both files and print every problem; 78 if there is one."""
    problems, warnings = 0, 0
    settings = Settings()
    file = common.settings_file(args).path
    try:
        written = load_written(file)
        settings = written.settings
        verify(written)
    except SettingsError as error:
        problems += _print_error(error)
    else:
        print(f"{file}: ok")
        for secret in exposed_secrets(settings):
            print(f"{secret}: warning: every user can read this secret; chmod 600 it")
            warnings += 1
    path = args.table or settings.commands
    if args.table or not problems:
        failed, warned = _check_table(path, settings)
        problems, warnings = problems + failed, warnings + warned
    if problems or warnings:
        print(f"{count(problems, 'problem')}, {count(warnings, 'warning')}.")
    wrong = problems or (args.strict and warnings)
    return ExitStatus.CONFIG if wrong else ExitStatus.OK


def _check_table(path: Path, settings: Settings) -> tuple[int, int]:
    """Print what is wrong with the table; return the number of problems and of warnings."""
    try:
        table = load_table(path, build.language_of(settings))
        failures = try_sentences(table, settings)
    except SettingsError as error:
        return _print_error(error), 0
    lint = build.lint(settings, table)
    print(
        f"{path}: {'ok, ' if not failures else ''}{count(len(table.rows), 'command')}, "
        f"{count(len(table.lists), 'list')}, {count(len(table.tests), 'test')}"
    )
    for failure in failures:
        print(failure)
    for finding in lint.findings:
        print(finding)
    if lint.untried:
        print(f"{path}: {lint.untried}")
    return len(failures), len(lint.findings)


def _print_error(error: SettingsError) -> int:
    """Print the problems of `error` and return how many there are."""
    if isinstance(error, FaultsError):
        print(error.report)
        return len(error.faults)
    print(error)
    return 1
