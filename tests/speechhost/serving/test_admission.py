from http import HTTPStatus

import pytest

from voice2mqtt.speechhost.serving.admission import AdmissionControl, Limits

KEY = "Ocp-Apim-Subscription-Key"


@pytest.mark.parametrize(
    ("headers", "query", "enters"),
    [
        pytest.param({KEY: "one"}, {}, True, id="first key"),
        pytest.param({KEY: "two"}, {}, True, id="second key"),
        pytest.param({"Authorization": "Bearer one"}, {}, True, id="bearer token"),
        pytest.param({}, {KEY.lower(): "one"}, True, id="key of a browser"),
        pytest.param({}, {"authorization": "Bearer two"}, True, id="token of a browser"),
        pytest.param({}, {}, False, id="no key"),
        pytest.param({KEY: ""}, {}, False, id="empty key"),
        pytest.param({KEY: "onetwo"}, {}, False, id="other key"),
        pytest.param({KEY: "öne \U0001f511"}, {}, False, id="no ASCII"),
    ],
)
def test_a_key_is_asked_for(headers: dict[str, str], query: dict[str, str], enters: bool) -> None:
    refusal = AdmissionControl(("one", "two"), Limits()).refusal("127.0.0.1", headers, query)
    assert refusal == (None if enters else HTTPStatus.UNAUTHORIZED)


def test_without_keys_everybody_enters() -> None:
    assert AdmissionControl((), Limits()).refusal("127.0.0.1", {}, {}) is None


def test_who_takes_longest_to_say_what_it_wants_makes_room() -> None:
    door = AdmissionControl((), Limits(half_open=3, half_open_per_address=2))
    assert [door.knock(name, "10.0.0.1") for name in "abcd"] == [None, None, "a", "b"]
    assert door.knock("e", "10.0.0.2") is None
    assert door.knock("f", "10.0.0.3") == "c"
    door.knocked("d")
    door.knocked("d")
    assert door.knock("g", "10.0.0.1") is None


def test_one_address_may_not_take_all_the_places() -> None:
    door = AdmissionControl((), Limits(connections=3, connections_per_address=2))
    door.enter("10.0.0.1")
    door.enter("10.0.0.1")
    assert door.refusal("10.0.0.1", {}, {}) is HTTPStatus.TOO_MANY_REQUESTS
    assert door.refusal("10.0.0.2", {}, {}) is None
    door.enter("10.0.0.2")
    assert door.refusal("10.0.0.3", {}, {}) is HTTPStatus.SERVICE_UNAVAILABLE
    door.leave("10.0.0.1")
    assert door.refusal("10.0.0.1", {}, {}) is None
    assert door.connections == 2
