"""A first table from what devices say of themselves."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mqtt.suggest.announced import HOUSE
from voice2mqtt.core.decision import Fire
from voice2mqtt.core.outcome import Heard
from voice2mqtt.languages.language import language_named
from voice2mqtt.mqtt.suggest.table import suggestion
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime
from voice2mqtt.settings.load import parse_table

WORDS = language_named("en").suggested_rows


def test_a_house_without_devices_gets_an_empty_table() -> None:
    assert suggestion({}, WORDS).endswith("commands: []\n")


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
        },
        WORDS,
    )


@pytest.mark.parametrize(
    ("language", "sentence", "topic"),
    [
        ("en", "turn off the bed light", "home/bed/set"),
        ("de", "Mach das Licht Bed aus", "home/bed/set"),
        ("de", "schalte den Fan ein", "fan/set"),
        ("de", "öffne die blinds", "zigbee2mqtt/blinds/set"),
        ("de", "starte die Szene movie night", "scenes/movie"),
        ("de", "Stelle den stove auf einundzwanzig Grad", "stove/temperature/set"),
    ],
)
def test_rows_are_proposed_in_the_language_of_the_home(
    language: str, sentence: str, topic: str
) -> None:
    messages = {topic: json.dumps(document).encode() for topic, document in HOUSE.items()}
    text = suggestion(messages, language_named(language).suggested_rows)
    interpreter = Interpreter(parse_table(text, "x.yaml", language))
    (decision,) = interpreter.decide(Heard(text=sentence), 0.0, LocalTime(minute=0, weekday=0))
    assert isinstance(decision, Fire), decision.reason
    assert decision.messages[0].topic == topic
