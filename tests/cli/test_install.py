"""`voice2mqtt install` tells what it would do, and refuses what could not work."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from voice2mqtt.cli import install
from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service.install import environment
from voice2mqtt.service.install.layout import MACHINE
from voice2mqtt.service.install.sound_owner import SoundSession

OTHER = SoundSession(user=54321, server="PipeWire", lasts=True)
MINE = SoundSession(user=os.getuid(), server="PipeWire", lasts=True)
PASSING = SoundSession(user=os.getuid(), server="PulseAudio", lasts=False)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's home, on a machine without sound and without an installation."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    _sound(monkeypatch)
    return tmp_path


def _sound(monkeypatch: pytest.MonkeyPatch, *sessions: SoundSession) -> None:
    owner = next((each for each in sessions if each.lasts), None)
    monkeypatch.setattr(install, "sound_sessions", lambda: list(sessions))
    monkeypatch.setattr(install, "sound_owner", lambda: owner)


def _root(monkeypatch: pytest.MonkeyPatch, *, is_root: bool) -> None:
    monkeypatch.setattr(install, "_is_root", lambda: is_root)


def test_a_dry_run_tells_and_does_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "--user", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert f"put it at {home}/.local/share/voice2mqtt" in told
    assert f"write {home}/.config/systemd/user/voice2mqtt.service" in told
    assert "systemctl --user restart voice2mqtt.service voice2mqtt-host.service" in told
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_the_machine_is_left_alone_when_a_session_has_the_sound(
    dry: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _root(monkeypatch, is_root=True)
    _sound(monkeypatch, OTHER)
    assert main(["install", *dry]) == 1
    assert capsys.readouterr().err.startswith(
        "the sound of this machine belongs to PipeWire in the session of 54321; run "
        "`voice2mqtt install` as 54321, or say --system to take the sound card from it\n"
    )


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("sessions", "why"),
    [
        ([], "no sound server runs in your session"),
        ([PASSING], "PulseAudio runs in your session, but that has no display"),
    ],
)
def test_a_session_without_sound_is_no_place_for_it(
    dry: list[str],
    sessions: list[SoundSession],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _root(monkeypatch, is_root=False)
    _sound(monkeypatch, *sessions)
    assert main(["install", *dry]) == 1
    told = capsys.readouterr().err
    assert told.startswith(why)
    assert "voice2mqtt install`, or say --user to insist" in told


def test_a_passing_sound_server_does_not_keep_the_machine_from_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _root(monkeypatch, is_root=True)
    _sound(monkeypatch, PASSING)
    assert main(["install", "--dry-run"]) == 0
    assert "put it at /opt/voice2mqtt" in capsys.readouterr().out


def test_who_has_the_sound_gets_a_service_of_the_session(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _root(monkeypatch, is_root=False)
    _sound(monkeypatch, MINE, OTHER)
    assert main(["install", "--dry-run"]) == 0
    assert f"put it at {home}/.local/share/voice2mqtt" in capsys.readouterr().out


def test_what_is_installed_in_the_session_is_upgraded_there(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _root(monkeypatch, is_root=False)
    unit = home / ".config/systemd/user/voice2mqtt.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert main(["install", "--dry-run"]) == 0
    assert f"put it at {home}/.local/share/voice2mqtt" in capsys.readouterr().out


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_the_machine_needs_root(
    dry: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _root(monkeypatch, is_root=False)
    assert main(["install", "--system", *dry]) == 1
    told = capsys.readouterr().err
    assert told.startswith("only root can install for the machine; use sudo, or --user\n")


def test_answers_that_come_too_late_are_told(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / ".config/voice2mqtt/voice2mqtt.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("speech: {host: 'ws://pi:5000'}\n")
    command = ["install", "--user", "--dry-run", "--node", "den", "--broker", "mqtt://pi"]
    assert main(command) == 0
    told = capsys.readouterr()
    assert f"{file} is kept, without --node and --broker" in told.err
    assert "restart voice2mqtt.service\n" in told.out, "the settings name a host elsewhere"


def test_extras_are_added_to_those_that_are_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = home / ".local/share/voice2mqtt/extras"
    kept.parent.mkdir(parents=True)
    kept.write_text("vosk\n")
    command = ["install", "--user", "--dry-run", "--extra", "wake", "--extra", "clean"]
    assert main(command) == 0
    assert "with clean, vosk, wake and put it at" in capsys.readouterr().out


def test_a_password_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "password"
    assert main(["install", "--user", "--dry-run", "--password-file", str(missing)]) == 78
    assert capsys.readouterr().err.startswith(f"{missing}: there is no such file")


def test_a_failed_command_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "interpreter", lambda: "/nowhere/python")
    assert main(["install", "--user", "--no-start"]) == 69
    assert "/nowhere/python is not installed" in capsys.readouterr().err


def test_uninstall_refuses_the_same_when_it_only_tells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(["uninstall", "--dry-run"]) == ExitStatus.FAILED
    assert "only root can remove it from the machine" in capsys.readouterr().err


def test_what_is_installed_for_the_machine_is_upgraded_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = replace(MACHINE, units=tmp_path)
    (tmp_path / "voice2mqtt.service").touch()
    monkeypatch.setattr(install, "MACHINE", machine)
    _root(monkeypatch, is_root=False)
    _sound(monkeypatch, MINE)
    assert main(["install", "--extra", "wake", "--dry-run"]) == ExitStatus.FAILED
    assert capsys.readouterr().err.startswith("only root can install for the machine")
