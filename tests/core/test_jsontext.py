"""JSON of strangers."""

import pytest

from voice2mqtt.core.jsontext import read_json
from voice2mqtt.mqtt.arbitration import read_bid
from voice2mqtt.mqtt.broker.client_id_conflict import ClientIdConflict
from voice2mqtt.mqtt.confirmation_watcher import confirms
from voice2mqtt.mqtt.suggest.devices import devices_in

DEEP = "[" * 100_000 + "]" * 100_000


HALVES = (b'"\xed\xa0\x80"', '"\\ud800"', '{"\\udfff": 1}')
"""Characters that are no text alone, and that nobody can publish or write to a file."""


@pytest.mark.parametrize("text", [DEEP, '{"a":' * 100_000, "", "nothing", b"\xff\xfe\xfd", *HALVES])
def test_what_is_no_json_that_anybody_means_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


def test_a_whole_character_may_be_written_by_its_halves() -> None:
    assert read_json('"\\ud83d\\ude00"') == "\U0001f600"


def test_no_topic_that_we_read_minds_how_deep_its_json_is() -> None:
    payload = DEEP.encode()
    assert read_bid(payload) is None
    assert devices_in({"homeassistant/light/a/config": payload}) == []
    assert not confirms(payload, "{}")
    assert not ClientIdConflict("me").handle_state(payload)
    assert not ClientIdConflict("me").handle_state(b'{"instance": ["not", "text"]}')
