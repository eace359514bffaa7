"""The way from the sound card to the gate: rights, sound server, microphone."""

import grp
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from voice2mqtt.audio.factory import STDIN
from voice2mqtt.audio.monitor import Monitor, MonitorReading
from voice2mqtt.audio.signal.condition import Condition, MicrophoneState
from voice2mqtt.audio.signal.level import SILENT_DB
from voice2mqtt.audio.signal.signal_check import CLIPPED_SHARE, FINDINGS
from voice2mqtt.audio.sources.arecord_errors import ALSA_PLUGINS
from voice2mqtt.audio.sources.sound_server import (
    ALSA,
    PIPEWIRE,
    SoundServer,
    detect_sound_server,
)
from voice2mqtt.service.checks.check_result import CheckResult, error, ok, skipped, told, warning
from voice2mqtt.service.checks.machine import Machine
from voice2mqtt.service.install.sound_owner import session_lasts
from voice2mqtt.settings.model import WAV_PREFIX, MicrophoneSettings

LISTEN_S = 10.0
"""How long a person is listened to; less once a sentence was heard."""
_SOONEST_S = 2.5
"""So long at least, for the noise floor."""
_LOOK_S = 0.1
"""Between two looks at the level."""
_WORKING = {Condition.STARTING, Condition.OK, Condition.DEAF, Condition.CLIPPING}

_TOO_QUIET_DB, _QUIET_DB = -55.0, -40.0
"""Loudest level of the listening below which speech is not, or not well, recognised, in dBFS."""
_NOISY_DB = 12.0
"""Distance of speech from the noise floor below which words are lost. All set by hand."""

_UNMUTE = "wpctl set-mute @DEFAULT_SOURCE@ 0"
_VOLUME = "`alsamixer`, F6 to choose the card, F4 for capture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What was heard of a microphone while a person spoke."""

    state: MicrophoneState
    peak_db: float
    """Level of the loudest 20 ms, in dBFS."""
    floor_db: float
    clipped_share: float
    """Of the loudest tenth of a second that was clipped."""
    utterances: int
    """How often the gate opened."""


def check_rights(machine: Machine, *, installed_for_machine: bool) -> Iterator[CheckResult]:
    """Yield whether the sound cards may be used, by us and by the service's user."""
    nodes = sorted((machine.root / "dev/snd").glob("pcmC*D*c"))
    if not nodes:
        # A sound server, or a recording, may be the source all the same.
        yield skipped("sound cards", "no card of this machine can capture")
        return
    if not any(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        yield error(
            "sound cards",
            "this user may not open the sound cards",
            "`sudo adduser $USER audio`, then log in again",
        )
        return
    if installed_for_machine and not any(map(_open_to_audio, nodes)):
        yield error(
            "sound cards",
            f"{nodes[0]} is not open to the group audio, and so not to the service",
            "`sudo chgrp audio /dev/snd/* && sudo chmod 660 /dev/snd/*`; udev does it at a reboot",
        )
        return
    yield ok("sound cards", f"{', '.join(node.name for node in nodes)} can be opened")


def check_server(
    machine: Machine, device: str, *, installed_for_machine: bool
) -> Iterator[CheckResult]:
    """Yield which sound server there is, and whether the service can reach it."""
    server = detect_sound_server(machine.environ, machine.root / "run", machine.root)
    if server.kind == ALSA:
        yield ok("sound server", "none: the sound cards are used directly")
        return
    of_session = installed_for_machine and server.owner_uid is not None
    if of_session and not session_lasts(server.owner_uid or 0, machine.root):
        told = f"{server.kind} comes and goes with the session of user {server.owner_uid}"
        yield ok("sound server", f"the sound cards are used directly; {told}")
        return
    if of_session and not device.startswith("plughw:"):
        yield error(
            "sound server",
            f"{server.kind} belongs to the session of user {server.owner_uid}, and voice2mqtt is "
            "installed as a service of the machine, which cannot reach it",
            "`sudo voice2mqtt uninstall`, then `voice2mqtt install` as that user; or name a card "
            "of its own: `microphone: {device: plughw:CARD=...}`",
        )
        return
    yield _plugin(machine, server)


def _plugin(machine: Machine, server: SoundServer) -> CheckResult:
    """Return whether ALSA programs such as arecord reach the sound server."""
    name = "pipewire" if server.kind == PIPEWIRE else "pulse"
    libraries = (machine.root / "usr/lib").glob(f"*/alsa-lib/libasound_module_pcm_{name}.so")
    if not list(libraries):
        return error(
            "sound server",
            f"{server.kind} runs, but ALSA's way to it is not installed",
            f"`sudo apt install {ALSA_PLUGINS[name]}`",
        )
    return ok("sound server", f"{server.kind} at {server.socket}")


def check_microphone(
    settings: MicrophoneSettings,
    seconds: float,
    show: Callable[[MonitorReading], None],
    *,
    service_runs: bool,
) -> Iterator[CheckResult]:
    """Yield how the microphone sounds while a person speaks for up to `seconds`."""
    if settings.device.startswith(WAV_PREFIX) or settings.device == STDIN:
        yield ok("microphone", f"{settings.device} stands in for it")
        return
    heard = _listen(settings, seconds, show)
    if heard.state.condition is Condition.BUSY and service_runs:
        yield skipped(
            "microphone",
            f"the running service holds {settings.device}; stop the service to have it examined",
        )
        return
    yield judge(heard)


def _listen(
    settings: MicrophoneSettings, seconds: float, show: Callable[[MonitorReading], None]
) -> Listening:
    began_s = time.monotonic()
    peak_db, clipped_share = SILENT_DB, 0.0
    with Monitor(settings.device, settings.gate) as monitor:
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_S)
            reading = monitor.read()
            show(reading)
            peak_db = max(peak_db, reading.level.peak_db)
            clipped_share = max(clipped_share, reading.level.clipped_share)
            lasted_s = time.monotonic() - began_s
            spoken = reading.utterances > 0 and not reading.in_speech and lasted_s > _SOONEST_S
            if lasted_s > seconds or spoken or reading.state.condition not in _WORKING:
                return Listening(
                    state=reading.state,
                    peak_db=peak_db,
                    floor_db=reading.level.floor_db,
                    clipped_share=clipped_share,
                    utterances=reading.utterances,
                )


