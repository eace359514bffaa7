"""`voice2mqtt train` on recordings in place of a microphone: real gate, real SDK, our host."""

import json
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.speechhost.fakes import ScriptedEngine, entry
from tests.speechhost.hosting import serving
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.cli.main import main
from voice2mqtt.core.audio import as_wav
from voice2mqtt.demo import stage
from voice2mqtt.errors import ExitStatus

TABLE = """
commands:
  - {name: night, say: good night, topic: home/night, payload: x, confirm: Really?}
  - {name: door, say: open the door, topic: home/door, payload: x, between: "00:00-00:01"}
"""


def settings(folder: Path, url: str, broker_url: str = "mqtt://127.0.0.1:1") -> list[str]:
    """Arguments that name settings with a microphone that says something twice."""
    spoken = folder / "spoken.wav"
    stage.speak("good night", stage.espeak("en-us"), spoken)
    pcm = b"".join(WavSource(spoken).blocks()) + bytes(32_000)
    twice = folder / "twice.wav"
    twice.write_bytes(as_wav(pcm * 2))
    (folder / "commands.yaml").write_text(TABLE)
    told = {
        "speech": {"host": url},
        "mqtt": {"broker": broker_url},
        "microphone": {"device": f"wav:{twice}"},
        "listening": {"wake_phrase": "computer"},
        "state_dir": str(folder),
    }
    (folder / "voice2mqtt.yaml").write_text(json.dumps(told))
    return ["--settings", str(folder / "voice2mqtt.yaml")]


def test_what_was_said_is_judged_kept_and_tried_again(
    tmp_path: Path, broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = ScriptedEngine("Good night.")
    with serving(engine) as url:
        named = settings(tmp_path, url, broker.url)
        assert main(["train", *named]) == ExitStatus.OK
        said = capsys.readouterr()
        assert "1 of 2, say: good night" in said.err
        assert "right, " in said.out
        assert "wrong, " in said.out
        assert "“open the door” was heard as a sentence of “night”" in said.out
        assert main(["train", *named, "--replay", "--json"]) == ExitStatus.OK
        summary = json.loads(capsys.readouterr().out)
        assert (summary["right"], summary["wrong"], summary["worse"]) == (1, 1, [])
        assert summary["rows"]["night"]["right"] == 1
        engine.nbest = (entry("Open the door."),)
        assert main(["train", *named, "--replay"]) == ExitStatus.FAILED
        changed = capsys.readouterr().out
        assert "worse than before: good night" in changed
        assert "better than before: open the door" in changed
        assert main(["train", *named, "--replay", "door"]) == ExitStatus.OK


def test_what_would_be_said_is_listed_and_what_is_missing_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = settings(tmp_path, "ws://127.0.0.1:1")
    assert main(["train", *named, "--list"]) == ExitStatus.OK
    assert capsys.readouterr().out == "good night\nopen the door\n"
    assert main(["train", *named, "--list", "window"]) == ExitStatus.FAILED
    assert main(["train", *named, "--replay"]) == ExitStatus.FAILED
    told = capsys.readouterr().err
    assert "the table has no row window" in told
    assert "there are no recordings" in told
