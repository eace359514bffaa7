"""`voice2mqtt review`: from a refused sentence to a command that works, with real speech."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.history.entries import refused
from tests.history.test_writer import write
from tests.virtual_sound import MICROPHONE, running_sound_server
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.cli.main import main
from voice2mqtt.demo import stage
from voice2mqtt.errors import ExitStatus
from voice2mqtt.history.database import NAME

TABLE = """# My table.
commands:
  - {name: door, say: open the front door, topic: home/door, payload: OPEN}   # the front door

  # Night
  - {name: night, say: good night, topic: home/night, payload: "NOW"}
"""
EVENT = "voice2mqtt/test/event"
WITHIN_S = 60.0


@pytest.fixture
def named(tmp_path: Path) -> list[str]:
    """Arguments that name settings, with what was refused a second ago in their history."""
    (tmp_path / "commands.yaml").write_text(TABLE)
    settings = {"state_dir": str(tmp_path), "speech": {"host": "ws://127.0.0.1:1"}}
    (tmp_path / "voice2mqtt.yaml").write_text(json.dumps(settings))
    at_s = time.time() - 1
    texts = ["Open the frontier or.", "Open the frontier or.", "What a lovely day.", "Heating on."]
    write(tmp_path / NAME, [refused(n, text, text, at_s) for n, text in enumerate(texts)])
    return ["--settings", str(tmp_path / "voice2mqtt.yaml")]


def review(named: list[str], monkeypatch: pytest.MonkeyPatch, *typed: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
    return main(["review", *named])


def test_one_key_makes_a_command_and_the_rest_is_gone_through(
    named: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new_row = ("n", "home/heating", "ON")
    assert review(named, monkeypatch, "a", "?", "r", *new_row) == ExitStatus.OK
    said = capsys.readouterr().out
    first, second, third = re.split(r"(?m)^\d of 3: ", said)[1:]
    assert "heard 2 times" in first
    assert "open the front door  (row “door”)" in first
    assert "a would add also_heard_as: Open the frontier or" in first
    assert "tried again: publishes home/door = OPEN" in first
    assert "a test of the table says so" in second + third
    assert "tried again: publishes home/heating = ON" in second + third
    text = (tmp_path / "commands.yaml").read_text()
    added = '{name: door, say: open the front door, also_heard_as: "Open the frontier or", '
    assert text.startswith(TABLE.replace("{name: door, say: open the front door, ", added)[:60])
    assert "# the front door\n\n  # Night\n" in text
    assert review(named, monkeypatch) == ExitStatus.OK
    assert "There is nothing to review." in capsys.readouterr().out


def test_steps_are_taken_back_one_by_one(
    named: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    review(named, monkeypatch, "s", "good night", "u", "i", "q")
    assert (tmp_path / "commands.yaml").read_text() == TABLE
    assert main(["review", *named, "--undo"]) == ExitStatus.OK
    assert main(["review", *named, "--undo"]) == ExitStatus.FAILED
    said = capsys.readouterr()
    assert said.out.count("taken back") == 2
    assert said.err.startswith("there is nothing to undo")


def test_what_cannot_be_done_is_told_and_asked_again(
    named: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    review(named, monkeypatch, "s", "good bye", "p", "u", "q")
    said = capsys.readouterr().out
    assert "'good bye' is no sentence of the table" in said
    assert "no recording is kept" in said
    assert "there is nothing to undo" in said
    assert main(["review", *named, "--json"]) == ExitStatus.OK
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (shown[0]["text"], shown[0]["count"]) == ("Open the frontier or.", 2)
    assert shown[0]["proposal"] == "also_heard_as: Open the frontier or"


def test_a_refused_sentence_is_a_command_after_two_actions(tmp_path: Path, broker: Broker) -> None:
    """Spoken, refused, reviewed, spoken again: the whole way with real audio and the daemon."""
    (tmp_path / "commands.yaml").write_text(TABLE)
    settings = tmp_path / "voice2mqtt.yaml"
    with (
        running_sound_server() as sound,
        broker.subscriber() as seen,
        stage.speech_host(tmp_path, "--commands", str(tmp_path / "commands.yaml")) as url,
    ):
        told = {
            "node": "test",
            "microphone": {"device": MICROPHONE},
            "speech": {"host": url},
            "mqtt": {"broker": broker.url},
            "feedback": {"tones": False, "speak": False},
            "history": {"keep_audio_days": 1},
            "state_dir": str(tmp_path),
        }
        settings.write_text(json.dumps(told))
        program = [sys.executable, "-m", "voice2mqtt"]
        named = ["--settings", str(settings)]
        daemon = subprocess.Popen(
            [*program, "run", *named], stderr=subprocess.PIPE, env=os.environ | sound.environment
        )
        wav = tmp_path / "spoken.wav"
        stage.speak("Let me into the house.", stage.flite("slt"), wav)
        spoken = b"".join(WavSource(wav).blocks())
        try:
            seen.wait_for("voice2mqtt/test/state", lambda state: json.loads(state)["listening"])
            sound.play(spoken)
            (refusal,) = seen.wait_for_count(EVENT, 1, WITHIN_S)
            assert json.loads(refusal.payload)["event"] == "unmatched"
            begun_s = time.monotonic()
            done = subprocess.run(
                [*program, "review", *named],
                input="s\nopen the front door\n", capture_output=True, text=True, check=True,
                timeout=60,
            )  # fmt: skip
            assert "tried again: publishes home/door = OPEN" in done.stdout
            assert "tried the recording: publishes home/door = OPEN" in done.stdout
            seen.wait_for(EVENT, lambda event: json.loads(event)["event"] == "reloaded", WITHIN_S)
            sound.play(spoken)
            assert seen.wait_for("home/door", within_s=WITHIN_S).payload == "OPEN"
            assert time.monotonic() - begun_s < 60
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate()
    assert len((tmp_path / "commands.yaml").read_text().splitlines()) == len(TABLE.splitlines())
