import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.virtual_sound import MICROPHONE, PrivateSoundServer, running_sound_server
from voice2mqtt.cli.main import main


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateSoundServer]:
    with running_sound_server() as server, pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.mark.usefixtures("server")
def test_the_list_is_one_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Sound server: ")
    assert [line.split()[0] for line in lines if "Virtual microphone" in line] == [MICROPHONE]
    assert "pactl set-default-source" in lines[-1]


@pytest.mark.usefixtures("server")
def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["sound_server"]["kind"]
    conditions = {device["name"]: device["condition"] for device in answer["devices"]}
    assert conditions[MICROPHONE] == "ok"


@pytest.mark.usefixtures("server")
def test_listening_tells_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--listen", MICROPHONE, "--json", "--seconds", "3"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["condition"] in {"ok", "deaf"}
    assert lines[-1]["peak_db"] == -100
    assert lines[-1]["gate_open"] is False


def test_listening_to_nothing_fails_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--listen", "no_such", "--seconds", "4"]) == 69
    assert "microphone no_such is not there" in capsys.readouterr().err


def test_ctrl_c_ends_listening_well(server: PrivateSoundServer) -> None:
    # A test run in the background of a shell ignores Ctrl-C, and so would its children.
    heeding = ("env", "--default-signal=INT", sys.executable, "-m", "voice2mqtt")
    command = [*heeding, "devices", "--json", "--listen", MICROPHONE]
    environ = os.environ | server.environment
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if json.loads(line)["condition"] == "ok":
                process.send_signal(signal.SIGINT)
                break
        assert process.wait(10) == 0
