"""Parse, dispatch, exit: the one place where an error becomes a sentence and an exit status."""

import argparse
import codecs
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence

from voice2mqtt import __version__
from voice2mqtt.errors import ExitStatus, UserFacingError
from voice2mqtt.settings.search import shipped

COMMANDS = {
    "setup": "voice2mqtt.cli.guide.setup",
    "run": "voice2mqtt.cli.run",
    "listen": "voice2mqtt.cli.listen",
    "devices": "voice2mqtt.cli.devices",
    "check": "voice2mqtt.cli.check",
    "doctor": "voice2mqtt.cli.guide.doctor",
    "say": "voice2mqtt.cli.say",
    "history": "voice2mqtt.cli.history.command",
    "review": "voice2mqtt.cli.history.review",
    "train": "voice2mqtt.cli.history.train",
    "table": "voice2mqtt.cli.table.command",
    "settings": "voice2mqtt.cli.settings",
    "mqtt": "voice2mqtt.cli.mqtt.command",
    "host": "voice2mqtt.cli.host",
    "transcribe": "voice2mqtt.cli.transcribe",
    "completion": "voice2mqtt.cli.guide.completion",
    "demo": "voice2mqtt.demo.command",
    "console": "voice2mqtt.cli.console.command",
    "install": "voice2mqtt.cli.install",
    "uninstall": "voice2mqtt.cli.uninstall",
}
"""Each is a module with `HELP`, `arguments(parser)` and `run(args) -> int`."""

_NO_SDK = (
    "this system is a 32-bit one, for which the Azure Speech SDK does not exist; install a 64-bit "
    "system (amd64 or arm64), such as Raspberry Pi OS (64-bit)"
)

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command named in `argv` and return its exit status."""
    _print_anything()
    if sys.maxsize < 1 << 32:
        print(_NO_SDK, file=sys.stderr)
        return ExitStatus.UNAVAILABLE
    given = sys.argv[1:] if argv is None else argv
    try:
        args = _parser(_needed(given)).parse_args(given)
        return _run(args)
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has closed the pipe (`| head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.FAILED
    except Exception:  # the one place that turns a bug into an exit status
        log.exception(
            "this is a bug in voice2mqtt %s; please report it with the lines below", __version__
        )
        return ExitStatus.BUG


def _print_anything() -> None:
    """Let no locale keep a sign from being printed.

    A terminal of a POSIX locale shows UTF-8 today; others get a ? for what they do not have.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if codecs.lookup(stream.encoding).name == "ascii":
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
        elif not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")


def _needed(given: Sequence[str]) -> Sequence[str]:
    """Return the commands whose modules are imported: each takes time and memory."""
    first = given[:1]
    if first == ["--version"]:
        return ()
    return first if {*first} & {*COMMANDS} else [*COMMANDS]


def _run(args: argparse.Namespace) -> int:
    refused = False
    try:
        status = int(args.run(args))
    except UserFacingError as error:
        print(error, file=sys.stderr)
        status, refused = error.exit_status, True
    if refused or status == ExitStatus.UNAVAILABLE:
        _point_to_help(args, status)
    # NO_INPUT: a file named on the command line is at fault, not the settings.
    at_fault = status not in (ExitStatus.OK, ExitStatus.NO_INPUT)
    if at_fault and getattr(args, "uses_settings", False):
        arguments = importlib.import_module("voice2mqtt.cli.arguments")
        print(f"The settings used: {arguments.settings_file(args)}", file=sys.stderr)
    return status


def _point_to_help(args: argparse.Namespace, status: int) -> None:
    """Name what tells more than the error itself did."""
    arguments = importlib.import_module("voice2mqtt.cli.arguments")
    line = f"Symptoms, causes and cures: {shipped('docs') / 'trouble.md'}"
    if status == ExitStatus.UNAVAILABLE and args.run.__module__ != COMMANDS["doctor"]:
        line = f"{arguments.as_called('`voice2mqtt doctor` looks for the cause.')} {line}"
    print(line, file=sys.stderr)


def whole_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    return _parser([*COMMANDS])


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="voice2mqtt", description="What is said at home becomes an MQTT message."
    )
    parser.add_argument("--version", action="version", version=f"voice2mqtt {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in names:
        module = importlib.import_module(COMMANDS[name])
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return parser
