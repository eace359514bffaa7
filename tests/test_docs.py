"""Every code block of the documentation is tried: run where that does no harm, else read.

A block names its language, and a language has a test here; `text` is for pictures and examples of
output. `tests/settings/test_docs.py` compares the tables of keys with the program.
"""

import argparse
import configparser
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.broker import Broker
from tests.settings.home_assistant.importing import imported
from tests.settings.reading import settings, table
from tests.speechhost.test_javascript import installed_sdk, needs_node
from voice2mqtt import __version__
from voice2mqtt.cli.main import COMMANDS, _parser, main
from voice2mqtt.core.event import notice
from voice2mqtt.demo import stage
from voice2mqtt.errors import ExitStatus
from voice2mqtt.languages.language import read_language
from voice2mqtt.mqtt.home_assistant.discovery import announcements
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.nlu.matching.weights import WEIGHTS
from voice2mqtt.service.checks.table_tests import try_sentences
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.yaml.schema import keys_of

ROOT = Path(__file__).parents[1]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
)
LANGUAGES = {"acl", "console", "ini", "js", "python", "text", "toml", "yaml"}
HOST = "ws://127.0.0.1:5000"
SENTENCE = "turn on the kitchen light"
WITHIN_S = 60
THRESHOLDS = WEIGHTS.thresholds


