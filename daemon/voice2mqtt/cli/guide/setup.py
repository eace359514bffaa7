"""`voice2mqtt setup`: from nothing to commands that are understood, one question at a time.

Every answer is an option too, so that it can be done without a person. Existing files are changed
only where an answer differs, and a table is never replaced without asking.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from voice2mqtt.audio.sources.devices import list_devices
from voice2mqtt.audio.sources.sound_server import detect_sound_server
from voice2mqtt.cli import arguments as common
from voice2mqtt.cli import main
from voice2mqtt.cli.devices import LEVELS_S, show_list
from voice2mqtt.cli.guide.questions import Questions
from voice2mqtt.cli.guide.trial import COMMANDS, try_commands
from voice2mqtt.errors import ExitStatus, InputError, UserFacingError
from voice2mqtt.languages.language import language_named
from voice2mqtt.mqtt.found_brokers import find_brokers
from voice2mqtt.mqtt.probe import examine_broker
from voice2mqtt.mqtt.suggest.table import retained, suggestion
from voice2mqtt.service.checks.broker import cure_of
from voice2mqtt.service.install.layout import MACHINE, of_person
from voice2mqtt.service.install.sound_owner import sound_owner
from voice2mqtt.settings.load import load_settings
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import NAME, shipped
from voice2mqtt.settings.secrets import read_secret
from voice2mqtt.settings.settings_reader import check_setting
from voice2mqtt.settings.yaml.edit import with_values
from voice2mqtt.speech.probe import host_fault

HELP = "set everything up, one question at a time; run it again to change something"

PARTS = ("node", "microphone", "host", "broker", "table", "try", "install")
OWN = "own"
SUGGEST, EXAMPLE, KEEP = "suggest", "example", "keep"
_BROKERS_WITHIN_S, _DEVICES_WITHIN_S = 3.0, 5.0
"""How long brokers on the network, and devices on the broker, are looked for. On a busy machine a
broker's announcement takes 2 s to be heard; both set by hand.
"""
_LOCAL = "mqtt://127.0.0.1:1883"
_PASSWORD = "secrets/mqtt-password"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "parts", metavar="PART", nargs="*", help=f"only this: {', '.join(PARTS)} (all of them)"
    )
    common.file(
        parser,
        "--settings",
        "the file to write; else that of your session, as root that of the machine",
    )
    common.answers(parser)
    parser.add_argument(
        "--host", metavar="URL", type=_host, help=f"a Speech host; {OWN} for ours, on this machine"
    )
    parser.add_argument(
        "--table",
        choices=(SUGGEST, EXAMPLE, KEEP),
        help="rows for the devices on the broker, the example, or the table that is there",
    )
    boolean = argparse.BooleanOptionalAction
    parser.add_argument("--try", dest="trial", action=boolean, help="say three commands")
    parser.add_argument("--install", action=boolean, help="install it as a service")
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing: options, and defaults for the rest"
    )
    parser.set_defaults(wrong=parser.error)


def run(args: argparse.Namespace) -> int:
    """Ask, write, try, install."""
    for part in args.parts:
        if part not in PARTS:
            args.wrong(f"there is no part {part}; the parts are {', '.join(PARTS)}")
    file = args.settings or _service_file()
    interactive = sys.stdin.isatty() and not args.yes
    questions = Questions(interactive=interactive)
    if args.settings is None and (told := _of_another()):
        print(common.as_called(told))
        if interactive and not questions.confirm("Go on all the same?", default=False):
            return ExitStatus.FAILED
    setup = _Setup(args, file.absolute(), questions)
    steps: dict[str, Callable[[], object]] = {
        "node": setup.node,
        "microphone": setup.microphone,
        "host": setup.host,
        "broker": setup.broker,
        "table": setup.table,
        "try": setup.trial,
        "install": setup.install,
    }
    for name, step in steps.items():
        if not args.parts or name in args.parts:
            step()
    print(f"\n{file} is what you chose. Next: `{common.program()} doctor --settings {file}`")
    return ExitStatus.OK


@dataclass
class _Setup:
    """The answers of a person, written as soon as each is given."""

    args: argparse.Namespace
    file: Path
    questions: Questions
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = load_settings(self.file) if self.file.exists() else Settings()

    def node(self) -> None:
        """What this machine is called."""
        answer = self.args.node or self.questions.ask(
            "\nWhat is this machine called, in topics and in Home Assistant?",
            self.settings.node,
            partial(check_setting, "node"),
        )
        self._write({"node": answer})

    def microphone(self) -> None:
        """Which microphone, by its level while a person speaks."""
        answer = self.args.device
        if answer is None and self.questions.interactive:
            devices = list_devices(self.settings.microphone.device, detect_sound_server().kind)
            print("\nMicrophones; say something and look whose level moves:")
            show_list(devices, self.settings.microphone.gate, LEVELS_S)
            usable = [(d.name, d.description) for d in devices if not d.problem]
            if not usable:
                print(*(f"\n  {d.problem}" for d in devices), sep="")
                print(
                    common.as_called("  Then, or later, `voice2mqtt setup microphone` asks again.")
                )
            now = self.settings.microphone.device
            names = [name for name, _ in usable]
            default = now if now in names or not names else names[0]
            answer = self.questions.choose("Which one?", usable, default)
        if answer:
            self._write({"microphone.device": answer})

    def host(self) -> None:
        """Who recognises the words."""
        now = self.settings.speech.host or OWN
        answer = self.args.host or (None if self.questions.interactive else now)
        while answer is None:
            print("\nWho recognises the words?")
            choices = [(OWN, "our Speech host, on this machine: English, no account, no cloud")]
            choices += [(now, "as it is")] if now != OWN else []
            given = self.questions.choose(
                "A number, or the address of a host elsewhere (ws://ADDRESS:5000)", choices, now
            )
            try:
                answer = _host(given)
            except argparse.ArgumentTypeError as error:
                print(f"  {error}")
        if answer != OWN:
            self._write({"speech.host": answer})
            fault = host_fault(self.settings.speech)
            print(f"  {answer}: {fault or 'it is there'}")
        elif now != OWN:
            self._write({"speech.host": "ws://127.0.0.1:5000"})

    def broker(self) -> None:
        """Where the broker is, and how to log in there."""
        answer, questions = self.args.broker, self.questions
        while True:
            if answer is None:
                answer = self._choose_broker() if questions.interactive else None
            self._write(self._login(answer or self.settings.mqtt.brokers[0]))
            fault = self._broker_fault()
            if "mqtt.username" in fault and questions.interactive and not self.args.username:
                print("  it wants a user and a password")
                self._write(self._ask_login())
                fault = self._broker_fault()
            if not fault:
                print(f"  {self.settings.mqtt.brokers[0]}: logged in")
                return
            print(f"  {fault.partition('; ')[0]}; {cure_of(fault, self.settings.mqtt)}")
            if not questions.confirm("Choose again?", default=questions.interactive):
                return
            answer = None

    def _choose_broker(self) -> str:
        print("\nLooking for brokers on the network ...", flush=True)
        found = [(each.url, each.name) for each in find_brokers(_BROKERS_WITHIN_S)]
        now = self.settings.mqtt.brokers[0]
        choices = dict([(now, "on this machine" if now == _LOCAL else "as it is"), *found])
        default = found[0][0] if found and now == _LOCAL else now
        while True:
            given = self.questions.choose(
                "Which broker? A number, or an address", list(choices.items()), default
            )
            try:
                check_setting("mqtt.broker", given)
            except ValueError as error:
                print(f"  {error}")
            else:
                return given

    def _login(self, broker: str) -> dict[str, str]:
        values = {"mqtt.broker": broker}
        if self.args.username:
            values["mqtt.username"] = self.args.username
        if self.args.password_file:
            values |= self._keep_password(read_secret(self.args.password_file))
        return values

    def _ask_login(self) -> dict[str, str]:
        name = self.questions.ask("User name at the broker", self.settings.mqtt.username or "voice")
        return {"mqtt.username": name, **self._keep_password(getpass.getpass("Its password: "))}

    def _keep_password(self, password: str) -> dict[str, str]:
        path = self.file.parent / _PASSWORD
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(f"{password}\n", encoding="utf-8")
        return {"mqtt.password_file": _PASSWORD}

    def _broker_fault(self) -> str:
        try:
            examine_broker(self.settings, [])
        except UserFacingError as error:
            return str(error)
        return ""

    def table(self) -> None:
        """What may be said."""
        path = self.file.parent / "commands.yaml"
        there = path.exists()
        wanted = self.args.table or (KEEP if there and not self.questions.interactive else None)
        if wanted == KEEP or (there and wanted is None and not self._may_replace(path)):
            return
        text = (shipped("config") / "commands.yaml").read_text(encoding="utf-8")
        if wanted != EXAMPLE:
            text = self._suggested() or text
        if there:
            path.replace(path.with_name("commands.yaml.old"))
            print(f"  the table that was there is now {path}.old")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"  {path} is written; `voice2mqtt table` shows what can be said")

    def _may_replace(self, path: Path) -> bool:
        return self.questions.confirm(f"\n{path} is there; replace it?", default=False)

    def _suggested(self) -> str:
        """Return a table for the devices on the broker; "" if there are none, or not wanted."""
        try:
            messages = retained(self.settings, _DEVICES_WITHIN_S)
        except UserFacingError as error:
            print(f"  {error}; so the table is the example")
            return ""
        words = language_named(self.settings.speech.first_language).suggested_rows
        text = suggestion(messages, words)
        found = text.count("- say:")
        if not found:
            print("  no devices announce themselves on the broker; so the table is the example")
        wanted = found and (
            self.args.table == SUGGEST
            or self.questions.confirm(
                f"\nDevices were found on the broker; write {found} commands for them?",
                default=True,
            )
        )
        return text if wanted else ""

    def trial(self) -> None:
        """Say the first commands."""
        question = f"\nSay {COMMANDS} commands now? Nothing is published; Ctrl-C skips the rest."
        if self.args.trial is False or (self.args.trial is None and not self.questions.interactive):
            return
        if self.args.trial or self.questions.confirm(question, default=True):
            try:
                understood = try_commands(self.file, self.questions)
            except UserFacingError as error:
                print(f"  {error}")
            except KeyboardInterrupt:
                print("\n  skipped")
            else:
                print(f"  {understood} of {COMMANDS} understood")

    def install(self) -> None:
        """Make it a service."""
        question = "\nInstall it as a service, so that it always listens?"
        wanted = self.args.install
        if wanted is None:
            wanted = self.questions.interactive and self.questions.confirm(question, default=True)
        if not wanted:
            return
        if self.file != _service_file():
            raise UserFacingError(
                f"a service uses {_service_file()}; run setup without --settings to install one"
            )
        status = main.main(["install"])
        if status != ExitStatus.OK:
            raise UserFacingError("it was not installed; everything before it is done")

    def _write(self, values: dict[str, str]) -> None:
        """Put `values` into the file, which keeps its comments, and take them."""
        source = self.file if self.file.exists() else shipped("config") / NAME
        text = with_values(source.read_text(encoding="utf-8"), values)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{self.file} cannot be written: {error.strerror}") from error
        self.settings = load_settings(self.file)


def _of_another() -> str:
    """Return who should run the set-up instead, by whose the sound is; "" if it is this user."""
    owner, root = sound_owner(), os.geteuid() == 0
    if owner and owner.user != os.getuid():
        return (
            f"The sound of this machine belongs to {owner.server} in the session of {owner.owner}: "
            f"run it as {owner.owner}."
        )
    if not owner and not root and not of_person().is_installed:
        return (
            "No session that lasts has a sound server, so a service would be the machine's: "
            "`sudo voice2mqtt setup` sets that up."
        )
    return ""


def _service_file() -> Path:
    """Return the settings that a service installed by this user uses."""
    owner = sound_owner()
    is_own = os.geteuid() != 0 or (owner is not None and owner.user == os.getuid())
    return (of_person() if is_own else MACHINE).settings / NAME


def _host(given: str) -> str:
    return OWN if given == OWN else common.setting("speech.host")(given)
