"""Lets the machine's service save its command table, for the page; and takes that back.

The service runs as a dynamic user, who owns nothing in /etc. To save, it needs a user of its own
that stays, the table, and a folder that it may write. The folder is sticky, so that all other files
in it remain root's.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from voice2mqtt.errors import SettingsError
from voice2mqtt.service.install.files import call, delete, write
from voice2mqtt.service.install.installation import Step
from voice2mqtt.service.install.layout import INSTANCES, UNITS
from voice2mqtt.settings.search import INSTALLED

USER = "voice2mqtt"
_DROP_INS = Path("/etc/systemd/system")
_UNIT = UNITS[0]


def allowing(settings: Path, table: Path) -> Iterator[Step]:
    """Yield the steps that let the service with these settings save `table`.

    Raises:
        SettingsError: it is no service of the machine, or its table lies elsewhere.
    """
    folder = table.parent
    if settings.parent != INSTALLED.parent:
        raise SettingsError(
            f"{settings} is not the machine's; a service of your session can save its table already"
        )
    if folder != INSTALLED.parent and INSTALLED.parent not in folder.parents:
        raise SettingsError(
            f"{table} is not in {INSTALLED.parent}; move it there, and name it under commands:"
        )
    yield _call("systemd-sysusers", "--inline", f'u {USER} - "Voice commands to MQTT"')
    yield _call("chown", f"{USER}:{USER}", str(table))
    yield _call("chown", f"root:{USER}", str(folder))
    yield _call("chmod", "1775", str(folder))
    unit = _UNIT if settings == INSTALLED else INSTANCES
    drop_in = _drop_in(unit)
    text = (
        "# Lets the page save the command table; `voice2mqtt console forbid-saving` removes it.\n"
        f"[Service]\nUser={USER}\nReadWritePaths={folder}\n"
    )
    yield Step(f"write {drop_in}", partial(write, drop_in, text, 0o644))
    yield from _restart(settings)


def forbidding(settings: Path, table: Path) -> Iterator[Step]:
    """Yield the steps that undo `allowing`."""
    yield from taking_back(table)
    yield from _restart(settings)


def taking_back(table: Path) -> Iterator[Step]:
    """Yield the steps that give root what a service was given, if any was; none is restarted."""
    drop_ins = [drop_in for unit in (_UNIT, INSTANCES) if (drop_in := _drop_in(unit)).exists()]
    if not drop_ins:
        return
    for drop_in in drop_ins:
        yield Step(f"delete {drop_in}", partial(delete, drop_in))
    paths = [str(path) for path in (table, table.parent) if path.exists()]
    if paths:
        yield _call("chown", "root:root", *paths)
        yield _call("chmod", "755", paths[-1])


def _drop_in(unit: str) -> Path:
    return _DROP_INS / f"{unit}.d" / "save-table.conf"


def _restart(settings: Path) -> Iterator[Step]:
    unit = _UNIT if settings == INSTALLED else f"voice2mqtt@{settings.stem}.service"
    yield _call("systemctl", "daemon-reload")
    yield _call("systemctl", "try-restart", unit)


def _call(*command: str) -> Step:
    return Step(" ".join(command), partial(call, *command))
