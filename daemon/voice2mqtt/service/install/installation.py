"""Installing and removing, as lists of steps that can be shown before they are done.

It deals with files and systemctl; what to install is in `InstallOptions`, where is in `layout.py`.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from voice2mqtt.service.install.environment import build_environment, extras_of, this_program
from voice2mqtt.service.install.files import call, delete, link, private_folder, write
from voice2mqtt.service.install.layout import INSTANCES, UNITS, Layout
from voice2mqtt.settings.search import NAME, shipped
from voice2mqtt.settings.yaml.edit import with_values

_DROP_INS_SINCE = 254
"""The first version of systemd that knows what our drop-ins set."""
_SETTINGS_FILES = (NAME, "commands.yaml")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    what: str
    """In the imperative, for people."""
    do: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """What the person wants installed."""

    source: str | None = None
    """What pip is to install: a checkout, a wheel, a name with its version; else this program."""
    extras: Sequence[str] = ()
    """To be added to those that are installed."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Values by dotted key, for settings that do not exist yet."""
    password: str | None = None
    own_host: bool = True
    """Whether our Speech host runs here too."""
    start: bool = True


def installation(layout: Layout, options: InstallOptions) -> Iterator[Step]:
    """Yield the steps of installing or upgrading; existing settings are left as they are."""
    extras = extras_of(layout.at(layout.prefix), options.extras)
    what = " with ".join(
        [options.source or this_program(), *([", ".join(extras)] if extras else [])]
    )
    yield Step(
        f"build the environment of {what} and put it at {layout.prefix} (some minutes)",
        partial(build_environment, layout, options.source, extras),
    )
    yield Step(
        f"let {layout.command} run it",
        partial(link, layout.at(layout.command), layout.prefix / "bin" / "voice2mqtt"),
    )
    yield from _settings(layout, options)
    yield from _units(layout)
    if not layout.staged:
        yield from _activation(layout, options)


def removal(layout: Layout) -> Iterator[Step]:
    """Yield the steps of removing everything but settings and state."""
    units = [unit for unit in UNITS if layout.at(layout.units / unit).exists()]
    if units and not layout.staged:
        yield _run("stop", *_systemctl(layout, "disable", "--now", *units))
        if not layout.person:
            yield _run("stop", *_systemctl(layout, "stop", "voice2mqtt@*.service"))
    for path in _removable(layout):
        yield Step(f"delete {path}", partial(delete, path))
    if not layout.staged:
        yield _run("tell systemd", *_systemctl(layout, "daemon-reload"))
        if layout.catalogue:
            yield _run("tell the journal", "journalctl", "--update-catalog")


def _settings(layout: Layout, options: InstallOptions) -> Iterator[Step]:
    for name in _SETTINGS_FILES:
        path = layout.at(layout.settings / name)
        if path.exists():
            continue
        text = (shipped("config") / name).read_text(encoding="utf-8")
        if name == NAME:
            text = with_values(text, options.settings)
        yield Step(f"write {path}", partial(write, path, text, 0o644))
    secrets = layout.at(layout.settings / "secrets")
    yield Step(f"keep {secrets} from everybody else", partial(private_folder, secrets))
    if options.password is not None:
        path = secrets / "mqtt-password"
        yield Step(f"write {path}", partial(write, path, options.password + "\n", 0o600))


def _units(layout: Layout) -> Iterator[Step]:
    here = shipped("systemd")
    for name in UNITS if layout.person else (*UNITS, INSTANCES):
        text = (here / "user" / name if layout.person else here / name).read_text()
        yield _unit(layout, Path(name), text)
        if systemd_version() < _DROP_INS_SINCE:
            continue
        yield _unit(layout, Path(f"{name}.d", "restart.conf"), _drop_in("restart.conf"))
        if "ExecReload" in text:
            yield _unit(layout, Path(f"{name}.d", "reload.conf"), _drop_in("reload.conf"))
    if layout.catalogue:
        path = layout.at(layout.catalogue / "voice2mqtt.catalog")
        text = (here / "voice2mqtt.catalog").read_text()
        yield Step(f"write {path}", partial(write, path, text, 0o644))


def _unit(layout: Layout, name: Path, text: str) -> Step:
    path = layout.at(layout.units / name)
    text = text.replace("/opt/voice2mqtt", str(layout.prefix))
    return Step(f"write {path}", partial(write, path, text, 0o644))


def _drop_in(name: str) -> str:
    return (shipped("systemd") / "systemd-254" / name).read_text()


def _activation(layout: Layout, options: InstallOptions) -> Iterator[Step]:
    yield _run("tell systemd", *_systemctl(layout, "daemon-reload"))
    if layout.catalogue:
        yield _run("tell the journal", "journalctl", "--update-catalog")
    if not options.start:
        return
    wanted = UNITS if options.own_host else UNITS[:1]
    yield _run("start at boot", *_systemctl(layout, "enable", *wanted))
    yield _run("start", *_systemctl(layout, "restart", *wanted))
    if not layout.person:
        yield _run("start", *_systemctl(layout, "try-restart", "voice2mqtt@*.service"))


def _removable(layout: Layout) -> Iterator[Path]:
    for name in (*UNITS, INSTANCES):
        yield layout.at(layout.units / name)
        yield layout.at(layout.units / f"{name}.d")
    if layout.catalogue:
        yield layout.at(layout.catalogue / "voice2mqtt.catalog")
    yield layout.at(layout.command)
    yield layout.at(layout.prefix)


def systemd_version() -> int:
    """Return the version of this machine's systemd; 0 if it has none."""
    try:
        told = subprocess.run(
            ["systemctl", "--version"], capture_output=True, text=True, check=False
        ).stdout
    except FileNotFoundError:
        return 0
    found = re.match(r"systemd (\d+)", told)
    return int(found[1]) if found else 0


def _systemctl(layout: Layout, *arguments: str) -> tuple[str, ...]:
    return ("systemctl", *(("--user",) if layout.person else ()), *arguments)


def _run(why: str, *command: str) -> Step:
    return Step(f"{why}: {' '.join(command)}", partial(call, *command))
