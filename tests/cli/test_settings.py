from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus
from voice2mqtt.settings.load import load_settings


def test_what_is_printed_could_be_used_as_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "voice2mqtt.yaml"
    written.write_text(
        "node: hall\n"
        'listening: {wake_phrase: ["on", computer]}\n'
        "mqtt: {username: v, password_file: secrets/p}\n"
        "rooms: {agree: no}\n"
        "speech: {fallbacks: [{name: cloud, region: westeurope, key_file: secrets/k}]}\n"
    )
    assert main(["settings", "--settings", str(written)]) == ExitStatus.OK
    printed = tmp_path / "printed.yaml"
    printed.write_text(capsys.readouterr().out)
    assert load_settings(printed) == load_settings(written)


def test_what_was_not_written_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "voice2mqtt.yaml"
    written.write_text("node: hall\n")
    main(["settings", "--settings", str(written)])
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "node: hall"
    assert told[1] == "microphone:"
    assert told[2] == f"{'  device: default':<44} # default"


def test_a_secret_is_named_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p").write_text("hush")
    written = tmp_path / "voice2mqtt.yaml"
    written.write_text("mqtt: {username: v, password_file: p}\n")
    main(["settings", "--settings", str(written)])
    told = capsys.readouterr().out
    assert f"  password_file: {tmp_path}/p\n" in told.replace('"', "")
    assert "hush" not in told