@dataclass(frozen=True)
class Block:
    """One code block, and where it stands."""

    place: str
    language: str
    text: str


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for found in re.finditer(r"(?ms)^ *```(\w*)\n(.*?)^ *```$", text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(f"{page.relative_to(ROOT)}:{line}", found[1], found[2])


BLOCKS = [block for page in PAGES for block in _blocks(page)]


def _each(language: str) -> pytest.MarkDecorator:
    chosen = [block for block in BLOCKS if block.language == language]
    assert chosen, f"no block in {language}: its test is not needed any more"
    return pytest.mark.parametrize("block", chosen, ids=lambda block: block.place)


def test_every_block_is_found_and_in_a_language_that_is_tried() -> None:
    assert [b.place for b in BLOCKS if b.language not in LANGUAGES] == []
    for page in PAGES:
        text = page.read_text()
        assert text.count("```") == 2 * sum(1 for _ in _blocks(page)), page
        prose = re.sub(r"(?ms)^ *```.*?^ *```$", "", text)
        # An indented block names no language.
        assert re.findall(r"(?m)^\n(?: {4}|\t)\S.*", prose) == [], page


# YAML ---------------------------------------------------------------------------------------


@_each("yaml")
def test_yaml_is_a_table_settings_or_for_home_assistant(block: Block) -> None:
    shown = yaml.safe_load(block.text)
    if isinstance(shown, list):
        # Rows without the head of their table.
        assert table("commands:\n" + block.text).rows
    elif "commands" in shown:
        read = table(block.text)
        assert try_sentences(read, Settings()) == []
        assert read.tests or block.place.startswith("README"), "a table shows what it does"
    elif "services" in shown:
        # For compose, which is not installed here.
        assert all(":" in service["image"] for service in shown["services"].values())
    elif "entities" in shown:
        use = "intents: {On: {data: [{sentences: ['on {name} [in] {area} {floor}']}]}}"
        assert not imported(use, block.text).notes
    elif shown.keys() <= keys_of(Settings).keys():
        assert isinstance(settings(block.text), Settings)
    else:
        _check_for_home_assistant(block.text)


def _check_for_home_assistant(text: str) -> None:
    """Check that the entities it names are announced by a node `living-room`."""
    announced = announcements(
        Topics("voice2mqtt", "living-room"), "homeassistant", ("good night",), __version__
    )
    ids = (json.loads(config).get("default_entity_id", "") for config in announced.values())
    # Home Assistant makes an underscore of a dash.
    entities = {entity.replace("-", "_") for entity in ids}
    named = set(re.findall(r"\w+\.voice2mqtt_living_room_\w+", text))
    assert named
    assert named <= entities
    for attribute in re.findall(r"attributes\.(\w+)", text):
        shown = notice("command", event_id="1", at="", node="")
        assert attribute in {"event_type", *shown}


# Clients of the Speech host -----------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the examples suppose it: shipped settings, a recording."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "config", folder / "config")
    stage.speak(SENTENCE, stage.flite("slt"), folder / "command.wav")
    return folder


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[str]:
    with stage.speech_host(folder, "--settings", str(folder / "config/voice2mqtt.yaml")) as url:
        yield url


def _ran(*command: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True,
        timeout=WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rstrip(".").lower()


@_each("toml")
def test_toml_is_the_data_of_a_language(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "is.toml"
    file.write_text(block.text)
    language = read_language(file)
    assert "ekki" in language.negations
    assert language.contradiction
    assert language.examples.numbers


def test_the_thresholds_that_the_pages_name_are_those_in_use() -> None:
    act, rival = (f"{share:.0%}".replace("%", " %") for share in (THRESHOLDS.act, THRESHOLDS.rival))
    understanding = (ROOT / "docs" / "understanding.md").read_text()
    assert f"if it has {act} of the host's confidence" in understanding
    assert f"no other command comes near ({rival} of it)" in understanding
    assert f"a meaning that holds {act} of it" in (ROOT / "docs" / "languages.md").read_text()


@_each("python")
def test_python_recognises(block: Block, folder: Path, host: str) -> None:
    assert HOST in block.text
    code = block.text.replace(HOST, host)
    assert _ran(sys.executable, "-c", code, folder=folder) == SENTENCE


@needs_node
@_each("js")
def test_javascript_recognises(block: Block, folder: Path, host: str) -> None:
    assert HOST in block.text
    modules = str(installed_sdk() / "node_modules")
    code = block.text.replace(HOST, host)
    assert _ran("node", "-e", code, folder=folder, NODE_PATH=modules) == SENTENCE


# Commands -----------------------------------------------------------------------------------

FOREIGN = {
    "apt",
    "cd",
    "curl",
    "docker",
    "git",
    "jq",
    "mosquitto_sub",
    "podman",
    "podman-compose",
    "pipx",
    ".venv/bin/pip",
    "unzip",
}
HARMLESS = {"check", "listen", "say", "settings", "table", "transcribe"}


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command behind a prompt, without sudo."""
    for line in re.findall(r"(?m)^\$ (.*)", text):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in (*lexer, ";"):
            if word in {"|", "&&", ";"}:
                yield words[1:] if words[:1] == ["sudo"] else words
                words = []
            else:
                words.append(word)


def _without_files(words: list[str]) -> list[str]:
    """Return `words` without where input comes from and output goes."""
    ends = [place for place, word in enumerate(words) if word in {"<", ">"}]
    return words[: ends[0]] if ends else words


@_each("console")
def test_every_command_exists_and_takes_what_it_is_given(block: Block) -> None:
    commands = list(_commands(block.text))
    assert commands
    for name, *words in map(_without_files, commands):
        if name.endswith("voice2mqtt"):
            # Ends with a usage message, and the test, where it does not.
            assert _parser([*COMMANDS]).parse_args(words)
        elif name.startswith("script/"):
            assert os.access(ROOT / name, os.X_OK)
        else:
            assert name in FOREIGN
            for extra in re.findall(r"\.\[(\w+)\]", " ".join(words)):
                project = tomllib.loads((ROOT / "pyproject.toml").read_text())
                assert extra in project["project"]["optional-dependencies"]


@_each("console")
def test_what_a_command_shows_is_shown(
    block: Block,
    folder: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run the harmless ones, in a home with a small table."""
    monkeypatch.chdir(folder)
    shown = re.sub(r"(?m)^\$ .*\n", "", block.text)
    for name, *words in map(_without_files, _commands(block.text)):
        if not name.endswith("voice2mqtt") or words[0] not in HARMLESS or "import" in words:
            continue
        if words[0] == "listen":
            host = request.getfixturevalue("host")
            Path("voice2mqtt.yaml").write_text(f"speech: {{host: '{host}'}}")
        else:
            Path("voice2mqtt.yaml").write_text("node: voice")
        Path("commands.yaml").write_text(_WRONG if shown else _RIGHT)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SENTENCE.encode())))
        named = [] if "--settings" in words else ["--settings", "voice2mqtt.yaml"]
        status = main([*words, *named])
        assert status == (ExitStatus.CONFIG if shown else ExitStatus.OK)
        told = capsys.readouterr()
        if shown:
            assert (told.out + told.err).replace(f"{folder}/", "").strip() == shown.strip()
        else:
            assert told.out


