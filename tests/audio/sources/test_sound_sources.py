"""PulseAudio's by the real server and pactl; PipeWire's by what its pw-dump prints."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.virtual_sound import PrivateSoundServer, running_sound_server
from voice2mqtt.audio.sources.devices import list_devices
from voice2mqtt.audio.sources.sound_server import ALSA, PIPEWIRE, PULSEAUDIO
from voice2mqtt.audio.sources.sound_sources import SoundSource, sound_sources

DUMP = [
    {"id": 0, "type": "PipeWire:Interface:Core", "info": {"name": "pipewire-0"}},
    {
        "id": 33,
        "type": "PipeWire:Interface:Metadata",
        "metadata": [
            {"subject": 0, "key": "default.audio.sink", "value": {"name": "out"}},
            {"subject": 0, "key": "default.audio.source", "value": {"name": "alsa_input.usb"}},
        ],
    },
    *(
        {
            "id": number,
            "type": "PipeWire:Interface:Node",
            "info": {"props": {"media.class": kind, "node.name": name, **more}},
        }
        for number, (kind, name, more) in enumerate(
            [
                ("Audio/Sink", "out", {"node.description": "Speaker"}),
                ("Audio/Source", "alsa_input.usb", {"node.description": "USB PnP"}),
                ("Audio/Source/Virtual", "clean", {}),
                ("Stream/Input/Audio", "program", {}),
            ],
            start=50,
        )
    ),
]


@pytest.fixture
def pw_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of the real one, which prints what stands in the file returned."""
    program, printed = tmp_path / "pw-dump", tmp_path / "printed"
    program.write_text(f"#!/bin/sh\nexec cat {printed}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return printed


def test_pipewire_names_its_microphones_and_the_default(pw_dump: Path) -> None:
    pw_dump.write_text(json.dumps(DUMP))
    assert sound_sources(PIPEWIRE) == [
        SoundSource(name="pipewire:NODE=alsa_input.usb", description="USB PnP", is_default=True),
        SoundSource(name="pipewire:NODE=clean", description="clean", is_default=False),
    ]


@pytest.mark.parametrize("printed", ["", "[", "{}", "[{}]", "[[]]", '[{"type": "x:Node"}]'])
def test_a_server_that_cannot_be_asked_lists_nothing(pw_dump: Path, printed: str) -> None:
    pw_dump.write_text(printed)
    assert sound_sources(PIPEWIRE) == []


def test_without_its_program_and_without_a_server_nothing_is_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [sound_sources(kind) for kind in (PIPEWIRE, PULSEAUDIO, ALSA)] == [[], [], []]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateSoundServer]:
    with running_sound_server() as server, pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        subprocess.run(
            server._pactl(
                *("load-module", "module-remap-source", "master=vmic.monitor"),
                *("source_name=desk", "source_properties=device.description=Desk"),
            ),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(server._pactl("set-default-source", "desk"), check=True)
        yield server


@pytest.mark.usefixtures("server")
def test_pulseaudio_names_its_microphones_and_no_loudspeaker() -> None:
    assert sound_sources(PULSEAUDIO) == [
        SoundSource(name="pulse:desk", description="Desk", is_default=True)
    ]


@pytest.mark.usefixtures("server")
def test_a_microphone_of_the_server_can_be_captured_by_its_name() -> None:
    (desk,) = (d for d in list_devices("default", PULSEAUDIO) if d.name == "pulse:desk")
    assert (desk.description, desk.default, desk.problem) == ("Desk", True, "")
