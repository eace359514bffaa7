from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.virtual_sound import (
    MICROPHONE,
    SPEAKER,
    PrivateSoundServer,
    running_sound_server,
)
from voice2mqtt.audio.signal.condition import Condition
from voice2mqtt.audio.sources.devices import list_devices

LISTED = """null
    Discard all samples (playback) or generate zero samples (capture)
pulse
    PulseAudio Sound Server
speexrate
    Rate Converter Plugin Using Speex Resampler
default
hw:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Direct hardware device without any conversions
plughw:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Hardware device with all software conversions
sysdefault:CARD=Device
    USB PnP Sound Device, USB Audio
    Default Audio Device
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateSoundServer]:
    with running_sound_server() as server, pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def arecord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts an arecord in place of the real one that lists and offers what it is told."""

    def install(listed: str, offered: str) -> None:
        (tmp_path / "listed").write_text(listed)
        (tmp_path / "offered").write_text(f"ACCESS:  RW\n{offered}\nRATE: 48000\n")
        program = tmp_path / "arecord"
        program.write_text(
            f"#!/bin/sh\ncd {tmp_path}\n[ $1 = -L ] && exec cat listed\nexec cat offered >&2\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return install


def test_each_card_is_listed_once_by_the_name_that_converts(
    arecord: Callable[[str, str], None],
) -> None:
    arecord(LISTED, "CHANNELS: 1")
    assert {device.name: device.description for device in list_devices("default")} == {
        "pulse": "PulseAudio Sound Server",
        "default": "",
        "plughw:CARD=Device,DEV=0": "USB PnP Sound Device, USB Audio",
    }


def test_where_nothing_is_listed_the_chosen_one_is(arecord: Callable[[str, str], None]) -> None:
    arecord("", "CHANNELS: 1")
    assert [device.name for device in list_devices("hw:0")] == ["hw:0"]


@pytest.mark.parametrize(
    ("line", "channels"),
    [
        ("CHANNELS: 1", "1"),
        ("CHANNELS: [1 2]", "1-2"),
        ("CHANNELS: (1 2]", "1-2"),
        ("FRAME_BITS: 16", ""),
    ],
)
def test_what_a_card_offers(arecord: Callable[[str, str], None], line: str, channels: str) -> None:
    arecord("hw:0\n", line)
    (device,) = list_devices("hw:0")
    assert (device.channels, device.rates_hz) == (channels, "48000")


@pytest.mark.usefixtures("server")
def test_a_virtual_microphone_is_listed_with_what_it_offers() -> None:
    devices = {device.name: device for device in list_devices(MICROPHONE)}
    microphone = devices[MICROPHONE]
    assert microphone.description == "Virtual microphone"
    assert microphone.chosen
    assert microphone.condition is Condition.OK
    assert microphone.channels.startswith("1-")
    assert microphone.rates_hz
    assert SPEAKER not in devices


@pytest.mark.usefixtures("server")
def test_the_chosen_one_is_listed_even_if_it_is_not_there() -> None:
    chosen = [device for device in list_devices("plughw:CARD=Gone") if device.chosen]
    assert [device.condition for device in chosen] == [Condition.MISSING]
    assert "plughw:CARD=Gone is not there" in chosen[0].problem