_RIGHT = """\
commands:
  - {say: "turn on the (kitchen|hall) light", topic: home/light, payload: "ON"}
"""
_WRONG = """\
lists: {room: [hall]}
commands:
  - say: light in the {room}
    payload: on
    topic: home/{room}

  - say: turn on {rom} light
    topic: home/light
    payload: x
"""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_exist(page: Path) -> None:
    prose = re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text())
    parser = _parser([*COMMANDS])
    (choices,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    for said in re.findall(r"`(?:sudo )?voice2mqtt ([^`]+)`", prose):
        name, *words = shlex.split(said)
        if name in parser._option_string_actions:
            continue
        options = choices.choices[name]._option_string_actions
        assert {w for w in words if w.startswith("--")} <= options.keys() | {"--output"}, said
    for script, name in re.findall(r"`(script/[\w./-]+)(?: ([a-z][a-z-]+))?", prose):
        assert (ROOT / script).is_file(), script
        if script == "script/bench" and name:
            assert (ROOT / "bench" / f"{name.replace('-', '_')}.py").is_file(), name


def test_what_the_page_on_trouble_quotes_is_said_by_the_program() -> None:
    text = (ROOT / "docs" / "trouble.md").read_text()
    symptoms = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    quoted = [found for each in symptoms for found in re.findall(r"\*([^*]+)\*", each)]
    assert len(quoted) > 15
    sources = (ROOT / "daemon" / "voice2mqtt").rglob("*.py")
    # A sentence may be cut into several lines of code.
    said = re.sub(r'"\s+f?"', "", "".join(source.read_text() for source in sources))
    assert [words for words in quoted if words.removesuffix(" …") not in said] == []


def test_each_command_is_in_the_page_on_the_command_line() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text()
    assert [name for name in COMMANDS if f"| `voice2mqtt {name}` |" not in text] == []


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
def test_what_picks_a_field_of_an_event_finds_it() -> None:
    filters = [words[-1] for block in BLOCKS for words in _commands(block.text) if "jq" in words]
    assert filters
    event = notice("command", event_id="1", at="", node="", text=SENTENCE)
    for picked in filters:
        done = subprocess.run(
            ["jq", "-r", picked],
            input=json.dumps(event),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == SENTENCE


# Other programs' files ----------------------------------------------------------------------


@_each("acl")
def test_an_access_list_lets_a_node_work(block: Block, tmp_path: Path) -> None:
    users = {"voice": "v", "other": "o"}
    with (
        Broker(tmp_path, users=users, acl=block.text) as broker,
        broker.subscriber(username="voice", password="v") as voice,
    ):
        for topic in ("voice2mqtt/voice/state", "home/light/set", "homeassistant/x/config"):
            voice.send(topic, "x")
            voice.wait_for(topic)


@_each("ini")
def test_a_drop_in_sets_what_the_unit_reads(block: Block) -> None:
    configparser.ConfigParser().read_string(block.text)
    unit = (ROOT / "systemd" / "voice2mqtt-host.service").read_text()
    set_there = re.findall(r"(?m)^(.*=)", block.text)
    assert set_there
    assert all(f"\n{name}" in unit for name in set_there)
