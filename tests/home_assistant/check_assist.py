"""Our Speech host as the ear of a real Home Assistant; run by script/test-home-assistant."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.home_assistant.hass import HomeAssistant
from voice2mqtt.audio.sources.wav import WavSource
from voice2mqtt.demo import stage

TABLE = """\
commands:
  - {say: "turn (on|off) the kitchen light[s]", topic: home/kitchen/light, payload: "ON"}
  - {say: "good night", topic: home/night, payload: "ON"}
"""


@pytest.fixture(scope="module")
def wyoming_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("host"), stage.free_port()
    table = folder / "commands.yaml"
    table.write_text(TABLE)
    arguments = ("--wyoming", f"127.0.0.1:{port}", "--commands", str(table))
    with stage.speech_host(folder, *arguments):
        yield port


@pytest.fixture(scope="module")
def hass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        installation = Path(os.environ["HOME_ASSISTANT"])
        hass = HomeAssistant(installation, tmp_path_factory.mktemp("hass"), broker)
        with hass:
            yield hass


@pytest.fixture(scope="module")
def pipeline(hass: HomeAssistant, wyoming_port: int) -> str:
    """A pipeline whose speech to text is our host."""
    begun = hass.post("/api/config/config_entries/flow", {"handler": "wyoming"})
    address = {"host": "127.0.0.1", "port": wyoming_port}
    ended = hass.post(f"/api/config/config_entries/flow/{begun['flow_id']}", address)
    assert ended["type"] == "create_entry", ended
    hass.wait(lambda: "stt.voice2mqtt" in hass.states(), "the engine in Home Assistant")
    return hass.assist_pipeline("stt.voice2mqtt")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("turn on the kitchen lights", "turn on the kitchen lights"),
        ("what is the weather like", "what is the weather like"),
    ],
)
def test_assist_hears_by_our_host(
    hass: HomeAssistant, pipeline: str, said: str, heard: str, tmp_path: Path
) -> None:
    wav = tmp_path / "said.wav"
    stage.speak(said, stage.flite("slt"), wav)
    # Assist ends a sentence at its pause, so there must be one.
    pcm = b"".join(WavSource(wav).blocks()) + bytes(48_000)
    text = hass.assist_hears(pipeline, pcm)
    assert text.lower().strip(".?!") == heard
