"""Devices in what a broker keeps, and how they are called."""

import json

import pytest

from tests.mqtt.suggest.announced import HOUSE
from voice2mqtt.mqtt.suggest.devices import HomeDevice, devices_in, spoken


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
