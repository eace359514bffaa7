"""Settings, secrets and command table: what `check` tells, as results."""

from collections.abc import Iterator
from dataclasses import replace

from voice2mqtt.errors import SettingsError
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service import interpreters as build
from voice2mqtt.service.checks.check_result import (
    CheckResult,
    Severity,
    error,
    ok,
    told,
    warning,
)
from voice2mqtt.service.checks.prerequisites import verify
from voice2mqtt.service.checks.table_tests import try_sentences
from voice2mqtt.settings.load import load_table, load_written
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import SettingsFile
from voice2mqtt.settings.secrets import exposed_secrets
from voice2mqtt.settings.yaml.faults import FaultsError, count

_MOST_TOLD = 5
"""Warnings of the table that are told; `check` tells all."""


def read_settings_file(file: SettingsFile) -> tuple[Settings | None, list[CheckResult]]:
    """Return the settings, None if they cannot be used, and what there is to say of them."""
    try:
        written = load_written(file.path)
        verify(written)
    except SettingsError as wrong:
        return None, list(_faults("settings", wrong))
    exposed = exposed_secrets(written.settings)
    if exposed:
        names = " ".join(str(path) for path in exposed)
        said = f"every user of this machine can read {names}"
        return written.settings, [warning("settings", said, f"`chmod 600 {names}`")]
    return written.settings, [ok("settings", str(file))]


def read_table_file(settings: Settings) -> tuple[CommandTable | None, list[CheckResult]]:
    """Return the command table, None if it cannot be used, and what there is to say of it."""
    path = settings.commands
    try:
        table = load_table(path, build.language_of(settings))
        failures = try_sentences(table, settings)
    except SettingsError as wrong:
        return None, list(_faults("table", wrong))
    lint = build.lint(settings, table).findings
    found = [
        error("table", failure, "change the row or its test; `voice2mqtt say --explain` says why")
        for failure in failures
    ]
    found += [
        replace(told("table", str(each).replace(": warning: ", ": ")), severity=Severity.WARNING)
        for each in lint[:_MOST_TOLD]
    ]
    rows, tests = count(len(table.rows), "command"), count(len(table.tests), "test")
    return table, found or [ok("table", f"{path}: {rows}, {tests}")]


def _faults(check: str, wrong: SettingsError) -> Iterator[CheckResult]:
    if not isinstance(wrong, FaultsError):
        yield told(check, wrong)
        return
    for fault in wrong.faults:
        hint = fault.hint or "change that line; docs/settings.md and docs/commands.md tell the keys"
        yield error(check, f"{fault.place}: {fault.problem}", hint)
