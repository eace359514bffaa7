"""`voice2mqtt doctor`: is everything as it should be, and if not, what to do?"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace

from voice2mqtt.audio.monitor import MonitorReading
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli.devices import LOWEST_DB
from voice2mqtt.cli.screen import bar, is_terminal, live_table, show_check, working
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service.checks.check_result import CheckResult, Severity
from voice2mqtt.service.checks.doctor import Doctor
from voice2mqtt.service.checks.sound import LISTEN_S
from voice2mqtt.settings.yaml.faults import count

HELP = "examine everything, from microphone to broker, and say what to do about what is wrong"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.as_json(parser)
    parser.add_argument(
        "--no-microphone", action="store_true", help="do not listen; nobody need speak"
    )
    parser.add_argument(
        "--seconds",
        metavar="N",
        type=common.seconds,
        default=LISTEN_S,
        help="listen so long at most; a sentence ends it sooner (%(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    """Print each result; 0 when all is well, 1 for warnings, 69 when something does not work."""
    screen = _Screen(live=is_terminal() and not args.json)
    doctor = Doctor(
        file=common.settings_file(args),
        listen_s=0.0 if args.no_microphone else args.seconds,
        ask_to_speak=screen.ask_to_speak,
        show=screen.show_level,
    )
    found: list[CheckResult] = []
    results = doctor.results()
    while result := screen.next(results):
        found.append(result)
        if args.json:
            print(json.dumps(asdict(result), ensure_ascii=False), flush=True)
        else:
            show_check(result.check, result.severity, result.sentence, result.cure)
    severities = [result.severity for result in found]
    if not args.json:
        print(_summary(severities))
    if Severity.ERROR in severities:
        return ExitStatus.UNAVAILABLE
    return ExitStatus.FAILED if Severity.WARNING in severities else ExitStatus.OK


class _Screen:
    """Shows that it is looking, asks to speak, and shows the level meanwhile."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._stack = ExitStack()
        self._level = ""

    def next(self, results: Iterator[CheckResult]) -> CheckResult | None:
        """Return the next result, with its commands as they can be typed here."""
        with self._stack:
            if self._live:
                self._stack.enter_context(working("looking ..."))
            result = next(results, None)
        return result and replace(result, cure=common.as_called(result.cure))

    def ask_to_speak(self, device: str) -> None:
        """Say that a person is to speak; inside `next`."""
        self._stack.close()
        print(f"Say a command now: listening to {device}.", file=sys.stderr, flush=True)
        if self._live:
            self._stack.enter_context(live_table(("",), lambda: [(self._level,)], stays=False))

    def show_level(self, reading: MonitorReading) -> None:
        """Show the level of the microphone; inside `next`."""
        peak_db = reading.level.peak_db
        gate = "speech" if reading.in_speech else ""
        self._level = f"{bar(1 - peak_db / LOWEST_DB)} {peak_db:4.0f} dBFS  {gate}"


def _summary(severities: list[Severity]) -> str:
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    if not errors and not warnings:
        return "\nAll is well."
    return f"\n{count(errors, 'error')}, {count(warnings, 'warning')}; each with its cure (→)."
