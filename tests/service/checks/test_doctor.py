"""Planted faults, each found and with its cure: real broker, real SDK, real arecord.

Our host answers with a scripted engine; systemctl is a stub where the machine has no systemd.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.broker import Broker, Certificates
from tests.service.checks.faults import ERROR, FAULTS, WARNING, Fault, World, of_broker
from tests.service.checks.home import SENTENCE, Home, amplified, levels, spoken
from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import hosting
from voice2mqtt.service.checks.check_result import CheckResult, Severity
from voice2mqtt.service.checks.sound import check_microphone
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
            authority=str(certificates.ca),
            spoken=spoken(folders[3]),
        )


@pytest.fixture
def home(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Home:
    # The machine that runs the tests may be busy.
    monkeypatch.setattr("voice2mqtt.service.checks.speech_host.SLOW_S", 60.0)
    return Home(tmp_path, world.open_broker.url, world.host)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found_with_its_cure(fault: Fault, home: Home, world: World) -> None:
    with (
        patch.multiple("voice2mqtt.mqtt.broker.inquiry", RESPONSE_TIMEOUT_S=0.2),
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
    return list(check_microphone(settings, 3.0, lambda _reading: None, service_runs=False))


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
