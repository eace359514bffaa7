"""Installing and removing, all but the environment and what systemd is told."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from voice2mqtt.service.install import installation
from voice2mqtt.service.install.installation import InstallOptions
from voice2mqtt.service.install.layout import Layout, of_package, of_person
from voice2mqtt.settings.load import load_settings

WISHES = InstallOptions(
    source="/checkout",
    settings={
        "node": "hall",
        "microphone.device": "plughw:CARD=Mini",
        "mqtt.broker": "mqtts://broker.lan",
        "mqtt.username": "voice",
        "mqtt.password_file": "secrets/mqtt-password",
    },
    password="hush",
)


def _install(layout: Layout, wishes: InstallOptions = WISHES) -> list[str]:
    """Do every step but the environment's, which needs minutes and a package index."""
    environment, *steps = installation.installation(layout, wishes)
    assert environment.what.startswith("build the environment of ")
    for step in steps:
        step.do()
    return [step.what for step in steps]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return of_package(tmp_path)


def test_the_settings_are_those_that_were_wished_for(layout: Layout) -> None:
    _install(layout)
    settings = load_settings(layout.at(layout.settings / "voice2mqtt.yaml"), environ={})
    assert settings.node == "hall"
    assert settings.microphone.device == "plughw:CARD=Mini"
    assert settings.mqtt.broker == "mqtts://broker.lan"
    assert settings.mqtt.password_file
    assert settings.mqtt.password_file.read_text() == "hush\n"


def test_secrets_are_for_nobody_else(layout: Layout) -> None:
    _install(layout)
    secrets = layout.at(layout.settings / "secrets")
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE((secrets / "mqtt-password").stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.at(layout.settings / "commands.yaml").stat().st_mode) == 0o644


def test_an_upgrade_keeps_settings_and_renews_units(layout: Layout) -> None:
    _install(layout)
    mine = layout.at(layout.settings / "voice2mqtt.yaml")
    mine.write_text("node: mine\n")
    unit = layout.at(layout.units / "voice2mqtt.service")
    before = unit.read_text()
    unit.write_text("of an old version")
    steps = _install(layout, replace(WISHES, password=None))
    assert mine.read_text() == "node: mine\n"
    assert not any("voice2mqtt.yaml" in step for step in steps), "what is kept is no step"
    assert unit.read_text() == before
    assert (layout.at(layout.settings / "secrets/mqtt-password")).read_text() == "hush\n"


def test_removing_leaves_nothing_but_the_settings(layout: Layout, tmp_path: Path) -> None:
    _install(layout)
    prefix = layout.at(layout.prefix)
    prefix.mkdir(parents=True)
    for step in installation.removal(layout):
        step.do()
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == [
        "etc/voice2mqtt/commands.yaml",
        "etc/voice2mqtt/secrets/mqtt-password",
        "etc/voice2mqtt/voice2mqtt.yaml",
    ]
    assert not prefix.exists()
    assert not layout.at(layout.command).is_symlink()


def test_a_persons_units_run_the_persons_program(tmp_path: Path) -> None:
    person = replace(of_person({"HOME": "/home/ada"}), root=tmp_path)
    _install(person)
    unit = person.at(person.units / "voice2mqtt.service").read_text()
    assert "ExecStart=/home/ada/.local/share/voice2mqtt/bin/voice2mqtt run" in unit
    assert "/opt/" not in unit
    assert not person.at(person.units / "voice2mqtt@.service").exists()


@pytest.mark.parametrize(
    ("version", "drop_ins"),
    [
        pytest.param(252, set(), id="debian-12"),
        pytest.param(257, {"restart.conf", "reload.conf"}, id="debian-13"),
    ],
)
def test_drop_ins_are_for_a_systemd_that_knows_them(
    version: int, drop_ins: set[str], layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "systemd_version", lambda: version)
    _install(layout)
    daemon, host = (
        {path.name for path in layout.at(layout.units).glob(f"{name}.service.d/*")}
        for name in ("voice2mqtt", "voice2mqtt-host")
    )
    assert daemon == drop_ins
    assert host == drop_ins - {"reload.conf"}, "the host has nothing to reload"


def test_on_the_machine_itself_everything_is_started_once() -> None:
    steps = [step.what for step in installation.installation(_machine(), WISHES)]
    assert steps.count("start: systemctl restart voice2mqtt.service voice2mqtt-host.service") == 1
    assert "start at boot: systemctl enable voice2mqtt.service voice2mqtt-host.service" in steps


def test_a_host_elsewhere_needs_none_here() -> None:
    steps = [
        step.what for step in installation.installation(_machine(), replace(WISHES, own_host=False))
    ]
    assert "start: systemctl restart voice2mqtt.service" in steps


@pytest.mark.parametrize("version", [252, 257])
def test_nothing_is_started_against_the_wish(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "systemd_version", lambda: version)
    steps = [
        step.what for step in installation.installation(_machine(), replace(WISHES, start=False))
    ]
    assert not [step for step in steps if "systemctl" in step and "daemon-reload" not in step]


def _machine() -> Layout:
    return replace(of_package(Path("/nowhere")), root=Path("/"))
