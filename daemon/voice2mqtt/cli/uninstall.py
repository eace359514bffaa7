"""`voice2mqtt uninstall`: stop the service and delete all but the settings."""

import argparse
import os
from pathlib import Path

from voice2mqtt.errors import ExitStatus, UnavailableError, UserFacingError
from voice2mqtt.service.install.installation import removal
from voice2mqtt.service.install.layout import MACHINE, of_package, of_person
from voice2mqtt.service.install.saving import taking_back

HELP = "remove the service; the settings stay"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--user", action="store_true", help="the one of your session")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")


def run(args: argparse.Namespace) -> int:
    """Remove it, or print the steps.

    Raises:
        UnavailableError: it is not ours to remove.
        UserFacingError: another user has to.
    """
    if not args.user and of_package(Path("/")).is_installed:
        raise UnavailableError("voice2mqtt is installed as a Debian package; remove it with apt")
    is_root = os.geteuid() == 0
    mine = not is_root and of_person().is_installed and not MACHINE.is_installed
    layout = of_person() if args.user or mine else MACHINE
    if layout is MACHINE and not is_root:
        raise UserFacingError("only root can remove it from the machine; use sudo, or --user")
    taken_back = taking_back(MACHINE.settings / "commands.yaml") if layout is MACHINE else ()
    for step in (*taken_back, *removal(layout)):
        print(step.what, flush=True)
        if not args.dry_run:
            step.do()
    print(f"{layout.settings} is left; delete it yourself if you want to")
    return ExitStatus.OK
