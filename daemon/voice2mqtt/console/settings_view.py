"""The settings in force, each with the place where it is written. Secrets stay in their files."""

from collections.abc import Iterator, Mapping

from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.settings.load import WrittenSettings
from voice2mqtt.settings.yaml.nodes import find
from voice2mqtt.settings.yaml.writer import as_plain, inline


def settings_in_force(written: WrittenSettings) -> list[Mapping[str, object]]:
    """Return one entry for each setting: its dotted key, value, and the line where it is written.

    The line is None for a default.
    """
    used = as_plain(written.settings)
    entries: list[Mapping[str, object]] = []
    for key, value in _flat(used):
        node = find(written.document, key)
        entries.append(
            {
                "key": key,
                "value": value
                if isinstance(value, str)
                else ""
                if value is None
                else inline(value),
                "line": node.place.line if node else None,
            }
        )
    return entries


def _flat(section: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, Json]]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
