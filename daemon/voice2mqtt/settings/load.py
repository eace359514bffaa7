"""Read settings and command table from files, and resolve the paths that they name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path

from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.model import WAV_PREFIX, Settings
from voice2mqtt.settings.secrets import may_be_there, names_a_file, secret_files
from voice2mqtt.settings.settings_reader import read_settings
from voice2mqtt.settings.table.table_reader import read_table
from voice2mqtt.settings.wake_words import is_model
from voice2mqtt.settings.yaml.faults import Faults
from voice2mqtt.settings.yaml.nodes import Node, ScalarNode, find
from voice2mqtt.settings.yaml.reader import read_document, read_text
from voice2mqtt.settings.yaml.schema import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSettings:
    """Settings with the document they were read from, to report faults at their place."""

    settings: Settings
    document: Node
    faults: Faults
    """Faults of the file; empty at first."""

    def note(self, key: str, problem: str) -> None:
        """Note what is wrong with the dotted `key`; a hint may follow a semicolon."""
        node = find(self.document, key) or find(self.document, key.partition(".")[0])
        what, _, hint = problem.partition("; ")
        self.faults.add((node or self.document).place, what, hint)


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings in the file at `path`; see `load_written`."""
    return load_written(path, environ).settings


def load_written(path: Path, environ: Mapping[str, str] = os.environ) -> WrittenSettings:
    """Return the settings in the file at `path`; the paths in it become absolute.

    A relative path starts at the folder of the file. A `*_file` is looked for in systemd's
    `CREDENTIALS_DIRECTORY` first, under the name that `LoadCredential=secrets:/.../secrets` gives
    it: `secrets/key` is called `secrets_key` there.

    Raises:
        SettingsError: The file cannot be read; as `FaultsError` when something in it is wrong.
    """
    content = read_text(path)
    faults = Faults(str(path), content)
    document = read_document(content, faults)
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    settings = _anchored(
        read_settings(document, faults),
        path.parent.absolute(),
        Path(credentials) if credentials else None,
    )
    written = WrittenSettings(settings=settings, document=document, faults=faults)
    for key, secret_file in secret_files(settings).items():
        node = find(document, key)
        if isinstance(node, ScalarNode) and not names_a_file(node.written, secret_file):
            written.note(
                key,
                f"{key.rpartition('.')[2]} takes the path of a file, and there is none of this "
                "name (not shown: it may be the secret itself); write the secret into a file of "
                "its own, `chmod 600` it, and name that",
            )
    faults.raise_any()
    return written


def load_table(path: Path, language: str = "en") -> CommandTable:
    """Return the command table in the file at `path`; `language` is used if it names none.

    Raises:
        SettingsError: The file cannot be read; as `FaultsError` when something in it is wrong.
    """
    return parse_table(read_text(path), str(path), language)


def parse_table(text: str, name: str, language: str = "en") -> CommandTable:
    """Return the command table that `text` describes; `name` is told of where a fault is.

    Raises:
        SettingsError: As `FaultsError` when something in it is wrong.
    """
    faults = Faults(name, text)
    return read_table(read_document(text, faults), faults, language)


def _anchored(section: Value, folder: Path, credentials: Path | None) -> Value:
    changed: dict[str, object] = {}
    for key, value in vars(section).items():
        if is_dataclass(value):
            changed[key] = _anchored(value, folder, credentials)
        elif key == "wake_word":
            changed[key] = tuple(
                str(folder / _at_home(Path(word))) if is_model(word) else word for word in value
            )
        elif isinstance(value, tuple):
            changed[key] = tuple(
                _anchored(item, folder, credentials) if is_dataclass(item) else item
                for item in value
            )
        elif isinstance(value, Path):
            given = credentials / "_".join(value.parts) if credentials else folder / value
            found = key.endswith("_file") and not value.is_absolute() and may_be_there(given)
            changed[key] = given if found else folder / _at_home(value)
        elif isinstance(value, str) and value.startswith(WAV_PREFIX):
            recording = Path(value.removeprefix(WAV_PREFIX))
            changed[key] = f"{WAV_PREFIX}{folder / _at_home(recording)}"
    return replace(section, **changed)


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        # There is no such user; opening the file will report that it does not exist.
        return path
