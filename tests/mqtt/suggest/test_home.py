"""A home for Home Assistant's sentences from what its devices announce."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.mqtt.suggest.announced import HOUSE
from tests.settings.home_assistant.importing import imported, matches
from voice2mqtt.mqtt.suggest.home import home_in
from voice2mqtt.settings.home_assistant.verification import verified_table
from voice2mqtt.settings.yaml.writer import block

IN_AREAS = {
    "homeassistant/cover/left/config": {
        "name": "Left curtain", "cmd_t": "x", "dev_cla": "curtain",
        "dev": {"name": "Window", "sa": "Living Room"},
    },
    "homeassistant/device_automation/x/config": {"name": "Press", "device": {"name": "Button"}},
}  # fmt: skip
SENTENCES = """
language: en
intents:
  HassTurnOn:
    data:
      - sentences: ["turn on [the] {name} [in [the] {area}]"]
        requires_context: {domain: light}
"""


def told(house: Mapping[str, object]) -> dict[str, Any]:
    return home_in({topic: json.dumps(said).encode() for topic, said in house.items()})


def test_areas_and_entities_are_those_that_are_announced() -> None:
    home = told({**HOUSE, **IN_AREAS})
    assert home["areas"] == [{"name": "living room"}]
    assert {str(entity["id"]) for entity in home["entities"]} >= {
        "light.hall_lamp", "light.desk", "switch.coffee_maker", "sensor.humidity",
        "number.fan_speed",
    }  # fmt: skip
    assert {
        "name": "window left curtain",
        "id": "cover.window_left_curtain",
        "attributes": {"device_class": "curtain"},
    } in home["entities"]
    names = [entity["name"] for entity in home["entities"]]
    assert "button press" not in names
    assert names.count("hall lamp") == 1


def test_the_sentences_of_home_assistant_take_their_names_from_it() -> None:
    table = verified_table(imported(SENTENCES, block(told({**HOUSE, **IN_AREAS}))))
    said = "turn on the hall lamp in the living room"
    assert matches(table, said) == [("HassTurnOn", {"name": "hall lamp", "area": "living room"})]
    assert matches(table, "turn on the coffee maker") == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["name", "dev", "sa", "cmps", "p", "dev_cla"]), inner
        ),
        max_leaves=8,
    )
)  # fmt: skip
def test_nothing_a_device_says_breaks_it(document: object) -> None:
    told({"homeassistant/light/x/config": document, "homeassistant/device/x/config": document})
