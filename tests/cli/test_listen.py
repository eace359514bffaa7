"""`voice2mqtt listen` on recordings: real endpointer, real SDK, our host with a scripted engine."""

import json
import time
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.speech.scripted import Line, scripted
from tests.speechhost.fakes import ScriptedEngine
from tests.speechhost.hosting import hosting, serving
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.cli.main import main
from voice2mqtt.core.audio import as_wav
from voice2mqtt.demo import stage
from voice2mqtt.errors import ExitStatus
from voice2mqtt.settings.watched_files import WatchedFiles
from voice2mqtt.speechhost.decoding.vosk_engine import words_of
from voice2mqtt.speechhost.serving.grammar_source import GrammarSource

TABLE = "commands:\n  - {say: turn on the light, topic: home/light, payload: 'ON'}\n"


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    wav = tmp_path / "spoken.wav"
    stage.speak("Turn on the light.", stage.espeak("en-us"), wav)
    return wav


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    wav = tmp_path / "silent.wav"
    wav.write_bytes(as_wav(bytes(32_000)))
    return wav


def files(folder: Path, url: str, broker_url: str = "mqtt://127.0.0.1:1") -> list[str]:
    table = folder / "commands.yaml"
    table.write_text(TABLE)
    settings = folder / "voice2mqtt.yaml"
    settings.write_text(json.dumps({"speech": {"host": url}, "mqtt": {"broker": broker_url}}))
    return ["--settings", str(settings), "--commands", str(table)]


