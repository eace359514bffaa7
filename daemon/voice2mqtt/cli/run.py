"""`voice2mqtt run`: the daemon."""

import argparse

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus
from voice2mqtt.memory import configure_malloc
from voice2mqtt.service import composition as build
from voice2mqtt.service.checks.prerequisites import verify
from voice2mqtt.service.systemd import journal
from voice2mqtt.settings.load import load_written

HELP = "listen, understand, publish: the daemon"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.settings(parser)
    common.as_json(parser, "log as JSON, one object a line")
    parser.add_argument("--verbose", action="store_true", help="log more")


def run(args: argparse.Namespace) -> int:
    """Run until a signal."""
    configure_malloc()
    journal.set_up(as_json=args.json, verbose=args.verbose)
    file = common.settings_file(args).path
    written = load_written(file)
    settings = written.settings
    verify(written)
    journal.set_up(log_text=settings.privacy.log_text, as_json=args.json, verbose=args.verbose)
    if not settings.console.listen:
        build.daemon(settings).run()
        return ExitStatus.OK
    # Only here, since a web server takes memory.
    from voice2mqtt.cli.console.serving import daemon_with_page, served

    daemon, page = daemon_with_page(written, file)
    with served(page):
        daemon.run()
    return ExitStatus.OK
