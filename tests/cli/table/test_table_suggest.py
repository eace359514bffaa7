"""`voice2mqtt table suggest`: a first table from what devices say on a real broker."""

import json
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.mqtt.suggest.announced import HOUSE
from voice2mqtt.cli.main import main
from voice2mqtt.core.decision import Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.demo.stage import free_port
from voice2mqtt.errors import ExitStatus
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.settings.load import load_table

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


def test_a_home_is_named_for_an_import(broker: Broker, tmp_path: Path) -> None:
    with broker.subscriber("#") as subscriber:
        for topic, document in HOUSE.items():
            subscriber.send(topic, json.dumps(document), retain=True)
    home = tmp_path / "home.yaml"
    settings = settings_for(broker.url, tmp_path)
    suggest = ["table", "suggest", "--home", "--settings", settings, "--output", str(home)]
    assert main(suggest) == ExitStatus.OK
    assert "{name: hall lamp, id: light.hall_lamp}" in home.read_text()
    sentences = tmp_path / "custom.yaml"
    sentences.write_text("intents: {On: {data: [{sentences: ['{name} in [the] {area} on']}]}}")
    assert main(["table", "import", str(sentences), str(home)]) == ExitStatus.OK


def test_a_broker_that_is_not_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice2mqtt.cli.table.table_suggest.WITHIN_S", 0.1)
    settings = settings_for(f"mqtt://127.0.0.1:{free_port()}", tmp_path)
    assert main(["table", "suggest", "--settings", settings]) == ExitStatus.UNAVAILABLE
    assert "cannot be reached" in capsys.readouterr().err
