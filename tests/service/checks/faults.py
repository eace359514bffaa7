"""The faults that are planted before the doctor, one for each thing that goes wrong at home."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.broker import Broker
from tests.service.checks.home import RUNNING, SENTENCE, Home
from voice2mqtt.demo.stage import free_port
from voice2mqtt.service.checks.broker import check_broker
from voice2mqtt.service.checks.check_result import CheckResult, Severity
from voice2mqtt.service.checks.files import read_settings_file, read_table_file
from voice2mqtt.service.checks.machine import check_disk, check_machine
from voice2mqtt.service.checks.sound import check_rights, check_server
from voice2mqtt.service.checks.speech_host import check_host
from voice2mqtt.service.checks.unit import check_units
from voice2mqtt.service.install.sound_owner import SoundSession


@dataclass(frozen=True)
class World:
    """What is slow to start, once for all faults."""

    open_broker: Broker
    closed_broker: Broker
    """Asks for a user, and limits what he may do."""
    secure_broker: Broker
    host: str
    deaf_host: str
    """Hears other words."""
    locked_host: str
    secure_host: str
    authority: str
    """The file of its authority's certificate."""
    spoken: bytes


# What a check is given, so that a fault of one need not wait for the others --------------------

Check = Callable[[Home], Iterator[CheckResult]]


def of_machine(home: Home) -> Iterator[CheckResult]:
    yield from check_machine(home.machine)


def of_files(home: Home) -> Iterator[CheckResult]:
    home.write()
    settings, told = read_settings_file(home.file)
    yield from told
    if settings:
        yield from read_table_file(settings)[1]


def of_sound(home: Home) -> Iterator[CheckResult]:
    yield from check_rights(home.machine, installed_for_machine=True)
    yield from check_server(home.machine, "default", installed_for_machine=home.units.of_machine)


def of_host(home: Home) -> Iterator[CheckResult]:
    yield from _of_servers(home, host=True)


def of_broker(home: Home) -> Iterator[CheckResult]:
    yield from _of_servers(home, host=False)


def _of_servers(home: Home, *, host: bool) -> Iterator[CheckResult]:
    home.write()
    settings, told = read_settings_file(home.file)
    assert settings, told
    table, _ = read_table_file(settings)
    assert table
    if host:
        yield from check_host(settings, table, own_host=False)
    else:
        yield from check_broker(settings, table, service_runs=False)


def of_units(home: Home) -> Iterator[CheckResult]:
    yield from check_units(home.units, home.machine, home.file.path)


# The faults -----------------------------------------------------------------------------------

Plant = Callable[[Home, World], object]


@dataclass(frozen=True)
class Fault:
    """A fault, where it is looked for, and words of what is said of it."""

    plant: Plant
    check: Check
    severity: Severity
    said: str
    cure: str


def _machine(**changes: Any) -> Plant:
    def plant(home: Home, _world: World) -> None:
        home.machine = replace(home.machine, **changes)

    return plant


def _file(name: str, text: str, mode: int = 0o600) -> Plant:
    def plant(home: Home, _world: World) -> None:
        (home.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (home.folder / name).write_text(text)
        (home.folder / name).chmod(mode)

    return plant


def _settings(section: str, **values: object) -> Plant:
    def plant(home: Home, _world: World) -> None:
        home.settings[section] = values

    return plant


def _table(**values: object) -> Plant:
    def plant(home: Home, _world: World) -> None:
        home.table |= values

    return plant


def _service(journal: str = "", **properties: str) -> Plant:
    def plant(home: Home, _world: World) -> None:
        home.service({**RUNNING, **properties}, journal)

    return plant


def _all(*plants: Plant) -> Plant:
    def plant(home: Home, world: World) -> None:
        for each in plants:
            each(home, world)

    return plant


def _packages(**versions: str) -> Plant:
    """Let there be ourselves, which need two packages, and these."""

    def plant(home: Home, _world: World) -> None:
        folder = home.folder / "packages"
        needs = "Requires-Dist: paho-mqtt>=2.1,<3\nRequires-Dist: hassil>=3\n"
        for name, version in {"voice2mqtt": "1", **versions}.items():
            info = folder / f"{name}-{version}.dist-info"
            info.mkdir(parents=True)
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
                + (needs if name == "voice2mqtt" else "")
            )
        home.machine = replace(home.machine, packages=[str(folder)])

    return plant


def _broker(which: str, user: str = "voice", password: str = "right") -> Plant:
    def plant(home: Home, world: World) -> None:
        _file("p", password)(home, world)
        broker: Broker = getattr(world, which)
        home.settings["mqtt"] = {"broker": broker.url, "username": user, "password_file": "p"}

    return plant


