"""From nothing to settings that work: by options, and by answers typed on a terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.broker import Broker
from voice2mqtt.audio.signal.condition import Condition
from voice2mqtt.audio.sources.devices import CaptureDevice
from voice2mqtt.cli.guide.questions import Questions
from voice2mqtt.cli.main import main
from voice2mqtt.errors import ExitStatus, UserFacingError
from voice2mqtt.service.install.sound_owner import SoundSession
from voice2mqtt.settings.load import load_settings, load_table

LAMP = '{"name": "Lamp", "command_topic": "lamp/set"}'
DEVICE = "homeassistant/light/lamp/config"
WITHIN_S = 60


def test_every_answer_may_be_an_option(tmp_path: Path, broker: Broker) -> None:
    path = tmp_path / "house" / "voice2mqtt.yaml"
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    given = ["--node", "hall", "--device", "plughw:CARD=Mini", "--host", "ws://127.0.0.1:9"]
    login = ["--broker", broker.url, "--username", "voice", "--password-file", str(secret)]
    with broker.subscriber() as client:
        client.send(DEVICE, LAMP, retain=True)
        status = main(["setup", "--yes", "--settings", str(path), *given, *login])
    assert status == ExitStatus.OK
    settings = load_settings(path)
    assert settings.node == "hall"
    assert settings.microphone.device == "plughw:CARD=Mini"
    assert settings.speech.host == "ws://127.0.0.1:9"
    assert (settings.mqtt.broker, settings.mqtt.username) == (broker.url, "voice")
    assert settings.mqtt.password_file
    assert settings.mqtt.password_file.read_text() == "hush\n"
    assert settings.mqtt.password_file.stat().st_mode & 0o077 == 0
    assert "# Names this machine in topics" in path.read_text()
    (row,) = load_table(settings.commands).rows
    assert row.publish[0].topic == "lamp/set"


def test_without_a_person_nothing_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--settings", str(tmp_path / "voice2mqtt.yaml"), "--yes"]
    assert main(["setup", "host", *named]) == ExitStatus.OK
    assert "?" not in capsys.readouterr().out


def test_one_thing_is_changed_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    path.write_text("# mine\nnode: hall  # the narrow one\nmqtt:\n  hermes: true\n")
    table = tmp_path / "commands.yaml"
    table.write_text("commands: [{say: hi, topic: a, payload: b}]\n")
    named = ["--settings", str(path), "--yes"]
    assert main(["setup", "microphone", "--device", "pulse", *named]) == ExitStatus.OK
    assert path.read_text() == (
        "# mine\nnode: hall  # the narrow one\nmqtt:\n  hermes: true\n"
        'microphone:\n  device: "pulse"\n'
    )
    assert main(["setup", "table", *named]) == ExitStatus.OK
    assert table.read_text().startswith("commands: [{say: hi")
    assert main(["setup", "table", "--table", "example", *named]) == ExitStatus.OK
    assert (tmp_path / "commands.yaml.old").read_text().startswith("commands: [{say: hi")
    assert "# Lights" in table.read_text()


def test_a_service_of_other_settings_is_not_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--settings", str(tmp_path / "voice2mqtt.yaml"), "--yes"]
    assert main(["setup", "install", "--install", *named]) == ExitStatus.FAILED
    assert "run setup without --settings to install one" in capsys.readouterr().err


def test_whose_the_sound_is_runs_the_set_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("voice2mqtt.cli.guide.setup.sound_owner", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert main(["setup", "node", "--yes"]) == ExitStatus.OK
    told = capsys.readouterr().out
    assert "No session that lasts has a sound server" in told
    assert "voice2mqtt setup` sets that up." in told
    owner = SoundSession(user=1000, server="PipeWire", lasts=True)
    monkeypatch.setattr("voice2mqtt.cli.guide.setup.sound_owner", lambda: owner)
    assert main(["setup", "node", "--yes"]) == ExitStatus.OK
    assert "No session" not in capsys.readouterr().out
    monkeypatch.setattr("os.getuid", lambda: 0)
    assert main(["setup", "node", "--yes"]) == ExitStatus.OK
    assert f"belongs to PipeWire in the session of {owner.owner}" in capsys.readouterr().out


def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["setup", "microfone"])
    told = "there is no part microfone; the parts are node, microphone"
    assert told in capsys.readouterr().err


def _typed(answers: Sequence[str], *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal, and give an answer to each prompt."""
    left = list(answers)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "voice2mqtt", "setup", *arguments]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
                if shown.endswith(b": ") and left:
                    os.write(ours, f"{left.pop(0)}\n".encode())
        except OSError:
            # The other end is closed.
            pass
        status = running.wait(WITHIN_S)
    os.close(ours)
    return status, shown.decode(errors="replace")


def test_answers_are_checked_and_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "voice2mqtt.yaml"
    users = {"voice": "hush"}
    with Broker(tmp_path, users=users) as broker:
        with broker.subscriber(username="voice", password="hush") as client:
            client.send(DEVICE, LAMP, retain=True)
        answers = ["living room", "hall", "pi", "ws://127.0.0.1:9", "no broker", broker.url]
        parts = ["node", "host", "broker", "table"]
        status, shown = _typed([*answers, "voice", "hush", "y"], *parts, "--settings", str(path))
    assert status == ExitStatus.OK, shown
    assert "cannot be a node's name" in shown
    assert "nobody listens at ws://127.0.0.1:9" in shown
    assert "logged in" in shown
    assert "hush" not in shown
    settings = load_settings(path)
    assert (settings.node, settings.speech.host) == ("hall", "ws://127.0.0.1:9")
    assert (settings.mqtt.broker, settings.mqtt.username) == (broker.url, "voice")
    assert settings.mqtt.password_file
    assert settings.mqtt.password_file.read_text() == "hush\n"
    assert load_table(settings.commands).rows[0].publish[0].topic == "lamp/set"


def test_no_more_answers_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    with pytest.raises(UserFacingError, match="no more answers"):
        Questions(interactive=True).ask("What?", "that")


def test_without_a_microphone_it_says_what_to_do_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = CaptureDevice(
        name="default", description="", condition=Condition.MISSING, problem="it is not there"
    )
    monkeypatch.setattr("voice2mqtt.cli.guide.setup.list_devices", lambda *_: [gone])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _prompt: "")
    named = ["--settings", str(tmp_path / "voice2mqtt.yaml")]
    assert main(["setup", "microphone", *named]) == ExitStatus.OK
    told = capsys.readouterr().out
    assert "it is not there" in told
    assert "setup microphone` asks again" in told


def test_the_first_commands_can_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("voice2mqtt.cli.guide.setup.try_commands", interrupted)
    named = ["--settings", str(tmp_path / "voice2mqtt.yaml")]
    assert main(["setup", "try", "--yes", "--try", *named]) == ExitStatus.OK
    assert "skipped" in capsys.readouterr().out
