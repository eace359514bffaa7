"""A first table from what devices say of themselves."""

import json

from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.mqtt.suggest.table import suggestion


def test_a_house_without_devices_gets_an_empty_table() -> None:
    assert suggestion({}).endswith("commands: []\n")


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
