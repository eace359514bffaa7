"""The service: installed, enabled, running, and why it failed last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voice2mqtt.service.checks.check_result import CheckResult, error, ok, skipped, warning
from voice2mqtt.service.checks.machine import Machine
from voice2mqtt.service.install.layout import UNITS

_PROPERTIES = (
    *("LoadState", "UnitFileState", "ActiveState", "SubState", "Result", "ExecMainStatus"),
    *("NRestarts", "StatusText", "Environment"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What systemd says of one unit."""

    name: str
    person: bool
    """Whether it is of the person's own manager."""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        """Whether there is such a unit."""
        return self.properties.get("LoadState") == "loaded"

    @property
    def running(self) -> bool:
        """Whether it runs, or is about to."""
        return self.properties.get("ActiveState") in {"active", "activating", "reloading"}

    @property
    def systemctl(self) -> str:
        """The command that changes it."""
        return "systemctl --user" if self.person else "sudo systemctl"

    @property
    def journal(self) -> str:
        """The command that shows what it logged."""
        return f"journalctl {'--user ' if self.person else ''}-u {self.name.partition('.')[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Daemon and Speech host, as installed for the machine or for the person; or neither."""

    managed: bool
    """Whether systemd could be asked."""
    daemon: Unit | None = None
    host: Unit | None = None

    @property
    def of_machine(self) -> bool:
        """Whether the daemon is installed as a service of the machine."""
        return self.daemon is not None and not self.daemon.person

    @property
    def running(self) -> bool:
        """Whether the daemon runs."""
        return self.daemon is not None and self.daemon.running


def find_units(machine: Machine) -> Units:
    """Ask systemd, the person's own manager first."""
    managed = False
    for person in (True, False):
        found = [_unit(machine, name, person=person) for name in UNITS]
        managed = managed or any(unit.properties for unit in found)
        daemon, host = (unit if unit.installed else None for unit in found)
        if daemon:
            return Units(managed=True, daemon=daemon, host=host)
    return Units(managed=managed)


def check_units(units: Units, machine: Machine, settings: Path) -> Iterator[CheckResult]:
    """Yield how the services are, and whether they use the settings in the file `settings`."""
    if not units.managed:
        yield skipped("service", "systemd does not run here")
    elif units.daemon is None:
        yield warning(
            "service",
            "voice2mqtt is not installed as a service, and so ends with this terminal",
            "`voice2mqtt install` (docs/install.md tells of whom: the machine or your session)",
        )
    else:
        yield _judge("service", units.daemon, machine)
        yield from _used_settings(units.daemon, settings)
        if units.host:
            yield _judge("host service", units.host, machine)


def _unit(machine: Machine, name: str, *, person: bool) -> Unit:
    manager = ("--user",) if person else ()
    said = machine.ask("systemctl", *manager, "show", name, f"--property={','.join(_PROPERTIES)}")
    lines = (line.partition("=") for line in (said or "").splitlines())
    return Unit(name=name, person=person, properties={key: value for key, _, value in lines})


def _judge(check: str, unit: Unit, machine: Machine) -> CheckResult:
    told, name = unit.properties, unit.name
    if not unit.running and told.get("ExecMainStatus") == "78":
        return error(
            check,
            f"{name} stays down, for its settings are wrong{_last_words(unit, machine)}",
            f"correct what `voice2mqtt check` tells, then `{unit.systemctl} restart {name}`",
        )
    if told.get("ActiveState") == "failed":
        result, status = told.get("Result", ""), told.get("ExecMainStatus", "")
        return error(
            check,
            f"{name} has failed ({result}, status {status}){_last_words(unit, machine)}",
            f"`{unit.journal} -p warning -n 20` says why; then `{unit.systemctl} restart {name}`",
        )
    if not unit.running:
        return error(check, f"{name} does not run", f"`{unit.systemctl} start {name}`")
    if told.get("UnitFileState") == "disabled":
        return warning(
            check, f"{name} runs, but not after a reboot", f"`{unit.systemctl} enable {name}`"
        )
    if told.get("SubState") == "auto-restart" or int(told.get("NRestarts") or 0) > 0:
        times = told.get("NRestarts", "")
        return warning(
            check,
            f"{name} was restarted {times} times after failures{_last_words(unit, machine)}",
            f"`{unit.journal} -p warning -n 20` says why",
        )
    said = told.get("StatusText")
    return ok(check, f"{name} runs{f': {said}' if said else ''}")


def _last_words(unit: Unit, machine: Machine) -> str:
    """Return the last error in its journal, behind a colon; "" if there is none."""
    manager = ("--user",) if unit.person else ()
    asked = (*manager, "--unit", unit.name, "-p", "err", "-n", "1", "-o", "cat", "--no-pager")
    lines = (machine.ask("journalctl", *asked) or "").strip().splitlines()
    return f": {lines[0]}" if lines and not lines[0].startswith("--") else ""


def _used_settings(unit: Unit, settings: Path) -> Iterator[CheckResult]:
    given = unit.properties.get("Environment", "").partition("SETTINGS=")[2].split(" ")[0]
    if given and Path(given).resolve() != settings.resolve():
        yield warning(
            "service",
            f"{unit.name} uses {given}, and not {settings}, which was examined here",
            f"`voice2mqtt doctor --settings {given}` examines those of the service",
        )