def judge(heard: Listening) -> CheckResult:
    """Return what `heard` says of the microphone."""
    name, device = "microphone", heard.state.device
    if heard.state.condition not in _WORKING:
        return told(name, heard.state.sentence)
    if heard.state.condition is Condition.STARTING:
        return error(name, f"{device} gives no audio", "`voice2mqtt devices` lists the others")
    if heard.peak_db <= SILENT_DB:
        sentence, _, cure = FINDINGS["zeros"][1].partition("; ")
        return error(name, f"{device} {sentence}", f"{cure} ({_VOLUME}), or `{_UNMUTE}`")
    if heard.clipped_share >= CLIPPED_SHARE:
        said = f"{device} is overdriven: {heard.clipped_share:.0%} of the loudest sound is clipped"
        return warning(name, said, f"lower its capture volume or boost ({_VOLUME})")
    if heard.peak_db < _TOO_QUIET_DB:
        said = f"{device} hears next to nothing ({heard.peak_db:.0f} dBFS at most)"
        return error(name, said, f"speak while it listens, and raise its volume ({_VOLUME})")
    return _judge_speech(name, heard)


def _judge_speech(name: str, heard: Listening) -> CheckResult:
    device = heard.state.device
    levels = f"speech {heard.peak_db:.0f} dBFS, noise floor {heard.floor_db:.0f} dBFS"
    if heard.utterances == 0:
        said = f"the gate stayed shut: no speech was heard from {device} ({levels})"
        return warning(name, said, "run it again and say a command; less noise, or a nearer mouth")
    if heard.peak_db - heard.floor_db < _NOISY_DB:
        said = f"{device} hears little more speech than noise ({levels})"
        return warning(name, said, "move it away from the noise, or nearer to the speaker")
    if heard.peak_db < _QUIET_DB:
        said = f"speech is quiet on {device} ({levels})"
        return warning(name, said, f"raise its volume ({_VOLUME}), or move it nearer")
    return ok(name, f"{device}: {levels}, no clipping; the gate opened")


def _open_to_audio(node: Path) -> bool:
    status = node.stat()
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = ""
    for_group = group == "audio" and status.st_mode & stat.S_IRGRP and status.st_mode & stat.S_IWGRP
    return bool(for_group or (status.st_mode & stat.S_IROTH and status.st_mode & stat.S_IWOTH))
