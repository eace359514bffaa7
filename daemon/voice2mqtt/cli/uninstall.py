"""`voice2mqtt uninstall`: stop the service and delete all but the settings."""

import argparse
import os
from pathlib import Path

from voice2mqtt.errors import ExitStatus, UnavailableError, UserFacingError
from voice2mqtt.service.install.installation import removal
from voice2mqtt.service.install.layout import MACHINE, of_person

HELP = "remove the service; the settings stay"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--user", action="store_true", help="the one of your session")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")


def run(args: argparse.Namespace) -> int:
    """Remove it, or print the steps."""
    layout = of_person() if args.user else MACHINE
    if Path("/var/lib/dpkg/info/voice2mqtt.list").exists() and not args.user:
        raise UnavailableError("voice2mqtt is installed as a Debian package; remove it with apt")
    if os.geteuid() != 0 and not args.user and not args.dry_run:
        raise UserFacingError("only root can remove it from the machine; use sudo, or --user")
    for step in removal(layout):
        print(step.what, flush=True)
        if not args.dry_run:
            step.do()
    print(f"{layout.settings} is left; delete it yourself if you want to")
    return ExitStatus.OK
