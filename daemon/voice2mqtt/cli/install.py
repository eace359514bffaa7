"""`voice2mqtt install`: make it a service of this machine, or of one person's session."""

import argparse
import getpass
import os
import pwd
import sys
from pathlib import Path

from voice2mqtt.errors import ExitStatus, UnavailableError, UserFacingError
from voice2mqtt.service.install import installation
from voice2mqtt.service.install.layout import MACHINE, Layout, of_package, of_person, sound_servers
from voice2mqtt.settings.secrets import read_secret

HELP = "install or upgrade it as a service; existing settings are kept"

QUESTIONS = (
    ("device", "microphone.device", "Microphone (`voice2mqtt devices` lists them)", "default"),
    ("broker", "mqtt.broker", "MQTT broker", "mqtt://127.0.0.1:1883"),
    ("username", "mqtt.username", "User name at the broker (empty: none)", ""),
    ("host", "speech.host", "Speech host (empty: our own, on this machine)", ""),
)
"""Flag, settings key, question and default answer."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--system", action="store_true", help="for the machine, from boot")
    whose.add_argument("--user", action="store_true", help="for your session, with its sound")
    whose.add_argument(
        "--destdir", type=Path, metavar="DIR", help="below DIR, to make a package; start nothing"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    parser.add_argument("--no-start", action="store_true", help="neither enable nor start it")
    parser.add_argument("--node", metavar="NAME", help="what this machine is called in topics")
    parser.add_argument("--device", metavar="NAME", help="the microphone's ALSA name")
    parser.add_argument("--broker", metavar="URL", help="mqtt://, mqtts://, ws:// or wss://")
    parser.add_argument("--username", metavar="NAME", help="at the broker")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="holds the password at the broker"
    )
    parser.add_argument(
        "--host", metavar="URL", help="a Speech host elsewhere, instead of our own here"
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="WHAT",
        default=installation.default_source(),
        help="what pip is to install: a checkout, a wheel, a name (%(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Install it, or print the steps."""
    layout = _layout(args)
    options = _options(args, ask=sys.stdin.isatty() and not args.dry_run and _is_new(layout))
    for step in installation.installation(layout, options):
        print(step.what, flush=True)
        if not args.dry_run:
            step.do()
    if layout.staged or args.dry_run:
        return ExitStatus.OK
    manager = "--user " if layout.person else ""
    print(
        f"\nYour commands are in {layout.settings / 'commands.yaml'}; changes are in force at once."
    )
    print(f"How it is:\n    systemctl {manager}status voice2mqtt")
    if layout.person:
        print(
            "To listen from boot on, not only while you are logged in:\n    loginctl enable-linger"
        )
    return ExitStatus.OK


def _layout(args: argparse.Namespace) -> Layout:
    """Return where to install: as the flags say, else where the sound server is."""
    if args.destdir:
        return of_package(args.destdir.absolute())
    layout = of_person() if args.user or not (args.system or _is_root()) else MACHINE
    if args.dry_run:
        return layout
    if Path("/var/lib/dpkg/info/voice2mqtt.list").exists():
        raise UnavailableError("voice2mqtt is installed as a Debian package; upgrade it with apt")
    if layout is MACHINE and not _is_root():
        raise UserFacingError("only root can install for the machine; use sudo, or --user")
    servers = sound_servers()
    if layout is MACHINE and servers and not args.system:
        person, server = next(iter(servers.items()))
        name = pwd.getpwuid(person).pw_name
        raise UserFacingError(
            f"the sound of this machine belongs to {server} in {name}'s session; run "
            f"`voice2mqtt install` as {name}, or say --system to take the sound card from it"
        )
    if layout.person and not args.user and os.getuid() not in servers:
        raise UserFacingError(
            "no sound server runs in your session, so the sound belongs to the machine; "
            "run `voice2mqtt install` as root, or say --user to insist"
        )
    return layout


def _options(args: argparse.Namespace, *, ask: bool) -> installation.InstallOptions:
    settings = {"node": args.node} if args.node else {}
    for flag, key, question, default in QUESTIONS:
        answer = getattr(args, flag)
        if answer is None and ask:
            answer = input(f"{question} [{default}]: ").strip() or default
        if answer:
            settings[key] = answer
    password = None
    if args.password_file:
        password = read_secret(args.password_file)
    elif ask and "mqtt.username" in settings:
        password = getpass.getpass("Its password: ") or None
    if password is not None:
        settings["mqtt.password_file"] = "secrets/mqtt-password"
    return installation.InstallOptions(
        source=args.source,
        settings=settings,
        password=password,
        own_host="speech.host" not in settings,
        start=not args.no_start,
    )


def _is_new(layout: Layout) -> bool:
    return not (layout.settings / "voice2mqtt.yaml").exists()


def _is_root() -> bool:
    return os.geteuid() == 0
