"""Which settings file is used: one search order for all commands.

1. `--settings FILE`, 2. `$VOICE2MQTT_SETTINGS`, 3. the user's, 4. the machine's, 5. a checkout's,
6. the file that comes with the program.
"""

import os
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "VOICE2MQTT_SETTINGS"
NAME = "voice2mqtt.yaml"

INSTALLED = Path("/etc/voice2mqtt") / NAME
ROOT = Path(__file__).parents[3]
"""The checkout that the program runs from, if it runs from one."""
CHECKOUT = ROOT / "config" / NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A settings file, and why it was chosen."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} ({self.why})"


def settings_file(
    named: Path | None = None, environ: Mapping[str, str] = os.environ
) -> SettingsFile:
    """Return the file to use; `named` is that of `--settings`.

    A named file is used whether or not it exists; if no file exists, it is the machine's.
    """
    if named is not None:
        return SettingsFile(path=named, why="named by --settings")
    if environ.get(VARIABLE):
        return SettingsFile(path=Path(environ[VARIABLE]), why=f"named by ${VARIABLE}")
    # A dangling link is a mistake to report, not a reason to use another file.
    places = (place for place in _places(environ) if os.path.lexists(place.path))
    return next(places, SettingsFile(path=INSTALLED, why="there is no other"))


def is_checkout() -> bool:
    """Return whether the program runs from a checkout."""
    return (ROOT / "pyproject.toml").is_file() and (ROOT / "systemd").is_dir()


def shipped(name: str) -> Path:
    """Return a file or folder that comes with the program: `systemd`, `config`, the lock file."""
    if is_checkout():
        return ROOT / name
    schemes = ("data", sysconfig.get_default_scheme()), ("data", "posix_user")
    places = [Path(sysconfig.get_path(*scheme), "share", "voice2mqtt") / name for scheme in schemes]
    return next((place for place in places if place.exists()), places[0])


def _places(environ: Mapping[str, str]) -> Iterator[SettingsFile]:
    config = Path(environ.get("XDG_CONFIG_HOME") or "")
    if not config.is_absolute() and environ.get("HOME"):
        config = Path(environ["HOME"], ".config")
    if config.is_absolute():
        yield SettingsFile(path=config / "voice2mqtt" / NAME, why="yours")
    yield SettingsFile(path=INSTALLED, why="the machine's")
    for root in (ROOT, Path()):
        yield SettingsFile(path=root / "config" / NAME, why="the checkout's")
    yield SettingsFile(path=shipped("config") / NAME, why="as shipped")
