"""`voice2mqtt table`: print what can be said, import a table, or suggest one."""

import argparse

from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.table import cheatsheet, table_import, table_suggest
from voice2mqtt.errors import ExitStatus
from voice2mqtt.nlu.grammar.enumerate import sentences
from voice2mqtt.service import interpreters as build
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.yaml.faults import count

HELP = "print every sentence that can be said, or a cheat sheet"

SAMPLES = 20
"""Sentences shown of a command, if not told."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.commands(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="a cheat sheet in Markdown")
    form.add_argument("--html", action="store_true", help="a page to hang on the fridge")
    parser.add_argument(
        "--limit",
        metavar="N",
        type=common.count,
        default=SAMPLES,
        help="of a command with more sentences show samples (%(default)s)",
    )
    parts = parser.add_subparsers(metavar="[import | suggest]")
    part = parts.add_parser("import", help=table_import.HELP, description=table_import.HELP)
    table_import.arguments(part)
    part.set_defaults(part=table_import.run)
    part = parts.add_parser("suggest", help=table_suggest.HELP, description=table_suggest.HELP)
    table_suggest.arguments(part)
    part.set_defaults(part=table_suggest.run)
    parser.set_defaults(part=_print, wrong=parser.error)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    if args.part is not _print:
        _refuse_what_has_no_effect(args)
    return int(args.part(args))


def _refuse_what_has_no_effect(args: argparse.Namespace) -> None:
    """End with a usage message if an option before `import` or `suggest` would be ignored."""
    given = {
        "--markdown": args.markdown,
        "--html": args.html,
        "--limit": args.limit != SAMPLES,
        "--commands": args.commands is not None,
        "--settings": args.part is table_import.run and hasattr(args, "settings"),
    }
    for option, is_given in given.items():
        if is_given:
            args.wrong(f"{option} has no effect on import or suggest; leave it out")


def _print(args: argparse.Namespace) -> int:
    settings = common.load(args)
    table = load_table(settings.commands, build.language_of(settings))
    wake_phrases = settings.listening.wake_phrase
    if args.markdown:
        print(cheatsheet.markdown(table, wake_phrases), end="")
    elif args.html:
        print(cheatsheet.html(table, wake_phrases), end="")
    else:
        for name, total, shown in sentences(table, args.limit):
            print(f"{name} ({count(total, 'sentence')})")
            for sentence in shown:
                print(f"  {sentence}")
    return ExitStatus.OK
