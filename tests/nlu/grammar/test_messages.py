import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.core.decision import Expectation, SlotValue
from voice2mqtt.nlu.grammar.messages import (
    expectation,
    messages,
    payload_text,
    sentence,
    topic_text,
)
from voice2mqtt.nlu.grammar.table import Json, Publish, Row


def row(*publish: Publish, **defaults: SlotValue) -> Row:
    return Row(name="row", say=("x",), publish=publish, defaults=defaults, expires_s=7.0)


def test_a_row_publishes_all_its_messages_as_it_says() -> None:
    first = Publish(topic="home/{room}/set", payload="{switch}", qos=1, retain=True)
    second = Publish(topic="log", payload="done", after_s=2.0)
    sent = messages(row(first, second), {"room": "hall", "switch": "ON"})
    assert [(m.topic, m.payload, m.qos, m.retain, m.after_s, m.expires_s) for m in sent] == [
        ("home/hall/set", "ON", 1, True, 0.0, 7.0),
        ("log", "done", 0, False, 2.0, 7.0),
    ]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("{n}", "20", id="text"),
        pytest.param("at {half} in {room}", "at 20.5 in hall", id="several slots"),
        pytest.param({"n": "{n}"}, {"n": 20}, id="a number stays a number"),
        pytest.param({"n": "{half}"}, {"n": 20.5}, id="a fraction stays one"),
        pytest.param({"n": "{list}"}, {"n": ["blind", "shade"]}, id="a list is one"),
        pytest.param({"n": "{no}"}, {"n": False}, id="a truth stays one"),
        pytest.param("{no}", "false", id="a truth in a text is as in JSON"),
        pytest.param({"n": "about {n}"}, {"n": "about 20"}, id="inside a text it is text"),
        pytest.param({"n": "{n}", "x": "{unsaid}"}, {"n": 20}, id="what was not said is left out"),
        pytest.param(
            {"deep": {"x": "{unsaid}"}, "list": ["{n}", "{unsaid}", 1, None, True]},
            {"deep": {}, "list": [20, 1, None, True]},
            id="at any depth",
        ),
        pytest.param(["{room}"], ["hall"], id="a list"),
        pytest.param('{"n": {n}}', '{"n": 20}', id="braces of JSON stand for themselves"),
        pytest.param("{unsaid}", None, id="a text with a hole is not sent"),
    ],
)
def test_payload(template: Json, expected: Json) -> None:
    text = payload_text(
        template, {"n": 20, "half": 20.5, "room": "hall", "no": False, "list": '["blind", "shade"]'}
    )
    assert (json.loads(text) if isinstance(template, dict | list) and text else text) == expected


@pytest.mark.parametrize("said", ['6" nails', "back\\slash", "café", "plain"])
def test_a_text_that_is_json_stays_json(said: str) -> None:
    text = payload_text('{"item": "{item}", "count": {n}}', {"item": said, "n": 2})
    assert text
    assert json.loads(text) == {"item": said, "count": 2}


def test_what_was_said_is_not_escaped_in_other_texts() -> None:
    assert payload_text('add "{item}"', {"item": '6" nails'}) == 'add "6" nails"'


def test_a_default_stands_in_for_what_was_not_said() -> None:
    publish = Publish(topic="home/{room}", payload={"level": "{level}"})
    sent = messages(row(publish, room="hall", level=50), {"level": 20})
    assert [(m.topic, m.payload) for m in sent] == [("home/hall", '{"level": 20}')]


def test_a_message_with_a_hole_in_its_topic_is_not_sent() -> None:
    publish = (Publish(topic="home/{room}", payload="x"), Publish(topic="log", payload="x"))
    assert [m.topic for m in messages(row(*publish), {})] == ["log"]


@pytest.mark.parametrize(
    ("template", "value", "topic"),
    [
        ("home/{x}", "hall", "home/hall"),
        ("home/{x}", 20.0, "home/20"),
        ("home/{x}", "a/b", "home/a/b"),
        ("home/{x}", "+", None),
        ("home/{x}", "a # b", "home/a   b"),
        ("home/{x}/set", "\x00", None),
        ("{x}/set", "$SYS", None),
        ("$share/{x}", "a", "$share/a"),
        ("home/{x}", "x" * 70_000, None),
    ],
)
def test_what_was_said_makes_no_invalid_topic(
    template: str, value: SlotValue, topic: str | None
) -> None:
    assert topic_text(template, {"x": value}) == topic


@given(value=st.text())
def test_no_text_at_all_makes_an_invalid_topic(value: str) -> None:
    topic = topic_text("home/{x}/set", {"x": value})
    if topic is not None:
        assert topic.encode()
        assert not set(topic) & {"+", "#", "\x00"}


def test_an_expectation_is_filled_like_a_message() -> None:
    filled = Expectation(topic="stat/{room}", payload="{switch}", within_s=2.0)
    expecting = Row(name="row", say=("x",), publish=(), expect=filled)
    assert expectation(expecting, {"room": "hall", "switch": "ON"}) == Expectation(
        topic="stat/hall", payload="ON", within_s=2.0
    )
    assert expectation(expecting, {}) is None
    assert expectation(row(), {}) is None


def test_a_sentence_leaves_out_what_was_not_said() -> None:
    assert sentence("Open the {side} door to {n}?", {"n": 20.0}) == "Open the door to 20?"


def test_a_sentence_has_the_decimal_sign_of_its_language() -> None:
    slots: dict[str, SlotValue] = {"n": 5.5, "item": "v1.5"}
    assert sentence("Pay {n} for {item}?", slots, "en") == "Pay 5.5 for v1.5?"
    assert sentence("{n} Euro für {item}?", slots, "de-AT") == "5,5 Euro für v1.5?"
