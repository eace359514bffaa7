"""Names of rows as topics of the Hermes protocol."""

import re

from hypothesis import given

from tests.mqtt.names import NASTY
from voice2mqtt.mqtt.hermes import intent_name


@given(NASTY)
def test_a_row_of_any_name_is_one_level_of_a_hermes_topic(row: str) -> None:
    name = intent_name(row)
    assert name
    assert not re.search(r"[/+#\0\s]", name)
