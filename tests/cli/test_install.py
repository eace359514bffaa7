"""`voice2mqtt install` tells what it would do, and refuses what could not work."""

import os
from pathlib import Path

import pytest

from voice2mqtt.cli import install
from voice2mqtt.cli.main import main
from voice2mqtt.service.install import installation


@pytest.fixture(autouse=True)
def no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "sound_servers", dict)


def test_a_dry_run_tells_and_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert main(["install", "--user", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert f"put it at {tmp_path}/.local/share/voice2mqtt" in told
    assert f"write {tmp_path}/.config/systemd/user/voice2mqtt.service" in told
    assert "systemctl --user restart voice2mqtt.service voice2mqtt-host.service" in told
    assert list(tmp_path.iterdir()) == []


def test_the_machine_is_left_alone_when_a_session_has_the_sound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "_is_root", lambda: True)
    monkeypatch.setattr(install, "sound_servers", lambda: {os.getuid(): "PipeWire"})
    assert main(["install"]) == 1
    told = capsys.readouterr().err
    assert "belongs to PipeWire in" in told
    assert "say --system to take the sound card from it" in told


def test_a_session_without_sound_is_no_place_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "_is_root", lambda: False)
    assert main(["install"]) == 1
    assert "run `voice2mqtt install` as root" in capsys.readouterr().err


def test_the_machine_needs_root(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "_is_root", lambda: False)
    assert main(["install", "--system"]) == 1
    assert capsys.readouterr().err == (
        "only root can install for the machine; use sudo, or --user\n"
    )


def test_a_password_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "password"
    assert main(["install", "--user", "--dry-run", "--password-file", str(missing)]) == 78
    assert capsys.readouterr().err.startswith(f"{missing}: there is no such file")


def test_a_failed_command_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(installation, "interpreter", lambda: "/nowhere/python")
    assert main(["install", "--user", "--no-start"]) == 69
    assert "/nowhere/python is not installed" in capsys.readouterr().err
