"""`voice2mqtt install`: make it a service of this machine, or of one person's session."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus, SettingsError, UnavailableError, UserFacingError
from voice2mqtt.service.install import installation
from voice2mqtt.service.install.environment import EXTRAS, this_program
from voice2mqtt.service.install.layout import MACHINE, Layout, of_package, of_person
from voice2mqtt.service.install.sound_owner import sound_owner, sound_sessions
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.search import NAME
from voice2mqtt.settings.secrets import read_secret
from voice2mqtt.speech.address import DEFAULT_HOST

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
        "--destdir", type=_folder, metavar="DIR", help="below DIR, to make a package; start nothing"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    parser.add_argument("--no-start", action="store_true", help="neither enable nor start it")
    parser.add_argument(
        "--extra",
        metavar="NAME",
        choices=EXTRAS,
        action="append",
        default=[],
        help=f"add {', '.join(EXTRAS)}; may be repeated, and is kept by upgrades",
    )
    common.answers(parser)
    parser.add_argument(
        "--host",
        metavar="URL",
        type=common.setting("speech.host"),
        help="a Speech host elsewhere, instead of our own here",
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=_source,
        metavar="WHAT",
        help=f"what pip is to install: a checkout, a wheel, a name ({this_program()})",
    )


def _folder(given: str) -> Path:
    """Read a folder that is there or can be made, for `type=`."""
    path = Path(given).absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not given or not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"{given!r} is no folder that can be written")
    return path


def _source(given: str) -> str:
    """Read what pip can install, for `type=`: whatever looks like a path is there."""
    common.text(given)
    if ("/" in given or given.endswith(".whl")) and "://" not in given and not Path(given).exists():
        raise argparse.ArgumentTypeError(f"there is no {given}")
    return given


def run(args: argparse.Namespace) -> int:
    """Install it, or print the steps.

    Raises:
        SettingsError: the password's file cannot be read.
        UnavailableError: a package is missing, or has installed it already.
        UserFacingError: another user should install it, or it in another way.
    """
    layout = _layout(args)
    _tell_what_is_kept(args, layout)
    options = _options(args, layout)
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
    """Return where to install: as the flags say, as it is installed, else whose the sound is."""
    if args.destdir:
        return of_package(args.destdir)
    if of_package(Path("/")).is_installed:
        raise UnavailableError("voice2mqtt is installed as a Debian package; upgrade it with apt")
    if args.user or args.system:
        layout = of_person() if args.user else MACHINE
    else:
        possible = (MACHINE,) if _is_root() else (of_person(), MACHINE)
        layout = next((each for each in possible if each.is_installed), None) or _by_sound()
    if layout is MACHINE and not _is_root():
        raise UserFacingError("only root can install for the machine; use sudo, or --user")
    return layout


def _by_sound() -> Layout:
    owner = sound_owner()
    if owner and owner.user == os.getuid():
        return of_person()
    if owner:
        raise UserFacingError(
            f"the sound of this machine belongs to {owner.server} in the session of {owner.owner}; "
            f"run `voice2mqtt install` as {owner.owner}, or say "
            + ("--system to take the sound card from it" if _is_root() else "--user to insist")
        )
    if _is_root():
        return MACHINE
    own = next((each.server for each in sound_sessions() if each.user == os.getuid()), None)
    why = (
        f"{own} runs in your session, but that has no display and ends when you log out"
        if own
        else "no sound server runs in your session"
    )
    raise UserFacingError(
        f"{why}, so the sound belongs to the machine; run "
        f"{common.as_called('`sudo voice2mqtt install`')}, or say --user to insist"
    )


def _tell_what_is_kept(args: argparse.Namespace, layout: Layout) -> None:
    """Say which answers have no effect, since there are settings already."""
    flags = ("node", *(flag for flag, *_ in QUESTIONS))
    given = [f"--{flag}" for flag in flags if getattr(args, flag)]
    if given and not _is_new(layout):
        told = f"{layout.settings / NAME} is kept, without {' and '.join(given)}; "
        told += "`voice2mqtt setup` changes single settings"
        print(common.as_called(told), file=sys.stderr)


def _options(args: argparse.Namespace, layout: Layout) -> installation.InstallOptions:
    ask = sys.stdin.isatty() and not args.dry_run and _is_new(layout)
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
        extras=args.extra,
        settings=settings,
        password=password,
        own_host="speech.host" not in settings and _names_own_host(layout),
        start=not args.no_start,
    )


def _is_new(layout: Layout) -> bool:
    return not layout.at(layout.settings / NAME).exists()


def _names_own_host(layout: Layout) -> bool:
    """Return whether the settings that are there, if any, name our Speech host on this machine."""
    if _is_new(layout):
        return True
    try:
        speech = load_settings(layout.settings / NAME).speech
    except SettingsError:
        return True
    return any(s.host in {None, DEFAULT_HOST} and not s.is_cloud for s in speech.services)


def _is_root() -> bool:
    return os.geteuid() == 0
