"""A text as if it were a file: what is read from it, and the whole report when it is wrong."""

import pytest

from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.settings_reader import read_settings
from voice2mqtt.settings.table.table_reader import read_table
from voice2mqtt.settings.yaml.faults import Faults, FaultsError
from voice2mqtt.settings.yaml.nodes import Node
from voice2mqtt.settings.yaml.reader import read_document


def document(text: str) -> Node:
    """Return the nodes of `text`; nothing may be wrong with it."""
    faults = Faults("x.yaml", text)
    read = read_document(text, faults)
    faults.raise_any()
    return read


def settings(text: str) -> Settings:
    """Return the settings in `text`."""
    faults = Faults("x.yaml", text)
    return read_settings(read_document(text, faults), faults)


def table(text: str) -> CommandTable:
    """Return the command table in `text`."""
    faults = Faults("x.yaml", text)
    return read_table(read_document(text, faults), faults)


def table_report(text: str) -> str:
    """Return what is said about a command table that is wrong."""
    with pytest.raises(FaultsError) as caught:
        table(text)
    return caught.value.report


def settings_report(text: str) -> str:
    """Return what is said about settings that are wrong."""
    with pytest.raises(FaultsError) as caught:
        settings(text)
    return caught.value.report


def first_lines(report: str) -> list[str]:
    """Return the sentences of a report, without the lines and carets below them."""
    return [line for line in report.split("\n") if line.startswith("x.yaml:")]
