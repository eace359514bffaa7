"""What is installed for people to edit is complete, true and right."""

import json
import re
from dataclasses import is_dataclass
from pathlib import Path

from voice2mqtt.settings.load import load_settings, load_table
from voice2mqtt.settings.model import ConsoleSettings, Settings
from voice2mqtt.settings.settings_reader import read_settings
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.reader import read_document

CONFIG = Path(__file__).parents[2] / "config"
SETTINGS = CONFIG / "voice2mqtt.yaml"
_COMMENTED_KEY = re.compile(r"(?m)^(\s*)#(?=[a-z_]+:)")


def _keys(section: object) -> dict[str, object]:
    """Return every setting by its dotted name."""
    found: dict[str, object] = {}
    for key, value in vars(section).items():
        if is_dataclass(value):
            found |= {f"{key}.{inner}": below for inner, below in _keys(value).items()}
        else:
            found[key] = value
    return found


def test_the_shipped_settings_are_the_defaults() -> None:
    console = ConsoleSettings(token_file=CONFIG / "secrets" / "console-token")
    assert load_settings(SETTINGS, environ={}) == Settings(
        commands=CONFIG / "commands.yaml", console=console
    )


def test_every_setting_stands_in_the_shipped_file_with_its_default_and_a_meaning() -> None:
    shown = _COMMENTED_KEY.sub(r"\1", SETTINGS.read_text())
    lines = SETTINGS.read_text().split("\n")
    # The services, and what goes with them, exclude each other: shown one below the other.
    alone = re.sub(r"(?m)^  (endpoint|region|key_env|token_file):.*$", "", shown)
    faults = Faults("shipped", alone)
    read = _keys(read_settings(read_document(alone, faults), faults))
    for name, default in _keys(Settings()).items():
        key = name.rsplit(".", maxsplit=1)[-1]
        places = [n for n, line in enumerate(lines) if line.strip().startswith(f"#{key}:")]
        assert places, f"{name} is missing in {SETTINGS}"
        above = lines[places[0] - 1].strip()
        assert above.startswith("#"), f"{name} has no line of meaning above it"
        if default is not None:
            assert read[name] == default, name


def test_the_shipped_settings_name_nothing_that_does_not_exist() -> None:
    shown = _COMMENTED_KEY.sub(r"\1", SETTINGS.read_text())
    keys = set(re.findall(r"(?m)^\s*([a-z_]+):(?: |$)", shown))
    known = {part for name in _keys(Settings()) for part in name.split(".")}
    assert keys == known


def test_the_shipped_table_is_right() -> None:
    table = load_table(CONFIG / "commands.yaml")
    payloads = [publish.payload for row in table.rows for publish in row.publish]
    assert len(table.rows) >= 15
    assert len(table.tests) >= 10
    assert any(isinstance(payload, dict) for payload in payloads)
    assert all(json.dumps(payload) for payload in payloads)
    assert any(row.confirm and row.between for row in table.rows)
