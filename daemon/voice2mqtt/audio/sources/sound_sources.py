"""The microphones of a sound server, by the ALSA names under which arecord captures them.

PipeWire's are listed by `pw-dump` and PulseAudio's by `pactl`, programs that come with them.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

from voice2mqtt.audio.sources.sound_server import PIPEWIRE, PULSEAUDIO

ANSWER_WITHIN_S = 3.0
"""A stalled sound server must not hold up the list."""

_MONITOR = ".monitor"
"""Ends the name of what records a loudspeaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSource:
    """One microphone of a sound server."""

    name: str
    """What to write under `microphone.device`."""
    description: str
    is_default: bool
    """Whether the server gives this one to a program that names none."""


def sound_sources(kind: str) -> list[SoundSource]:
    """Return the microphones of the sound server of this `kind`; none if it cannot be asked."""
    try:
        if kind == PIPEWIRE:
            return _of_pipewire(json.loads(_said("pw-dump", "--no-colors")))
        if kind == PULSEAUDIO:
            listed = json.loads(_said("pactl", "-f", "json", "list", "sources"))
            return _of_pulseaudio(listed, _said("pactl", "get-default-source").strip())
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError, AttributeError):
        # The list is a help; a server that hangs or a program that is missing is told elsewhere.
        return []
    return []


def _of_pulseaudio(listed: list[dict[str, Any]], default: str) -> list[SoundSource]:
    return [
        SoundSource(
            name=f"pulse:{source['name']}",
            description=source["description"],
            is_default=source["name"] == default,
        )
        for source in listed
        if not source["name"].endswith(_MONITOR)
    ]


def _of_pipewire(objects: list[dict[str, Any]]) -> list[SoundSource]:
    default = ""
    found = []
    for each in objects:
        if each["type"].endswith(":Metadata"):
            for entry in each.get("metadata", ()):
                if entry["key"] == "default.audio.source":
                    default = entry["value"]["name"]
        elif each["type"].endswith(":Node"):
            properties = each["info"]["props"]
            if properties.get("media.class") in {"Audio/Source", "Audio/Source/Virtual"}:
                found.append(properties)
    return [
        SoundSource(
            name=f"pipewire:NODE={node['node.name']}",
            description=node.get("node.description", node["node.name"]),
            is_default=node["node.name"] == default,
        )
        for node in found
    ]


def _said(*command: str) -> str:
    done = run_program(*command)
    done.check_returncode()
    return done.stdout


def run_program(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program that lists or tries devices.

    Raises:
        TimeoutExpired: it takes longer than `ANSWER_WITHIN_S`.
        FileNotFoundError: it is not installed.
    """
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=ANSWER_WITHIN_S,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
    )
