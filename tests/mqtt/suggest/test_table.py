"""A first table from what devices say of themselves on a real broker."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.broker import Broker
from voice2mqtt.cli.main import main
from voice2mqtt.core.decision import Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.demo.stage import free_port
from voice2mqtt.errors import ExitStatus
from voice2mqtt.mqtt.suggest.devices import HomeDevice, devices_in, spoken
from voice2mqtt.mqtt.suggest.table import suggestion
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.settings.load import load_table

EXPOSES = {
    "lamp": {"friendly_name": "hallLamp", "definition": {"exposes": [{"type": "light"}]}},
    "plug": {"friendly_name": "Coffee_Maker", "definition": {"exposes": [{"type": "switch"}]}},
    "blind": {"friendly_name": "blinds", "definition": {"exposes": [{"type": "cover"}]}},
    "hub": {"friendly_name": "Coordinator", "definition": None},
}
HOUSE = {
    "zigbee2mqtt/bridge/devices": list(EXPOSES.values()),
    "homeassistant/light/0x1/light/config": {
        "name": None,
        "device": {"name": "hallLamp"},
        "schema": "json",
        "command_topic": "zigbee2mqtt/hallLamp/set",
    },
    "homeassistant/light/desk/config": {"name": "Desk", "~": "home/desk", "cmd_t": "~/set"},
    "homeassistant/light/bed/config": {"name": "Bed", "~": "home/bed", "cmd_t": "~/set"},
    "homeassistant/device/fan/config": {
        "dev": {"name": "Fan"},
        "cmps": {
            "power": {"p": "switch", "cmd_t": "fan/set", "pl_on": "1", "pl_off": "0"},
            "speed": {"p": "number", "name": "Speed", "cmd_t": "fan/speed"},
        },
    },
    "homeassistant/scene/movie/config": {
        "name": "Movie night", "command_topic": "scenes/movie", "payload_on": "GO",
    },
    "homeassistant/climate/stove/config": {
        "name": "Stove", "temp_cmd_t": "stove/temperature/set",
    },
    "homeassistant/sensor/x/config": {"name": "Humidity", "state_topic": "x"},
}  # fmt: skip
SAID = {
    "turn on the hall lamp": ("zigbee2mqtt/hallLamp/set", '{"state":"ON"}'),
    "switch off the bed": ("home/bed/set", "OFF"),
    "turn on the desk light": ("home/desk/set", "ON"),
    "turn on the coffee maker": ("zigbee2mqtt/Coffee_Maker/set", '{"state":"ON"}'),
    "turn off the fan": ("fan/set", "0"),
    "close the blinds": ("zigbee2mqtt/blinds/set", '{"state":"CLOSE"}'),
    "start movie night": ("scenes/movie", "GO"),
    "set the stove to 21 degrees": ("stove/temperature/set", "21"),
}


def settings_for(broker_url: str, folder: Path) -> str:
    file = folder / "voice2mqtt.yaml"
    file.write_text(f"mqtt:\n  broker: {broker_url}\n")
    return str(file)


def test_every_device_can_be_spoken_to_as_proposed(broker: Broker, tmp_path: Path) -> None:
    with broker.subscriber("#") as subscriber:
        for topic, document in HOUSE.items():
            subscriber.send(topic, json.dumps(document), retain=True)
    table = tmp_path / "proposed.yaml"
    settings = settings_for(broker.url, tmp_path)
    assert main(["table", "suggest", "--settings", settings, "--output", str(table)]) == 0
    interpreter = Interpreter(load_table(table, "en-US"))
    for sentence, message in SAID.items():
        decisions = interpreter.decide(Heard(text=sentence), 0.0, LocalTime(minute=0, weekday=0))
        assert isinstance(decisions[0], Fire), sentence
        published = decisions[0].messages[0]
        assert (published.topic, published.payload.replace(" ", "")) == message, sentence
    before = table.read_text()
    status = main(["table", "suggest", "--settings", settings, "--output", str(table)])
    assert status == ExitStatus.NO_INPUT
    assert table.read_text() == before


def test_a_broker_that_is_not_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice2mqtt.cli.table.table_suggest.WITHIN_S", 0.1)
    settings = settings_for(f"mqtt://127.0.0.1:{free_port()}", tmp_path)
    assert main(["table", "suggest", "--settings", settings]) == ExitStatus.UNAVAILABLE
    assert "cannot be reached" in capsys.readouterr().err


def test_a_house_without_devices_gets_an_empty_table() -> None:
    assert suggestion({}).endswith("commands: []\n")


def test_a_device_that_is_announced_twice_is_told_of_once() -> None:
    found = devices_in({topic: json.dumps(each).encode() for topic, each in HOUSE.items()})
    assert [d.name for d in found if d.topic == "zigbee2mqtt/hallLamp/set"] == ["hall lamp"]
    assert HomeDevice("switch", "fan", "fan/set", ("1", "0")) in found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hallLamp", "hall lamp"),
        ("Küche/Decke_2", "küche decke 2"),
        ("[the] {best} (lamp)|<x>", "the best lamp x"),
        ("Mother's room", "mother's room"),
    ],
)
def test_a_name_becomes_words(name: str, words: str) -> None:
    assert spoken(name) == words


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["name", "cmd_t", "~", "dev", "cmps", "p", "schema"]), inner
        ),
        max_leaves=8,
    )
)  # fmt: skip
def test_nothing_a_device_says_breaks_it(document: object) -> None:
    payload = json.dumps(document).encode()
    suggestion(
        {
            "homeassistant/light/x/config": payload,
            "homeassistant/device/x/config": payload,
            "z/bridge/devices": payload,
        }
    )
