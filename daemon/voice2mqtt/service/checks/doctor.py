"""Examines everything in the order in which a person would look; changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from voice2mqtt.audio.monitor import MonitorReading
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.checks.broker import check_broker
from voice2mqtt.service.checks.check_result import CheckResult, skipped
from voice2mqtt.service.checks.files import read_settings_file, read_table_file
from voice2mqtt.service.checks.machine import Machine, check_disk, check_machine
from voice2mqtt.service.checks.sound import (
    LISTEN_S,
    check_microphone,
    check_rights,
    check_server,
)
from voice2mqtt.service.checks.speech_host import check_host
from voice2mqtt.service.checks.unit import Units, check_units, find_units
from voice2mqtt.service.store import state_folder
from voice2mqtt.settings.model import Settings
from voice2mqtt.settings.search import SettingsFile

MACHINE_STATE = Path("/var/lib/voice2mqtt")
"""Of the machine's service: StateDirectory= of its unit."""
_UNSETTLED = "not looked at: settings or table cannot be used"


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """What is examined, and how a person is kept informed."""

    file: SettingsFile
    machine: Machine = field(default_factory=Machine)
    listen_s: float = LISTEN_S
    """Longest time for which the microphone is listened to; 0 leaves it alone."""
    daemon_runs: bool = False
    """Whether it is known that the daemon runs, be it no service."""
    ask_to_speak: Callable[[str], None] = lambda _device: None
    """Called before the microphone is listened to."""
    show: Callable[[MonitorReading], None] = lambda _reading: None
    """Called ten times a second while it is."""

    def results(self) -> Iterator[CheckResult]:
        """Yield each result as soon as it is known; its cure names the settings file."""
        for result in self._results():
            yield replace(result, cure=result.cure.replace("FILE", str(self.file.path)))

    def _results(self) -> Iterator[CheckResult]:
        yield from check_machine(self.machine)
        units = find_units(self.machine)
        runs = self.daemon_runs or units.running
        settings, told = read_settings_file(self.file)
        yield from told
        table: CommandTable | None = None
        if settings:
            table, told = read_table_file(settings)
            yield from chain(told, check_disk(_state_folder(settings, units)))
        yield from self._sound(settings, units, service_runs=runs)
        if settings and table:
            yield from check_host(settings, table, own_host=units.host is not None)
            yield from check_broker(settings, table, service_runs=runs)
        else:
            yield skipped("Speech host", _UNSETTLED)
            yield skipped("broker", _UNSETTLED)
        yield from check_units(units, self.machine, self.file.path)

    def _sound(
        self, settings: Settings | None, units: Units, *, service_runs: bool
    ) -> Iterator[CheckResult]:
        of_machine = units.of_machine
        yield from check_rights(self.machine, installed_for_machine=of_machine)
        device = settings.microphone.device if settings else ""
        yield from check_server(self.machine, device, installed_for_machine=of_machine)
        if settings is None:
            yield skipped("microphone", _UNSETTLED)
        elif self.listen_s <= 0:
            yield skipped("microphone", "not listened to (--no-microphone)")
        else:
            self.ask_to_speak(settings.microphone.device)
            yield from check_microphone(
                settings.microphone, self.listen_s, self.show, service_runs=service_runs
            )


def _state_folder(settings: Settings, units: Units) -> Path:
    """Return where the service keeps its state; systemd tells it to the service alone."""
    if units.of_machine and not settings.state_dir:
        return MACHINE_STATE
    return state_folder(settings)