def test_each_recording_gets_its_line(
    tmp_path: Path, spoken: Path, silent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(ScriptedEngine("Turn on the light.")) as url:
        wavs = ["--json", "--wav", str(spoken), str(silent), str(spoken)]
        status = main(["listen", *files(tmp_path, url), *wavs])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == ExitStatus.OK
    assert [event["event"] for event in events] == ["command", "no_match", "command"]
    assert [event["file"] for event in events] == [str(spoken), str(silent), str(spoken)]
    assert events[0]["messages"] == [
        {"topic": "home/light", "payload": "ON", "qos": 0, "retain": False}
    ]
    assert len({event["id"] for event in events}) == 3


def test_a_recording_that_cannot_be_used_does_not_stop_the_others(
    tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(ScriptedEngine("Turn on the light.")) as url:
        wavs = ["--wav", str(tmp_path / "missing.wav"), str(spoken)]
        status = main(["listen", *files(tmp_path, url), *wavs])
    said = capsys.readouterr()
    assert status == ExitStatus.NO_INPUT
    assert said.err == f"{tmp_path}/missing.wav: No such file or directory\n"
    assert "home/light = ON" in said.out


@pytest.mark.parametrize("mode", ["single-shot", "continuous"])
def test_the_words_are_shown_as_they_are_recognised(
    mode: str, tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def with_interim(line: Line) -> None:
        line.hear(0.3)
        line.tell("speech.hypothesis", {"Text": "turn on", "Offset": 0, "Duration": 1})
        line.hear()
        line.answer("Turn on the light.")
        line.wait()

    with scripted(with_interim) as host:
        named = files(tmp_path, host.url)
        settings = tmp_path / "voice2mqtt.yaml"
        settings.write_text(json.dumps({"speech": {"host": host.url, "mode": mode}}))
        main(["listen", *named, "--interim", "--json", "--wav", str(spoken)])
        interim, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        main(["listen", *named, "--interim", "--wav", str(spoken)])
    assert interim == {"file": str(spoken), "event": "recognizing", "text": "turn on"}
    assert last["event"] == "command"
    assert capsys.readouterr().out.splitlines()[0] == f"{spoken}: turn on …"


def test_a_sentence_that_the_host_fails_makes_it_fail(
    tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(line: Line) -> None:
        line.hear(0.1)
        line.close(1007)

    with scripted(failing) as host:
        status = main(["listen", *files(tmp_path, host.url), "--json", "--wav", str(spoken)])
    said = capsys.readouterr()
    (event,) = [json.loads(line) for line in said.out.splitlines()]
    assert status == ExitStatus.FAILED
    assert event["event"] == "canceled"
    assert event["reason"] == "the host finds fault with the protocol (1007)"
    assert event["details"].startswith("Error: BadRequest: ")
    assert said.err.splitlines()[:2] == [
        "not recognised: the host finds fault with the protocol (1007)",
        "`voice2mqtt host` starts our Speech host; another one is named by speech.host.",
    ]


def test_without_a_host_it_ends_at_once_and_says_how_to_start_one(
    tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = files(tmp_path, "ws://127.0.0.1:9")
    began_s = time.monotonic()
    assert main(["listen", *named, "--wav", str(spoken)]) == ExitStatus.FAILED
    assert time.monotonic() - began_s < 2
    said = capsys.readouterr().err
    assert "not recognised: nobody listens at ws://127.0.0.1:9; is the host running?" in said
    assert f"`voice2mqtt host --settings {named[1]}`" in said


def test_nothing_is_published_unless_told(tmp_path: Path, spoken: Path, broker: Broker) -> None:
    with serving(ScriptedEngine("Turn on the light.")) as url, broker.subscriber() as seen:
        named = files(tmp_path, url, broker.url)
        main(["listen", *named, "--wav", str(spoken)])
        assert not seen.on("home/light")
        assert main(["listen", *named, "--publish", "--wav", str(spoken)]) == ExitStatus.OK
        assert seen.wait_for("home/light").payload == "ON"


GERMAN = """
commands:
  - {say: "heizung auf {16..30:grad} grad", topic: home/heizung, payload: "{grad}"}
"""


def test_another_language_from_the_settings_to_the_message(
    tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, settings = tmp_path / "befehle.yaml", tmp_path / "voice2mqtt.yaml"
    table.write_text(GERMAN)
    engine = ScriptedEngine("Computer, Heizung auf einundzwanzig Grad.", language="de-DE")
    told = {
        "commands": table.name,
        "listening": {"wake_phrase": "computer"},
        "speech": {"language": "de-DE"},
    }
    settings.write_text(json.dumps(told))
    grammar_for = GrammarSource(WatchedFiles(settings)).grammar
    with hosting(engine, grammar_for=grammar_for) as host:
        told["speech"] = {"language": "de-DE", "host": host.url}
        settings.write_text(json.dumps(told))
        status = main(["listen", "--settings", str(settings), "--wav", str(spoken)])
    assert status == ExitStatus.OK
    assert "would publish home/heizung = 21" in capsys.readouterr().out
    grammar = engine.asked[-1][1]
    assert grammar
    words = words_of(grammar)
    assert words
    assert {"computer", "heizung", "einundzwanzig", "ja", "abbrechen"} <= set(words)
    assert not {"twenty", "yes"} & set(words)


def test_the_identified_language_selects_its_own_sentences(
    tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard_in = ["de-AT", "en-US"]

    def answer(line: Line) -> None:
        line.hear()
        line.answer("Mach das Licht an.", PrimaryLanguage={"Language": heard_in.pop(0)})
        line.wait()

    row = {"say": {"en-US": "turn on the light", "de-DE": "mach das licht an"}, "topic": "home"}
    table, settings = tmp_path / "commands.yaml", tmp_path / "voice2mqtt.yaml"
    table.write_text(json.dumps({"commands": [{**row, "payload": "ON"}]}))
    with scripted(answer) as host:
        speech = {"host": host.url, "languages": ["en-US", "de-DE"], "phrases": ["Contoso"]}
        settings.write_text(json.dumps({"speech": speech, "commands": table.name}))
        wavs = ["--json", "--wav", str(spoken), str(spoken)]
        main(["listen", "--settings", str(settings), *wavs])
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["command", "unmatched"]
    (group,) = host.contexts[0]["dgi"]["Groups"]
    phrases = [item["Text"] for item in group["Items"]]
    assert phrases[:2] == ["Contoso", "turn on the light"]
    assert "mach das licht an" in phrases


def test_only_what_follows_the_wake_word_is_recognised(
    tmp_path: Path, spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    woken, word = tmp_path / "woken.wav", tmp_path / "word.wav"
    stage.speak("Alexa.", stage.flite("rms"), word)
    parts = (b"".join(WavSource(wav).blocks()) for wav in (word, spoken))
    woken.write_bytes(as_wav(bytes(32_000).join([b"", *parts, b""])))
    engine = ScriptedEngine("Alexa, turn on the light.")
    with serving(engine) as url:
        files(tmp_path, url)
        settings, table = tmp_path / "voice2mqtt.yaml", str(tmp_path / "commands.yaml")
        told = {"speech": {"host": url}, "listening": {"wake_word": "alexa"}}
        settings.write_text(json.dumps(told))
        wavs = ["--json", "--wav", str(spoken), str(woken)]
        main(["listen", "--settings", str(settings), "--commands", table, *wavs])
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events] == ["no_match", "command"]
    assert "NoWakeWord" in events[0]["reason"]
    assert "heard the wake word: alexa" in err
