from collections.abc import Iterator

import pytest

from voice2mqtt.audio.signal.condition import Condition
from voice2mqtt.audio.sources.devices import _listed, _offered, list_devices
from voice2mqtt.demo.virtual_sound import (
    MICROPHONE,
    SPEAKER,
    PrivateSoundServer,
    running_sound_server,
)

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


def test_each_card_is_listed_once_by_the_name_that_converts() -> None:
    assert _listed(LISTED) == {
        "pulse": "PulseAudio Sound Server",
        "default": "",
        "plughw:CARD=Device,DEV=0": "USB PnP Sound Device, USB Audio",
    }
    assert _listed("") == {}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("CHANNELS: 1", "1"),
        ("CHANNELS: [1 2]", "1-2"),
        ("CHANNELS: (1 2]", "1-2"),
        ("FRAME_BITS: 16", ""),
    ],
)
def test_what_a_card_offers(line: str, offered: str) -> None:
    assert _offered(f"ACCESS:  RW\n{line}\nRATE: 48000\n", "CHANNELS") == offered


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
