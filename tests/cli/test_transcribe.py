import json
from pathlib import Path

import pytest

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.recordings import novel
from voice2mqtt.cli import transcribe as command
from voice2mqtt.cli.main import main
from voice2mqtt.core.audio import as_wav
from voice2mqtt.core.outcome import Heard, NoMatch
from voice2mqtt.ear.wav import WavSource
from voice2mqtt.errors import ExitStatus
from voice2mqtt.speechhost.engine import Transcript


def recording(path: Path, pcm: bytes) -> Path:
    path.write_bytes(as_wav(pcm))
    return path


def test_the_text_of_each_recording_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoken = recording(tmp_path / "novel.wav", novel())
    silent = recording(tmp_path / "silence.wav", bytes(64_000))
    assert main(["transcribe", "--json", str(spoken), str(silent)]) == ExitStatus.OK
    *heard, nothing = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert heard[0]["text"].lower().startswith("it was the best of times")
    assert heard[0]["file"] == str(spoken)
    assert 0 <= heard[0]["begin_s"] < heard[0]["end_s"] <= 5.1
    assert nothing == {"file": str(silent), "begin_s": 0, "end_s": 2.0, "text": "", "readings": []}


def test_with_a_table_decisions_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoken = recording(tmp_path / "novel.wav", novel())
    table = tmp_path / "commands.yaml"
    table.write_text("commands: [{say: turn on the light, topic: home/light, payload: 'ON'}]")
    status = main(["transcribe", "--json", "--commands", str(table), str(spoken)])
    assert status == ExitStatus.OK
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"] for event in events} == {"unmatched"}


def test_phrases_are_cut_at_pauses_and_all_of_the_recording_is_accounted_for(
    tmp_path: Path,
) -> None:
    source = WavSource(recording(tmp_path / "twice.wav", novel() + bytes(48_000) + novel()))
    done: list[float] = []
    engine = ScriptedEngine("It was.")
    phrases = list(command.transcribe(source, engine, None, done.append))
    assert len(phrases) == len(engine.asked) >= 2
    assert sum(done) == pytest.approx(source.duration_s)
    assert [phrase.begin_s for phrase in phrases] == sorted(phrase.begin_s for phrase in phrases)


def test_a_missing_file_is_told_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoken = recording(tmp_path / "novel.wav", novel())
    assert main(["transcribe", str(spoken), str(tmp_path / "none.wav")]) == ExitStatus.NO_INPUT
    told = capsys.readouterr()
    assert "none.wav" in told.err
    assert told.out == ""


def test_a_phrase_is_what_a_host_would_tell() -> None:
    heard = command.Phrase(
        begin_s=1, end_s=3, transcript=Transcript(readings=ScriptedEngine("Yes.").readings)
    ).outcome
    assert isinstance(heard, Heard)
    assert (heard.text, heard.duration_s, heard.hypotheses[0].confidence) == ("Yes.", 2, 0.9)
    silent = command.Phrase(begin_s=0, end_s=1, transcript=Transcript()).outcome
    assert isinstance(silent, NoMatch)
