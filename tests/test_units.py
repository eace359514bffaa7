"""The units, as systemd's own tools judge them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from voice2mqtt.settings.load import load_settings
from voice2mqtt.speechhost.serving.admission import Limits

SYSTEMD = Path(__file__).parents[1] / "systemd"
SYSTEM_UNITS = ("voice2mqtt.service", "voice2mqtt@.service", "voice2mqtt-host.service")
USER_UNITS = ("user/voice2mqtt.service", "user/voice2mqtt-host.service")
EXPOSURE = 15
"""Tenths, as `systemd-analyze security --threshold=` counts."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (Debian: systemd)"
)


def _analyze(*arguments: str | Path, runtime_dir: Path) -> subprocess.CompletedProcess[str]:
    # In another language the words that are looked for would be others.
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "XDG_RUNTIME_DIR": str(runtime_dir)}
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip


def _settings(unit: str) -> list[str]:
    lines = (SYSTEMD / unit).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@needs_systemd
@pytest.mark.parametrize("unit", SYSTEM_UNITS + USER_UNITS)
def test_verify_finds_nothing_to_say(unit: str, tmp_path: Path) -> None:
    # It wants the program to exist, so it is given one in the place of the real prefix.
    program = tmp_path / "bin" / "voice2mqtt"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / Path(unit).name
    copy.write_text((SYSTEMD / unit).read_text().replace("/opt/voice2mqtt", str(tmp_path)))
    whose = "--user" if unit in USER_UNITS else "--system"
    said = _analyze(whose, "verify", copy, runtime_dir=tmp_path)
    assert said.stdout + said.stderr == ""
    assert said.returncode == 0


@needs_systemd
@pytest.mark.parametrize("unit", SYSTEM_UNITS)
def test_exposure_is_at_most_1_5(unit: str, tmp_path: Path) -> None:
    judged = _analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE}", SYSTEMD / unit,
        runtime_dir=tmp_path,
    )  # fmt: skip
    assert "Overall exposure level" in judged.stdout
    assert judged.returncode == 0, judged.stdout


def test_the_unit_for_several_microphones_differs_in_names_alone() -> None:
    several = [line.replace("-%i", "").replace(" (%i)", "") for line in
               _settings("voice2mqtt@.service")]  # fmt: skip
    several = [line.replace("%i.yaml", "voice2mqtt.yaml") for line in several]
    assert several == _settings("voice2mqtt.service")


@pytest.mark.parametrize("folder", ["", "user/"])
def test_daemon_and_host_read_the_same_settings(folder: str) -> None:
    units = (f"{folder}voice2mqtt.service", f"{folder}voice2mqtt-host.service")
    named = [
        [line for line in _settings(unit) if line.startswith("Environment=SETTINGS=")]
        for unit in units
    ]
    assert all("--settings ${SETTINGS}" in "\n".join(_settings(unit)) for unit in units)
    assert named[0] == named[1] != []


@pytest.mark.parametrize("unit", SYSTEM_UNITS + USER_UNITS)
def test_a_settings_error_is_not_restarted(unit: str) -> None:
    assert "RestartPreventExitStatus=2 78" in _settings(unit)


@pytest.mark.parametrize("folder", ["", "user/"])
def test_systemd_gives_the_host_the_time_that_it_gives_its_clients(folder: str) -> None:
    (line,) = [
        line
        for line in _settings(f"{folder}voice2mqtt-host.service")
        if line.startswith("TimeoutStopSec=")
    ]
    # A close that is not answered takes a second or two, the end of the process another.
    assert float(line.partition("=")[2]) >= Limits().drain_s + 5


def test_a_secret_is_read_where_the_unit_delivers_it(tmp_path: Path) -> None:
    assert "LoadCredential=secrets:/etc/voice2mqtt/secrets" in _settings("voice2mqtt.service")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("mqtt: {username: voice, password_file: secrets/mqtt-password}\n")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    # systemd.exec(5): of a folder, each file is called by the ID, an underscore and its name.
    delivered = credentials / "secrets_mqtt-password"
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}

    assert load_settings(settings, environment).mqtt.password_file == (
        tmp_path / "secrets" / "mqtt-password"
    )
    delivered.write_text("hush\n")
    assert load_settings(settings, environment).mqtt.password_file == delivered


def test_state_and_settings_of_a_session_lie_apart() -> None:
    # A StateDirectory= would lie in ~/.config before systemd 254, and since then be linked to the
    # folder of that name there, which is that of our settings.
    assert not [line for line in _settings("user/voice2mqtt.service") if "StateDirectory" in line]
