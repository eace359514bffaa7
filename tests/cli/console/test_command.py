"""`voice2mqtt console token`."""

import stat
from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus


def test_the_token_is_made_once_and_shown_with_the_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("console: {listen: '127.0.0.1:8099'}\n")
    command = ["console", "token", "--settings", str(settings)]
    assert main(command) == ExitStatus.OK
    told = capsys.readouterr().out
    file = tmp_path / "secrets" / "console-token"
    token = file.read_text().strip()
    assert told == f"{token}\nhttp://127.0.0.1:8099/#token={token}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    main(command)
    assert capsys.readouterr().out == told


def test_without_a_page_it_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("node: den\n")
    main(["console", "token", "--settings", str(settings)])
    assert "console: {listen: 127.0.0.1:8099}" in capsys.readouterr().out


def test_a_service_of_a_session_can_save_already(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("node: den\n")
    command = ["console", "allow-saving", "--settings", str(settings)]
    assert main(command) == ExitStatus.CONFIG
    assert "a service of your session can save its table already" in capsys.readouterr().err
