"""Who has the sound of this machine: a session of somebody, or the machine itself.

It is a session's if a sound server runs there and the session is there whenever the machine is in
use: it has a display, or lingers. A socket alone means little: on Debian a package that brings
PulseAudio along has one made at every login, and a login by ssh ends.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.audio.sources.sound_server import SOCKETS

_FIRST_PERSON = 1000
"""Users below it, other than root, are those of services, such as the login screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSession:
    """A session in which a sound server runs."""

    user: int
    server: str
    lasts: bool
    """Whether it is there whenever the machine is in use."""

    @property
    def owner(self) -> str:
        """Who can install in it, as part of a sentence."""
        if 0 < self.user < _FIRST_PERSON:
            return "whoever logs in at its screen"
        return _name(self.user)


def sound_sessions(root: Path = Path("/")) -> list[SoundSession]:
    """Return the sessions in which a sound server runs, those of persons first."""
    folders = [f for f in (root / "run/user").glob("*") if f.name.isdecimal()]
    found = [
        SoundSession(
            user=int(folder.name), server=server, lasts=session_lasts(int(folder.name), root)
        )
        for folder in sorted(folders, key=lambda folder: int(folder.name))
        if (server := _server(folder))
    ]
    return sorted(found, key=lambda session: session.user < _FIRST_PERSON)


def sound_owner(root: Path = Path("/")) -> SoundSession | None:
    """Return the session that has the sound, our own if several have; None: the machine has it."""
    lasting = [session for session in sound_sessions(root) if session.lasts]
    own = [session for session in lasting if session.user == os.getuid()]
    return next(iter(own + lasting), None)


def _server(folder: Path) -> str:
    return next((name for socket, name in SOCKETS if (folder / socket).is_socket()), "")


def session_lasts(user: int, root: Path = Path("/")) -> bool:
    """Return whether the session of `user` is there whenever the machine is in use."""
    wayland = (root / "run/user" / str(user)).glob("wayland-*")
    x11 = (root / "tmp/.X11-unix").glob("X*")
    lingers = root / "var/lib/systemd/linger" / _name(user)
    return lingers.exists() or any(display.is_socket() for display in (*wayland, *x11))


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
