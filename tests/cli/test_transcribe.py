import json
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.recordings import novel
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.cli import engine_options
from voice2mqtt.cli import transcribe as command
from voice2mqtt.cli.main import main
from voice2mqtt.core.audio import as_wav
from voice2mqtt.core.outcome import Heard, NoMatch
from voice2mqtt.errors import ExitStatus
from voice2mqtt.speechhost.decoding.moonshine_engine import MoonshineEngine
from voice2mqtt.speechhost.engine import Transcript

LOADED = cache(MoonshineEngine)


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_options, "MoonshineEngine", LOADED)


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
    assert 0 <= events[0]["begin_s"] < events[0]["end_s"] <= 5.1


def test_settings_bring_their_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        engine_options, "engine", lambda _args, _language: lambda _n: ScriptedEngine("Go.")
    )
    (tmp_path / "table.yaml").write_text("commands: [{say: go, topic: home/go, payload: '1'}]")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text("commands: table.yaml")
    spoken = recording(tmp_path / "a.wav", novel()[:64_000])
    assert main(["transcribe", "--settings", str(settings), str(spoken)]) == ExitStatus.OK
    assert "would publish home/go = 1" in capsys.readouterr().out
    settings.unlink()
    assert main(["transcribe", "--settings", str(settings), str(spoken)]) == ExitStatus.CONFIG
    assert str(settings) in capsys.readouterr().err


def test_of_silence_nothing_is_said_to_have_been_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = recording(tmp_path / "silence.wav", bytes(64_000))
    table = tmp_path / "commands.yaml"
    table.write_text("commands: [{say: turn on the light, topic: home/light, payload: 'ON'}]")
    assert main(["transcribe", "--commands", str(table), str(silent)]) == ExitStatus.OK
    assert capsys.readouterr().out == f"{silent}: nothing was said\n"


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


def test_a_bad_file_is_told_and_the_others_are_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoken = recording(tmp_path / "novel.wav", novel())
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    missing = str(tmp_path / "none.wav")
    files = (missing, str(tmp_path / "bad.wav"), str(spoken))
    assert main(["transcribe", *files]) == ExitStatus.NO_INPUT
    told = capsys.readouterr()
    assert "none.wav" in told.err
    assert "bad.wav" in told.err
    assert "best of times" in told.out


def test_nothing_is_loaded_for_files_that_are_none_of_them_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_options, "engine", None)
    assert main(["transcribe", str(tmp_path / "none.wav")]) == ExitStatus.NO_INPUT


def test_on_a_terminal_a_bar_tells_how_far_it_is(tmp_path: Path) -> None:
    spoken = recording(tmp_path / "novel.wav", novel())
    command_line = f"{sys.executable} -m voice2mqtt transcribe {shlex.quote(str(spoken))}"
    seen = subprocess.run(
        ["script", "--quiet", "--return", "--command", command_line, "/dev/null"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "transcribing" in seen.stdout
    assert "best of times" in seen.stdout


def decided(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *options: str
) -> list[str]:
    """Two files in which a command is said twice, as a scripted engine hears it."""
    monkeypatch.setattr(
        engine_options,
        "engine",
        lambda _args, _language: lambda _n: ScriptedEngine("Computer, go."),
    )
    table = folder / "commands.yaml"
    table.write_text(
        "commands: [{say: go, topic: home/go, payload: '1', cooldown_s: 60, between: 8:00-20:00}]"
    )
    settings = folder / "voice2mqtt.yaml"
    settings.write_text("listening: {wake_phrase: computer}")
    twice = novel()[:64_000] + bytes(48_000) + novel()[:64_000]
    files = [str(recording(folder / name, twice)) for name in ("a.wav", "b.wav")]
    named = ("--settings", str(settings), "--commands", str(table))
    assert main(["transcribe", *named, *options, *files]) == ExitStatus.OK
    return capsys.readouterr().out.splitlines()


def test_each_file_is_a_conversation_of_its_own_at_noon_and_nothing_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = decided(tmp_path, capsys, monkeypatch)
    assert ["would publish home/go = 1" in line for line in lines] == [True, False, True, False]
    assert "cooldown" in lines[1]
    assert not any(": published" in line for line in lines)


def test_the_time_of_day_may_be_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = decided(tmp_path, capsys, monkeypatch, "--at", "22:30")
    assert len(lines) == 4
    assert all("08:00" in line and "did nothing" in line for line in lines)


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit):
        main(["transcribe", "--at", "25:00", "a.wav"])


def test_a_phrase_is_what_a_host_would_tell() -> None:
    heard = command.TranscribedPhrase(
        begin_s=1, end_s=3, transcript=Transcript(nbest=ScriptedEngine("Yes.").nbest)
    ).outcome
    assert isinstance(heard, Heard)
    assert (heard.text, heard.duration_s, heard.hypotheses[0].confidence) == ("Yes.", 2, 0.9)
    wordless = command.TranscribedPhrase(begin_s=0, end_s=1, transcript=Transcript()).outcome
    assert wordless == NoMatch(reason="NotRecognized", details="no words were found")
    silent = command.TranscribedPhrase(begin_s=0, end_s=1, transcript=None).outcome
    assert silent == NoMatch(reason="InitialSilenceTimeout")
