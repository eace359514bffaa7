"""No command shows a secret that was written into the settings or the table."""

from pathlib import Path

import pytest

from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus

SECRET = "0a1B2c3D4e5F60718293a4b5c6d7e8f9"
TABLE = "commands: [{say: hi, topic: a, payload: b}]\n"

COMMANDS = [
    ["check"],
    ["check", "--strict"],
    ["settings"],
    ["run"],
    ["run", "--json", "--verbose"],
    ["say", "--dry-run", "hi"],
    ["say", "--json", "--dry-run", "hi"],
    ["listen"],
    ["table"],
    ["table", "suggest"],
    ["devices"],
    ["transcribe", "none.wav"],
    ["host", "--listen", "127.0.0.1:0"],
]

SETTINGS = [
    pytest.param(f"speech:\n  key: {SECRET}\n", "named by key_file", id="key"),
    pytest.param(f"speech: {{key: '{SECRET}\n", "never closed", id="no-yaml"),
    pytest.param(
        f"mqtt: {{password: [{SECRET}], x: 1}}\n", "named by password_file", id="password"
    ),
    pytest.param(f"azure_key: {SECRET}\n", "named by speech.key_file", id="top-level"),
    pytest.param(
        f"speech: {{key_file: {SECRET}}}\n", "key_file takes the path of a file", id="key-file"
    ),
    pytest.param(
        f"mqtt: {{username: v, password_file: '{SECRET[:10]}'}}\n",
        "password_file takes the path of a file",
        id="password-file",
    ),
    pytest.param(
        f"mqtt: {{broker: 'mqtt://me:{SECRET}@h'}}\n", "no place in an address", id="user"
    ),
    pytest.param(
        f"mqtt: {{broker: 'me:{SECRET}@h'}}\n", "has no place in an address", id="no-address"
    ),
    pytest.param(
        f"speech: {{endpoint: 'wss://h/a?language=en&Ocp-Apim-Subscription-Key={SECRET}'}}\n",
        "a key has no place in an address",
        id="query",
    ),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("settings", "told"), SETTINGS)
def test_no_command_shows_it(
    command: list[str],
    settings: str,
    told: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text(settings)
    (tmp_path / "commands.yaml").write_text(TABLE)
    name, *rest = command
    assert main([name, "--settings", str(path), *rest]) == ExitStatus.CONFIG
    written = capfd.readouterr()
    assert told in written.out + written.err
    for stream in (written.out, written.err, caplog.text):
        assert SECRET[:10] not in stream


@pytest.mark.parametrize(
    "command", [["check"], ["say", "hi", "--dry-run"], ["table"]], ids=" ".join
)
def test_nor_one_in_the_table(
    command: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text("node: hall\n")
    (tmp_path / "commands.yaml").write_text(
        f"commands: [{{say: hi, topic: a, payload: b, token: {SECRET}}}]\n"
    )
    assert main([*command[:1], "--settings", str(path), *command[1:]]) == ExitStatus.CONFIG
    written = capfd.readouterr()
    assert "unknown key token" in written.out + written.err
    assert SECRET not in written.out + written.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["install", "--user", "--dry-run", "--password-file", SECRET], id="install"),
        pytest.param(["host", "--listen", "127.0.0.1:0", "--key-file", SECRET], id="host"),
    ],
)
def test_a_secret_given_for_its_file_is_not_shown(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(arguments) in (ExitStatus.CONFIG, ExitStatus.NO_INPUT)
    assert SECRET not in "".join(capfd.readouterr())
