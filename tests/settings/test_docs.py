"""What the documentation shows is true: tables work, keys and defaults are the program's."""

import re
from dataclasses import is_dataclass
from pathlib import Path

from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.table.row_reader import ROW_KEYS
from voice2mqtt.settings.yaml.writer import inline

_DOCS = Path(__file__).parents[2] / "docs"
_COMMANDS = (_DOCS / "commands.md").read_text()
_SETTINGS = (_DOCS / "settings.md").read_text()


def test_the_table_of_the_readme_names_every_page_once() -> None:
    readme = (_DOCS.parent / "README.md").read_text()
    named = re.findall(r"(?m)\| \[docs/(.*)\]\(docs/\1\) \|$", readme)
    assert sorted(named) == sorted(page.name for page in _DOCS.glob("*.md"))


def test_every_key_of_a_command_is_described() -> None:
    described = re.findall(r"(?m)^\| (`[^|]*`) \|", _COMMANDS.split("## Every key of a command")[1])
    assert {key for cell in described for key in re.findall(r"`(\w+)`", cell)} >= set(ROW_KEYS)


def _keys(section: object, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in vars(section).items():
        if is_dataclass(value):
            found |= _keys(value, f"{prefix}{key}.")
        else:
            plain = list(value) if isinstance(value, tuple) else value
            found[f"{prefix}{key}"] = "" if plain is None else inline(
                str(plain) if isinstance(plain, Path) else plain
            )  # fmt: skip
    return found


def test_every_setting_is_described_with_its_default_and_nothing_else_is() -> None:
    rows = re.findall(r"(?m)^\| `([a-z_.]+)` \| (.*?) \| .+ \|$", _SETTINGS)
    described = {name: default.strip("` ") for name, default in rows}
    assert described == _keys(Settings())
