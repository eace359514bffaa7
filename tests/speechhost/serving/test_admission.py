from http import HTTPStatus

import pytest

from voice2mqtt.speechhost.serving.admission import AdmissionControl, Limits

KEY = "Ocp-Apim-Subscription-Key"


@pytest.mark.parametrize(
    ("headers", "query", "is_admitted"),
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
def test_a_key_is_asked_for(
    headers: dict[str, str], query: dict[str, str], is_admitted: bool
) -> None:
    refusal = AdmissionControl(("one", "two"), Limits()).refusal("127.0.0.1", headers, query)
    assert refusal == (None if is_admitted else HTTPStatus.UNAUTHORIZED)


def test_without_keys_everybody_is_admitted_but_the_pages_of_a_browser() -> None:
    without, with_key = (AdmissionControl(keys, Limits()) for keys in ((), ("one",)))
    page = {"Origin": "https://evil.example"}
    assert without.refusal("127.0.0.1", {}, {}) is None
    assert without.refusal("127.0.0.1", page, {}) is HTTPStatus.FORBIDDEN
    assert with_key.refusal("127.0.0.1", page, {}) is HTTPStatus.UNAUTHORIZED
    assert with_key.refusal("127.0.0.1", page, {KEY.lower(): "one"}) is None


def test_the_oldest_half_open_connection_makes_room() -> None:
    admission = AdmissionControl((), Limits(half_open=3, half_open_per_address=2))
    assert [admission.open(name, "10.0.0.1") for name in "abcd"] == [None, None, "a", "b"]
    assert admission.open("e", "10.0.0.2") is None
    assert admission.open("f", "10.0.0.3") == "c"
    admission.settle("d")
    admission.settle("d")
    assert admission.open("g", "10.0.0.1") is None


def test_one_address_may_not_take_all_the_places() -> None:
    admission = AdmissionControl((), Limits(connections=3, connections_per_address=2))
    admission.admit("10.0.0.1")
    admission.admit("10.0.0.1")
    assert admission.refusal("10.0.0.1", {}, {}) is HTTPStatus.TOO_MANY_REQUESTS
    assert admission.refusal("10.0.0.2", {}, {}) is None
    admission.admit("10.0.0.2")
    assert admission.refusal("10.0.0.3", {}, {}) is HTTPStatus.SERVICE_UNAVAILABLE
    admission.release("10.0.0.1")
    assert admission.refusal("10.0.0.1", {}, {}) is None
    assert admission.connections == 2


def test_an_overloaded_host_admits_nobody_and_says_so() -> None:
    busy = AdmissionControl((), Limits(), lambda: True)
    assert busy.is_full
    assert busy.refusal("10.0.0.1", {}, {}) is HTTPStatus.SERVICE_UNAVAILABLE