def _sound_server(kind: str) -> Plant:
    """Let one run in the session of user 1000, who lingers."""

    def plant(home: Home, _world: World) -> None:
        (home.root / "run/user/1000" / kind).touch()
        lingers = home.root / "var/lib/systemd/linger"
        lingers.mkdir(parents=True, exist_ok=True)
        (lingers / SoundSession(user=1000, server=kind, lasts=True).owner).touch()

    return plant


ERROR, WARNING = Severity.ERROR, Severity.WARNING

FAULTS = {
    # The machine.
    "a package is missing": Fault(
        _packages(hassil="3.12"), of_machine, ERROR, "missing: paho-mqtt", "pip install"
    ),
    "a package is too old": Fault(
        _packages(hassil="3.12", paho_mqtt="1.6"),
        of_machine, ERROR, "paho-mqtt 1.6 (needs <3,>=2.1)", "script/setup",
    ),
    "no arecord": Fault(
        lambda home, _: home.without("arecord"),
        of_machine, ERROR, "arecord is not installed", "sudo apt install alsa-utils",
    ),
    "no espeak-ng": Fault(
        lambda home, _: home.without("espeak-ng"),
        of_machine, ERROR, "espeak-ng is not installed", "sudo apt install espeak-ng",
    ),
    "a 32-bit processor": Fault(
        _machine(architecture="armv7l"), of_machine, ERROR, "armv7l", "64-bit system"
    ),
    "a 32-bit system on a 64-bit processor": Fault(
        _machine(architecture="aarch64", pointer_bits=32),
        of_machine, ERROR, "32-bit programs on aarch64", "64-bit system",
    ),
    "an old processor": Fault(
        _file("root/proc/cpuinfo", "flags\t\t: fpu sse2\n"),
        of_machine, WARNING, "without avx2", "newer machine",
    ),
    "a clock of 1970": Fault(
        _machine(now_s=86_400.0), of_machine, ERROR, "it shows 1970", "timedatectl set-ntp true"
    ),
    "a clock that nothing sets": Fault(
        lambda home, _: home.stub("timedatectl", "no"),
        of_machine, WARNING, "nothing keeps it right", "timedatectl set-ntp true",
    ),
    "a full disk": Fault(
        lambda *_: None,
        lambda home: check_disk(home.folder, free_bytes=1_000_000),
        ERROR, "is full", "sudo apt clean",
    ),
    "a disk that is nearly full": Fault(
        lambda *_: None,
        lambda home: check_disk(home.folder, free_bytes=100_000_000),
        WARNING, "only 100 MB", "sudo apt clean",
    ),
    "a file in the place of the state folder": Fault(
        _file("state", ""),
        lambda home: check_disk(home.folder / "state"), ERROR, "is a file", "mv ",
    ),
    "a damaged file in the state folder": Fault(
        _file("state/usage.unusable", "{"),
        lambda home: check_disk(home.folder / "state"), WARNING, "was damaged", "rm ",
    ),
    # Settings and table.
    "a key that does not exist": Fault(
        _settings("microphon", device="x"),
        of_files, ERROR, "unknown key microphon", "did you mean microphone",
    ),
    "a password file that is not there": Fault(
        _settings("mqtt", username="v", password_file="secrets/p"),
        of_files, ERROR, "there is no such file", "create it",
    ),
    "a password that everybody can read": Fault(
        _all(_file("p", "x", 0o644), _settings("mqtt", username="v", password_file="p")),
        of_files, WARNING, "every user of this machine can read", "chmod 600",
    ),
    "a row without a topic": Fault(
        _table(commands=[{"say": "hi", "payload": "x"}]),
        of_files, ERROR, "'topic' is missing", "where the message goes",
    ),
    "a test of the table that fails": Fault(
        _table(tests=[{"hear": SENTENCE, "publish": "home/x = ON"}]),
        of_files, ERROR, "should publish home/x = ON", "--explain",
    ),
    "rows that sound alike": Fault(
        _table(lists={"room": ["kitchen", "fan", "van"]}),
        of_files, WARNING, "van", "choose words that differ more",
    ),
    # From the sound card to the gate.
    "sound cards that the service may not open": Fault(
        lambda home, _: (home.root / "dev/snd/pcmC0D0c").chmod(0o600),
        of_sound, ERROR, "not open to the group audio", "chgrp audio",
    ),
    "a sound server in somebody's session": Fault(
        _sound_server("pipewire-0"),
        of_sound, ERROR, "belongs to the session of user 1000", "voice2mqtt install",
    ),
    "PipeWire without its ALSA plugin": Fault(
        _all(_sound_server("pipewire-0"), _service(LoadState="not-found")),
        of_sound, ERROR, "ALSA's way to it is not installed", "sudo apt install pipewire-alsa",
    ),
    "PulseAudio without its ALSA plugin": Fault(
        _all(_sound_server("pulse/native"), _service(LoadState="not-found")),
        of_sound, ERROR, "ALSA's way to it", "sudo apt install libasound2-plugins",
    ),
    # The Speech host.
    "no Speech host": Fault(
        _settings("speech", host=f"ws://127.0.0.1:{free_port()}"),
        of_host, ERROR, "nobody listens", "voice2mqtt host --settings",
    ),
    "a Speech host of an unknown name": Fault(
        _settings("speech", host="ws://no.such.host.invalid:5000"),
        of_host, ERROR, "is not known", "correct the name",
    ),
    "a Speech host that asks for a key": Fault(
        lambda home, world: _settings("speech", host=world.locked_host)(home, world),
        of_host, ERROR, "wants a key", "key_file",
    ),
    "a Speech host whose certificate is not trusted": Fault(
        lambda home, world: _settings("speech", host=world.secure_host)(home, world),
        of_host, ERROR, "is not trusted", "ca_file",
    ),
    "a Speech host whose certificate has another name": Fault(
        lambda home, world: _settings(
            "speech",
            host=world.secure_host.replace("127.0.0.1", "localhost"),
            ca_file=world.authority,
        )(home, world),
        of_host, ERROR, "is not for localhost", "the name that it is for into speech.host",
    ),
    "one of two Speech services": Fault(
        lambda home, world: _settings(
            "speech", host=f"ws://127.0.0.1:{free_port()}", fallbacks=[{"host": world.host}]
        )(home, world),
        of_host, WARNING, "nobody listens", "voice2mqtt host --settings",
    ),
    "a broker in the place of the Speech host": Fault(
        lambda home, world: _settings(
            "speech", host=f"ws://127.0.0.1:{world.open_broker.port}"
        )(home, world),
        of_host, ERROR, "hangs up", "check host and port in speech.host",
    ),
    "a Speech host that hears other words": Fault(
        lambda home, world: _settings("speech", host=world.deaf_host)(home, world),
        of_host, WARNING, "What a lovely day.", "host --settings",
    ),
    # The broker.
    "no broker": Fault(
        _settings("mqtt", broker=f"mqtt://127.0.0.1:{free_port()}"),
        of_broker, ERROR, "nobody listens there", "apt install mosquitto",
    ),
    "a broker of an unknown name": Fault(
        _settings("mqtt", broker="mqtt://no.such.broker.invalid"),
        of_broker, ERROR, "is not known", "correct the name",
    ),
    "a wrong password": Fault(
        _broker("closed_broker", password="wrong"),
        of_broker, ERROR, "it refused us", "mosquitto_passwd",
    ),
    "a certificate of the broker that is not trusted": Fault(
        lambda home, world: _settings("mqtt", broker=world.secure_broker.url)(home, world),
        of_broker, ERROR, "is not trusted", "ca_file",
    ),
    "a Speech host in the place of the broker": Fault(
        lambda home, world: _settings("mqtt", broker=world.host.replace("ws", "mqtt"))(home, world),
        of_broker, ERROR, "does it expect plain MQTT", "check address, port and kind",
    ),
    "a user who may not read": Fault(
        _broker("closed_broker", user="deaf"),
        of_broker, ERROR, "does not come back", "topic readwrite voice2mqtt/#",
    ),
    "a topic of the table that is forbidden": Fault(
        _broker("closed_broker"),
        of_broker, ERROR, "1 of 7 topics: home/kitchen/light/set",
        "topic write home/kitchen/light/set",
    ),
    "nothing announced to Home Assistant": Fault(
        lambda *_: None, of_broker, WARNING, "nothing is announced", "voice2mqtt run"
    ),
    # The service.
    "not installed as a service": Fault(
        _service(LoadState="not-found"),
        of_units, WARNING, "not installed as a service", "voice2mqtt install",
    ),
    "stopped": Fault(
        _service(ActiveState="inactive"),
        of_units, ERROR, "does not run", "sudo systemctl start voice2mqtt.service",
    ),
    "not enabled": Fault(
        _service(UnitFileState="disabled"),
        of_units, WARNING, "not after a reboot", "sudo systemctl enable voice2mqtt.service",
    ),
    "down for its settings": Fault(
        _service("commands.yaml:3:4: no", ActiveState="failed", ExecMainStatus="78"),
        of_units, ERROR, "settings are wrong: commands.yaml:3:4: no", "voice2mqtt check",
    ),
    "failed": Fault(
        _service("out of memory", ActiveState="failed", Result="oom-kill", ExecMainStatus="9"),
        of_units, ERROR, "failed (oom-kill, status 9): out of memory", "journalctl -u voice2mqtt",
    ),
    "restarted again and again": Fault(
        _service(NRestarts="7"), of_units, WARNING, "restarted 7 times", "journalctl"
    ),
    "a service of other settings": Fault(
        _service(Environment="SETTINGS=/etc/voice2mqtt/voice2mqtt.yaml"),
        of_units, WARNING, "uses /etc/voice2mqtt", "doctor --settings /etc/voice2mqtt",
    ),
}  # fmt: skip
