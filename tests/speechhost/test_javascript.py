"""The host as the Azure Speech SDK for JavaScript meets it, under Node.

The SDK is installed once into `build/javascript`. Where there is no Node, these tests are
skipped, and the run says so; but where CI runs, they fail.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.speechhost.fakes import ScriptedEngine, silence, tone
from tests.speechhost.hosting import hosting

HERE = Path(__file__).parent / "javascript"
INSTALLED = Path(__file__).parents[2] / "build" / "javascript"
SENTENCE = "Turn on the kitchen light."
SPOKEN = silence(300) + tone(1000) + silence(1000)

needs_node = pytest.mark.skipif(
    not (os.environ.get("CI") or (shutil.which("node") and shutil.which("npm"))),
    reason="NOT TESTED with the JavaScript SDK: node and npm are not installed",
)

pytestmark = needs_node

Event = dict[str, Any]


def installed_sdk() -> Path:
    """Return the folder that has the SDK in its `node_modules`, installed there if need be."""
    assert shutil.which("node"), "script/setup test installs nodejs"
    assert shutil.which("npm"), "script/setup test installs npm"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", INSTALLED / "package.json")
    # Two processes may run tests that need it.
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (INSTALLED / "node_modules" / "microsoft-cognitiveservices-speech-sdk").is_dir():
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
            subprocess.run(command, cwd=INSTALLED, check=True, capture_output=True, timeout=240)
    return INSTALLED


@pytest.fixture(scope="module")
def script() -> Path:
    return Path(shutil.copy(HERE / "client.js", installed_sdk() / "client.js"))


def recognise(
    script: Path, url: str, mode: str, pcm: bytes, tmp_path: Path, *key: str
) -> list[Event]:
    audio = tmp_path / "audio.pcm"
    audio.write_bytes(pcm)
    done = subprocess.run(
        ["node", str(script), url, mode, str(audio), *key],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_closed_stream_is_answered_with_every_hypothesis(script: Path, tmp_path: Path) -> None:
    offered = []

    def grammar_for(phrases: tuple[str, ...]) -> None:
        if phrases:
            offered.append(phrases)

    with hosting(ScriptedEngine(SENTENCE, "Turn it on."), grammar_for=grammar_for) as host:
        events = recognise(script, host.url, "once", silence(300) + tone(1000), tmp_path)
    assert [event["event"] for event in events] == [
        "speechStartDetected", "speechEndDetected", "recognized", "result",
    ]  # fmt: skip
    result = events[-1]
    assert (result["reason"], result["text"]) == ("RecognizedSpeech", SENTENCE)
    assert result["end"] == 13_000_000
    assert [one["Lexical"] for one in json.loads(result["json"])["NBest"]] == [
        "turn on the kitchen light",
        "turn it on",
    ]
    words = json.loads(result["json"])["NBest"][0]["Words"]
    assert [word["Word"] for word in words] == ["turn", "on", "the", "kitchen", "light"]
    assert words[1]["Offset"] == 5_000_000
    assert offered == [("Contoso lamp",)]


def test_an_open_stream_is_ended_by_silence_again_and_again(script: Path, tmp_path: Path) -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        events = recognise(script, host.url, "twice", SPOKEN, tmp_path)
    assert [event["text"] for event in events if event["event"] == "result"] == [SENTENCE] * 2


def test_hypotheses_come_while_a_sentence_is_spoken(script: Path, tmp_path: Path) -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        events = recognise(script, host.url, "live", SPOKEN, tmp_path)
    told = [(event["event"], event.get("text")) for event in events]
    assert ("recognizing", "turn on the kitchen light") in told
    assert told[-1] == ("result", SENTENCE)


@pytest.mark.parametrize("mode", ["continuous", "dictation"])
def test_continuous_recognition_answers_every_phrase(
    script: Path, tmp_path: Path, mode: str
) -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        events = recognise(script, host.url, mode, SPOKEN * 3, tmp_path)
    assert [event["text"] for event in events if event["event"] == "recognized"] == [SENTENCE] * 3


UNIVERSAL = "/stt/speech/universal/v2"


def test_a_conversation_is_transcribed_with_nobody_named(script: Path, tmp_path: Path) -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        events = recognise(script, host.url + UNIVERSAL, "transcriber", SPOKEN, tmp_path, "any")
    told = [event for event in events if event["event"] == "transcribed"]
    assert [(event["text"], event["speaker"]) for event in told] == [(SENTENCE, "Unknown")]


def test_the_language_is_identified_at_an_endpoint(script: Path, tmp_path: Path) -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        url = host.url + UNIVERSAL
        events = recognise(script, url, "once", SPOKEN, tmp_path, "any", "de-DE,en-US")
    assert (events[-1]["text"], events[-1]["language"]) == (SENTENCE, "en-US")


def test_silence_is_an_initial_silence_timeout(script: Path, tmp_path: Path) -> None:
    with hosting(ScriptedEngine(SENTENCE)) as host:
        events = recognise(script, host.url, "once", silence(1000), tmp_path)
    assert events[-1]["reason"] == "NoMatch"


@pytest.mark.parametrize("repeats", [1, 3, 6])
def test_another_language_is_refused_in_words(script: Path, tmp_path: Path, repeats: int) -> None:
    """Whether the audio has ended, goes on, or goes on for long, when the client is refused."""
    with hosting(ScriptedEngine(SENTENCE)) as host:
        events = recognise(script, host.url, "piped", SPOKEN * repeats, tmp_path, "", "fr-FR")
    assert events[-1]["reason"] == "Canceled"
    assert "this host recognises en-US alone, not fr-FR" in events[-1]["error"]


@pytest.mark.parametrize(("key", "reason"), [("s3cret", "RecognizedSpeech"), ("x", "Canceled")])
def test_a_key_is_accepted(script: Path, tmp_path: Path, key: str, reason: str) -> None:
    with hosting(ScriptedEngine(SENTENCE), keys=("s3cret",)) as host:
        events = recognise(script, host.url, "once", SPOKEN, tmp_path, key)
    assert events[-1]["reason"] == reason
