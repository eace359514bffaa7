"""Every option of every command is given a bad value, and says in one sentence what is wrong."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice2mqtt.cli.main import COMMANDS, _parser, main
from voice2mqtt.core.audio import as_wav
from voice2mqtt.errors import ExitStatus

USAGE, NO_INPUT, CONFIG = ExitStatus.USAGE, ExitStatus.NO_INPUT, ExitStatus.CONFIG
NO_FILE = "none/here"
SETTINGS = {"--settings": (NO_FILE, CONFIG, "there is no such file")}
TABLE = {"--commands": (NO_FILE, CONFIG, "there is no such file")}
HEARING = {
    "--wake-phrase": ("", USAGE, "is empty"),
    "--engine": ("parrot", USAGE, "invalid choice"),
    "--model": (NO_FILE, USAGE, "--model is for vosk and whisper"),
    "--vosk-model": (NO_FILE, NO_INPUT, NO_FILE),
    "--language": ("klingon!", USAGE, "is not a language"),
}

BAD: dict[str, dict[str, tuple[str, ExitStatus, str]]] = {
    "run": SETTINGS,
    "listen": SETTINGS | TABLE | {
        "--wav": (NO_FILE, ExitStatus.FAILED, "`voice2mqtt host --settings"),
        "--device": ("", USAGE, "is empty"),
    },
    "devices": SETTINGS | {
        "--listen": ("none", ExitStatus.UNAVAILABLE, "microphone none is not there"),
        "--seconds": ("ten", USAGE, "'ten' is not a number of seconds"),
    },
    "check": SETTINGS,
    "console": SETTINGS,
    "doctor": {
        "--settings": (NO_FILE, ExitStatus.UNAVAILABLE, "there is no such file"),
        "--seconds": ("-1", USAGE, "is not a number of seconds")},
    "say": SETTINGS | TABLE,
    "table": SETTINGS | TABLE | {"--limit": ("0", USAGE, "is not a number from 1")},
    "table import": {"--topic": ("home/#", CONFIG, "#")},
    "table suggest": SETTINGS | {"--output": (".", NO_INPUT, "is there already")},
    "settings": SETTINGS,
    "mqtt forget": SETTINGS,
    "history": SETTINGS | {
        "--since": ("yesterday", USAGE, "is no time"),
        "--limit": ("0", USAGE, "is not a number from 1"),
    },
    "review": SETTINGS | {"--since": ("yesterday", USAGE, "is no time")},
    "train": SETTINGS | TABLE,
    "host": HEARING | {
        "--settings": SETTINGS["--settings"],
        "--commands": TABLE["--commands"],
        "--listen": ("here", USAGE, "is not ADDRESS:PORT"),
        "--trusted-proxy": ("10.0.0.0/99", USAGE, "write an address, or a network"),
        "--metrics": ("here", USAGE, "is not ADDRESS:PORT"),
        "--wyoming": ("here", USAGE, "is not ADDRESS:PORT"),
        "--key-file": (NO_FILE, NO_INPUT, NO_FILE),
        "--cert": (NO_FILE, NO_INPUT, "no such file"),
        "--key": (NO_FILE, USAGE, "--cert is missing"),
        "--threads": ("0", USAGE, "invalid choice"),
        "--max-connections": ("0", USAGE, "is not a number from 1"),
        "--max-connections-per-address": ("x", USAGE, "is not a number from 1"),
    },
    "setup": {
        "--settings": ("/dev/null/x", NO_INPUT, "cannot be written"),
        "--node": ("living room", USAGE, "cannot be a node's name"),
        "--device": ("", USAGE, "is empty"),
        "--host": ("pi", USAGE, "is not an address"),
        "--broker": ("pi", USAGE, "is not an address"),
        "--username": ("", USAGE, "is empty"),
        "--password-file": (NO_FILE, CONFIG, "there is no such file"),
        "--table": ("all", USAGE, "invalid choice"),
    },
    "install": {
        "--destdir": ("/dev/null/x", USAGE, "is no folder"),
        "--extra": ("parrot", USAGE, "invalid choice"),
        "--node": ("living room", USAGE, "cannot be a node's name"),
        "--device": ("", USAGE, "is empty"),
        "--broker": ("pi", USAGE, "is not an address"),
        "--username": ("", USAGE, "is empty"),
        "--password-file": (NO_FILE, CONFIG, "there is no such file"),
        "--host": ("pi", USAGE, "is not an address"),
        "--from": (NO_FILE, USAGE, f"there is no {NO_FILE}"),
    },
    "transcribe": HEARING | {
        "--settings": SETTINGS["--settings"],
        "--commands": TABLE["--commands"],
        "--at": ("25:00", USAGE, "is no time of day"),
    },
}  # fmt: skip
MORE = {
    "console": ["token"],
    "host": ["--listen", "127.0.0.1:0"],
    "say": ["--dry-run", "hi"],
    "transcribe": ["x.wav"],
    "devices": ["--seconds", "2"],
    "setup": ["broker", "--yes"],
    "table import": ["x.yaml"],
    "mqtt forget": ["hall"],
    "install": ["--user", "--dry-run"],
}


def _options(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part, inner in action.choices.items():
                yield from _options(f"{name} {part}".strip(), inner)
        elif action.option_strings and action.nargs != 0:
            yield name, action.option_strings[-1]


def test_every_option_that_takes_a_value_is_tried() -> None:
    there = {*_options("", _parser([*COMMANDS]))}
    assert there == {(name, option) for name, options in BAD.items() for option in options}


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name, options in BAD.items() for option in options]
)
def test_a_bad_value_is_refused_in_a_sentence(
    name: str,
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "commands.yaml").write_text("commands: [{say: hi, topic: a, payload: b}]\n")
    (tmp_path / "x.wav").write_bytes(as_wav(bytes(3200)))
    (tmp_path / "x.yaml").write_text("language: en\nintents: {A: {data: [{sentences: [hi]}]}}\n")
    settings = tmp_path / "voice2mqtt.yaml"
    settings.write_text(
        "speech: {host: 'ws://127.0.0.1:9'}\nmqtt: {broker: 'mqtt://127.0.0.1:9'}\n"
    )
    monkeypatch.setenv("VOICE2MQTT_SETTINGS", str(settings))
    value, status, said = BAD[name][option]
    more = MORE.get(name, [])
    if option in more:
        more = []
    arguments = [*name.split(), f"{option}={value}", *more]
    try:
        got = main(arguments)
    except SystemExit as end:
        got = int(end.code or 0)
    told = "".join(capfd.readouterr())
    assert (got, said in told) == (status, True), told
    assert "Traceback" not in told
