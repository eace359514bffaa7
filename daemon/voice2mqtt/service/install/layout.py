"""The paths of an installation, for the machine or for one person."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

UNITS = ("voice2mqtt.service", "voice2mqtt-host.service")
"""In both kinds of installation."""
INSTANCES = "voice2mqtt@.service"
"""For several microphones; of the machine alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one installation, as they are once it runs."""

    prefix: Path
    """The virtual environment, for voice2mqtt alone."""
    settings: Path
    """The folder of the files that a person edits."""
    command: Path
    """The link in PATH to the program."""
    units: Path
    catalogue: Path | None = None
    """The folder for journald's message catalogue; a person's manager has none."""
    person: bool = False
    """Whether it belongs to one person's session."""
    root: Path = Path("/")
    """The root the files are put under; other than / when a package is made."""

    @property
    def staged(self) -> bool:
        """Whether the files are put below another root, so that nothing can be started."""
        return self.root != Path("/")

    @property
    def is_installed(self) -> bool:
        """Whether there is an installation, of this version or another."""
        return self.at(self.units / UNITS[0]).exists()

    def at(self, path: Path) -> Path:
        """Return where to put now what will be at `path`."""
        return self.root / path.relative_to("/")


MACHINE = Layout(
    prefix=Path("/opt/voice2mqtt"),
    settings=Path("/etc/voice2mqtt"),
    command=Path("/usr/local/bin/voice2mqtt"),
    units=Path("/usr/local/lib/systemd/system"),
    catalogue=Path("/usr/local/lib/systemd/catalog"),
)


def of_package(root: Path) -> Layout:
    """Return the layout of a distribution's package, made below `root`."""
    return replace(
        MACHINE,
        command=Path("/usr/bin/voice2mqtt"),
        units=Path("/lib/systemd/system"),
        catalogue=Path("/usr/lib/systemd/catalog"),
        root=root,
    )


def of_person(environment: Mapping[str, str] = os.environ) -> Layout:
    """Return the layout for the person whose `environment` it is."""
    home = Path(environment["HOME"])
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return Layout(
        prefix=data / "voice2mqtt",
        settings=config / "voice2mqtt",
        command=home / ".local" / "bin" / "voice2mqtt",
        units=config / "systemd" / "user",
        person=True,
    )
