"""From the error messages of arecord to a condition and advice for a person."""

import os
from pathlib import Path

from voice2mqtt.audio.signal.condition import Condition

_CONDITIONS = (
    ("Device or resource busy", Condition.BUSY),
    ("Permission denied", Condition.DENIED),
    ("Operation not permitted", Condition.DENIED),
    ("Connection refused", Condition.NO_SERVER),
    ("Connection terminated", Condition.NO_SERVER),
    ("Host is down", Condition.NO_SERVER),
    ("rate is not accurate", Condition.UNSUITABLE),
    ("non available", Condition.UNSUITABLE),
    ("audio open error: No such", Condition.MISSING),
    ("No such entity", Condition.MISSING),
    ("Unknown PCM", Condition.MISSING),
    ("Input/output error", Condition.LOST),
    ("No such device", Condition.LOST),
    ("File descriptor in bad state", Condition.LOST),
    ("Unable to install hw params", Condition.UNSUITABLE),
)

_PLUGINS = {"pipewire": "pipewire-alsa", "pulse": "libasound2-plugins"}
"""ALSA names of sound servers to the Debian package without which ALSA does not know them."""

_SENTENCES = {
    Condition.OK: "microphone {device} is open",
    Condition.MISSING: (
        "microphone {device} is not there; plug it in, or put another name from "
        "`voice2mqtt devices` under microphone.device"
    ),
    Condition.BUSY: (
        "microphone {device} is in use by another program; end that program, or let both share it "
        "through PulseAudio, PipeWire or an ALSA dsnoop device"
    ),
    Condition.DENIED: (
        "this user may not use microphone {device}; add it to the group audio "
        "(`sudo adduser USER audio`) and start again"
    ),
    Condition.NO_SERVER: (
        "the sound server behind microphone {device} does not answer; `voice2mqtt devices` says "
        "which one it is and how a service reaches it"
    ),
    Condition.UNSUITABLE: (
        "microphone {device} cannot give 16 kHz mono by itself; write plughw: in place of hw:, "
        "so that ALSA converts"
    ),
    Condition.STALLED: "microphone {device} gives no audio and no error",
    Condition.LOST: "microphone {device} went away while it was in use",
    Condition.FAILED: "microphone {device} cannot be used: {reason}",
}


def condition_of(errors: str, sound_nodes: Path = Path("/dev/snd")) -> Condition:
    """Return the condition that arecord reports on its standard error."""
    for phrase, condition in _CONDITIONS:
        if phrase in errors:
            locked_out = condition is Condition.MISSING and _locked_out(sound_nodes)
            if locked_out and not _missing_package(errors):
                return Condition.DENIED
            return condition
    return Condition.FAILED


def sentence_for(condition: Condition, device: str, errors: str = "") -> str:
    """Return `condition` of `device` as a sentence that says what to do."""
    if condition is Condition.MISSING and (package := _missing_package(errors)):
        return f"ALSA does not know {device}; install the package {package}"
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    reasons = [line for line in lines if not line.startswith("Recording ")]
    reason = reasons[0] if reasons else "arecord ended without a word"
    return _SENTENCES[condition].format(device=device, reason=reason)


def _missing_package(errors: str) -> str:
    """Return the package that a name of a sound server lacks; "" if it is not that."""
    for name, package in _PLUGINS.items():
        if f"Unknown PCM {name}" in errors:
            return package
    return ""


def _locked_out(sound_nodes: Path) -> bool:
    """Return whether there are capture devices, none of which this user may read.

    ALSA reports them as missing then.
    """
    nodes = list(sound_nodes.glob("pcmC*D*c"))
    return bool(nodes) and not any(os.access(node, os.R_OK) for node in nodes)
