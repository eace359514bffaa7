"""Which sound server this machine runs, and how a service can reach it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PIPEWIRE, PULSEAUDIO, ALSA = "PipeWire", "PulseAudio", "ALSA"

SOCKETS = (("pipewire-0", PIPEWIRE), ("pulse/native", PULSEAUDIO))
"""In the folder of a session. PipeWire first: it has a socket for PulseAudio as well."""

_DEFAULT_ADVICE = {
    PIPEWIRE: "`wpctl status` lists the microphones with their numbers, and `wpctl set-default "
    "NUMBER` makes one the default. Capturing through PipeWire needs the package pipewire-alsa.",
    PULSEAUDIO: "`pactl set-default-source NAME` makes one the default; NAME is what follows "
    "pulse: in the list.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundServer:
    """The software between programs and the sound cards."""

    kind: str
    """`PipeWire`, `PulseAudio`, or `ALSA` for none at all."""
    socket: str = ""
    """Where it is reached; empty for ALSA."""
    owner_uid: int | None = None
    """The user whose session it belongs to; None for the whole machine's."""
    advice: str = ""
    """What a service must do to hear through it."""

    @property
    def default_advice(self) -> str:
        """How to choose the microphone that `default` is; "" for ALSA."""
        return _DEFAULT_ADVICE.get(self.kind, "")


def detect_sound_server(
    environ: Mapping[str, str] = os.environ, run: Path = Path("/run"), root: Path = Path("/")
) -> SoundServer:
    """Return the sound server of this user's session, else of any session, else of the machine."""
    named = environ.get("PULSE_SERVER", "").removeprefix("unix:")
    if named.startswith("/") and Path(named).exists():
        return SoundServer(kind=PULSEAUDIO, socket=named, advice=_for_everybody(named))
    own = Path(environ.get("PULSE_RUNTIME_PATH", "")) / "native"
    if own.is_absolute() and _there(own):
        return SoundServer(
            kind=PULSEAUDIO,
            socket=str(own),
            owner_uid=os.getuid(),
            advice=_for_one_user(PULSEAUDIO, os.getuid()),
        )
    for folder in _session_folders(environ, run):
        for name, kind in SOCKETS:
            socket = folder / name
            if _there(socket):
                uid = int(folder.name) if folder.name.isdigit() else os.getuid()
                return SoundServer(
                    kind=kind, socket=str(socket), owner_uid=uid, advice=_for_one_user(kind, uid)
                )
    for folder in (run, root / "var/run"):
        socket = folder / "pulse/native"
        if _there(socket):
            return SoundServer(
                kind=PULSEAUDIO, socket=str(socket), advice=_for_everybody(str(socket))
            )
    return SoundServer(
        kind=ALSA,
        advice="A service reaches the cards themselves: its user must be in the group audio.",
    )


def _session_folders(environ: Mapping[str, str], run: Path) -> list[Path]:
    """Return where sessions keep their sockets, our own first."""
    own = [Path(environ[name]) for name in ("XDG_RUNTIME_DIR",) if environ.get(name)]
    others = sorted((run / "user").glob("[0-9]*"))
    return own + [folder for folder in others if folder not in own]


def _there(socket: Path) -> bool:
    try:
        return socket.exists()
    except PermissionError:
        return False


def _for_one_user(kind: str, uid: int) -> str:
    user = f"the user with number {uid}"
    return (
        f"{kind} runs in the session of {user}; a system service of another user cannot reach it. "
        f"Either run voice2mqtt as a service of that user (`systemctl --user`, and "
        f"`loginctl enable-linger` so that it outlives the session), or let it use a card "
        f"directly: a plughw: name below, with the card switched off in {kind}'s profile."
    )


def _for_everybody(socket: str) -> str:
    return (
        f"PulseAudio runs for the whole machine; a service reaches it with "
        f"PULSE_SERVER=unix:{socket} in its environment and its user in the group pulse-access."
    )
