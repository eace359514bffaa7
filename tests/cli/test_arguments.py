"""The settings are found where a session install puts them, and told when a command fails."""

import argparse
from pathlib import Path

import pytest

from voice2mqtt.cli.arguments import history_path
from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus
from voice2mqtt.service.install.layout import of_person
from voice2mqtt.settings.model import Settings

COMMANDS = [
    ["check"],
    ["settings"],
    ["run"],
    ["say", "--dry-run", "hi"],
    ["listen"],
    ["table"],
    ["table", "suggest"],
    ["devices"],
]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `voice2mqtt install` puts the settings of this person."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "VOICE2MQTT_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    folder = of_person().settings
    folder.mkdir(parents=True)
    (folder / "commands.yaml").write_text("commands: [{say: hi, topic: a, payload: b}]\n")
    return folder / "voice2mqtt.yaml"


def test_a_session_install_is_found(mine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mine.write_text("node: mine\n")
    assert main(["settings"]) == ExitStatus.OK
    assert capfd.readouterr().out.startswith("node: mine\n")
    assert main(["say", "--dry-run", "hi"]) == ExitStatus.OK
    assert capfd.readouterr().out == "would publish  a  b\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("how", ["found", "environment", "named", "missing"])
def test_a_command_that_fails_says_which_settings_it_used(
    command: list[str],
    how: str,
    mine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    mine.write_text("nod: hall\n")
    other = tmp_path / "other.yaml"
    other.write_text("nod: hall\n" * (how != "missing"))
    name, *rest = command
    why, file = "yours", mine
    if how == "environment":
        monkeypatch.setenv("VOICE2MQTT_SETTINGS", str(other))
        why, file = "named by $VOICE2MQTT_SETTINGS", other
    if how in {"named", "missing"}:
        rest = ["--settings", str(other), *rest]
        why, file = "named by --settings", other
    if how == "missing":
        other.unlink()
    assert main([name, *rest]) == ExitStatus.CONFIG
    assert capfd.readouterr().err.endswith(f"The settings used: {file} ({why})\n")


def test_what_is_no_command_tells_them_too(mine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mine.write_text("node: mine\n")
    assert main(["say", "--dry-run", "what a day"]) == ExitStatus.FAILED
    assert capfd.readouterr().err == f"The settings used: {mine} (yours)\n"


@pytest.mark.parametrize(
    ("named", "state_dir", "found"),
    [
        ("/etc/voice2mqtt/voice2mqtt.yaml", None, "/var/lib/voice2mqtt/history.db"),
        ("/etc/voice2mqtt/hall.yaml", None, "/var/lib/voice2mqtt-hall/history.db"),
        ("/etc/voice2mqtt/voice2mqtt.yaml", "/srv/state", "/srv/state/history.db"),
        ("/home/x/voice2mqtt.yaml", None, "/home/x/.local/state/voice2mqtt/history.db"),
    ],
)
def test_the_history_of_the_service_is_found(
    named: str, state_dir: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("HOME", "/home/x")
    args = argparse.Namespace(settings=Path(named))
    used = Settings(state_dir=Path(state_dir) if state_dir else None)
    assert history_path(args, used) == Path(found)
