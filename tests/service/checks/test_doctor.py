"""Planted faults, each found and with its cure: real broker, real SDK, real arecord.

Our host answers with a scripted engine; systemctl is a stub where the machine has no systemd.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.broker import Broker, Certificates
from tests.service.checks.home import RUNNING, SENTENCE, Home, amplified, levels, spoken
from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import hosting
from voice2mqtt.demo.stage import free_port
from voice2mqtt.service.checks.broker import check_broker
from voice2mqtt.service.checks.check_result import CheckResult, Severity
from voice2mqtt.service.checks.files import read_settings_file, read_table_file
from voice2mqtt.service.checks.machine import check_disk, check_machine
from voice2mqtt.service.checks.sound import check_microphone, check_rights, check_server
from voice2mqtt.service.checks.speech_host import check_host
from voice2mqtt.service.checks.unit import check_units
from voice2mqtt.settings.model import MicrophoneSettings

USERS = {"voice": "right", "deaf": "right"}
ACL = """\
user voice
topic readwrite voice2mqtt/#
topic readwrite homeassistant/#
topic write home/bedroom/light/set
user deaf
topic write #
"""


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
    spoken: bytes


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[World]:
    folders = [tmp_path_factory.mktemp("world") for _ in range(4)]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server_cert, certificates.server_key)
    engine = ScriptedEngine(f"{SENTENCE.capitalize()}.")
    with (
        Broker(folders[0]) as open_broker,
        Broker(folders[1], users=USERS, acl=ACL) as closed_broker,
        Broker(folders[2], certificates=certificates) as secure_broker,
        hosting(engine) as host,
        hosting(ScriptedEngine("What a lovely day.")) as deaf_host,
        hosting(engine, keys=("sesame",)) as locked_host,
        hosting(engine, tls=tls) as secure_host,
    ):
        yield World(
            open_broker=open_broker,
            closed_broker=closed_broker,
            secure_broker=secure_broker,
            host=host.url,
            deaf_host=deaf_host.url,
            locked_host=locked_host.url,
            secure_host=secure_host.url,
            spoken=spoken(folders[3]),
        )


@pytest.fixture
def home(tmp_path: Path, world: World) -> Home:
    return Home(tmp_path, world.open_broker.url, world.host)


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


def _machine(**changes: Any) -> Plant:  # noqa: ANN401 - as many fields
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
    """Let one run in the session of user 1000."""

    def plant(home: Home, _world: World) -> None:
        (home.root / "run/user/1000" / kind).touch()

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
        of_host, ERROR, "refused", "voice2mqtt host --settings",
    ),
    "a Speech host of an unknown name": Fault(
        _settings("speech", host="ws://no.such.host.invalid:5000"),
        of_host, ERROR, "is not known", "correct the name",
    ),
    "a Speech host that asks for a key": Fault(
        lambda home, world: _settings("speech", host=world.locked_host)(home, world),
        of_host, ERROR, "asks for a key", "key_file",
    ),
    "a Speech host whose certificate is not trusted": Fault(
        lambda home, world: _settings("speech", host=world.secure_host)(home, world),
        of_host, ERROR, "", "ca_file",
    ),
    "a broker in the place of the Speech host": Fault(
        lambda home, world: _settings(
            "speech", host=f"ws://127.0.0.1:{world.open_broker.port}"
        )(home, world),
        of_host, ERROR, "", "speech.host",
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


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found_with_its_cure(fault: Fault, home: Home, world: World) -> None:
    with (
        patch.multiple("voice2mqtt.mqtt.probe", RESPONSE_TIMEOUT_S=0.2),
        patch.multiple("voice2mqtt.mqtt.broker.connection", RESPONSE_TIMEOUT_S=1.0),
    ):
        fault.plant(home, world)
        _expect(fault, list(fault.check(home)))


def _expect(fault: Fault, found: Sequence[CheckResult]) -> None:
    bad = [each for each in found if each.severity in {WARNING, ERROR}]
    fitting = [
        each
        for each in bad
        if each.severity is fault.severity and fault.said in each.sentence
        and fault.cure in each.cure
    ]  # fmt: skip
    assert fitting, found
    assert len(bad) == 1 or fault.check is of_broker, "one fault, one line"


def _hiss(pcm: bytes) -> bytes:
    return amplified(pcm, 0.3, noise=0.05)


MICROPHONES: Mapping[str, tuple[Callable[[bytes], bytes], Severity, str, str]] = {
    "only zeros": (lambda _: bytes(32_000), ERROR, "gives only zeros", "alsamixer"),
    "next to nothing": (lambda pcm: amplified(pcm, 0.002), ERROR, "next to nothing", "alsamixer"),
    "quiet speech": (lambda pcm: amplified(pcm, 0.012), WARNING, "is quiet", "raise its volume"),
    "overdriven": (lambda pcm: amplified(pcm, 40.0), WARNING, "overdriven", "lower its capture"),
    "no speech": (lambda _: levels((8.0, 0.1)), WARNING, "the gate stayed shut", "say a command"),
    "noise": (_hiss, WARNING, "more speech than noise", "move it away from the noise"),
}


@pytest.mark.parametrize("kind", MICROPHONES)
def test_a_bad_microphone_is_found_with_its_cure(kind: str, home: Home, world: World) -> None:
    made, severity, said, cure = MICROPHONES[kind]
    with home.microphone(made(world.spoken)):
        (found,) = _microphone("played")
    assert found.severity is severity, found
    assert said in found.sentence
    assert cure in found.cure


def test_a_microphone_that_is_not_there_is_found(home: Home) -> None:
    with home.microphone(b""):
        (found,) = _microphone("no_such")
    assert found.severity is ERROR
    assert "no_such is not there" in found.sentence
    assert "voice2mqtt devices" in found.cure


def _microphone(device: str) -> list[CheckResult]:
    settings = MicrophoneSettings(device=device)
    return list(check_microphone(settings, 0.5, lambda _reading: None, service_runs=False))


def test_there_are_thirty_faults_and_more() -> None:
    assert len(FAULTS) + len(MICROPHONES) + 1 >= 30


# As a whole -----------------------------------------------------------------------------------


@contextmanager
def _announced(broker: Broker) -> Iterator[None]:
    """As the daemon leaves the broker."""
    config = "homeassistant/switch/voice2mqtt_hall/mute/config"
    with broker.subscriber() as client:
        client.send(config, "{}", retain=True)
        client.send("voice2mqtt/hall/availability", "online", retain=True)
        yield
        client.send(config, "", retain=True)
        client.send("voice2mqtt/hall/availability", "", retain=True)


def test_on_a_healthy_machine_all_is_well(home: Home, world: World) -> None:
    with home.microphone(world.spoken), _announced(world.open_broker):
        found = home.examined(listen_s=5.0)
    assert [each for each in found if each.severity is not Severity.OK] == []
    assert [each.check for each in found] == [
        *("Python", "programs", "processor", "clock", "settings", "table", "state folder", "disk"),
        *("sound cards", "sound server", "microphone", "Speech host", "broker", "topics"),
        *("Home Assistant", "service", "host service"),
    ]


def test_what_needs_the_settings_is_left_out_without_them(home: Home) -> None:
    home.settings["nod"] = "x"
    found = home.examined(listen_s=1.0)
    assert [each.check for each in found if each.severity is Severity.SKIPPED] == [
        *("microphone", "Speech host", "broker"),
    ]


def test_a_microphone_that_the_service_holds_is_left_to_it(home: Home) -> None:
    held = "arecord: main:831: audio open error: Device or resource busy"
    arecord = home.folder / "arecord"
    arecord.write_text(f"#!/bin/sh\necho '{held}' >&2\nexit 1\n")
    arecord.chmod(0o755)
    with patch("voice2mqtt.audio.sources.capture.arecord_command", lambda _: (str(arecord),)):
        for runs, severity in ((True, Severity.SKIPPED), (False, ERROR)):
            (found,) = check_microphone(
                MicrophoneSettings(), 1.0, lambda _reading: None, service_runs=runs
            )
            assert found.severity is severity
