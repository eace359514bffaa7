"""One shape for every kind of event."""

import pytest

from voice2mqtt.core.decision import Ask, Fire, Message, Nearest, Reason, Refuse
from voice2mqtt.core.event import Happening, event_of, notice, wordless
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch

FIRE = Fire(
    row="light",
    text="turn on the light",
    score=0.98765,
    messages=(Message(topic="home/light", payload="ON", qos=1, after_s=2),),
    reason=Reason(text="word for word"),
    slots={"switch": "ON"},
)
REFUSE = Refuse(
    text="lovely light",
    reason=Reason(
        text="too far",
        nearest=(Nearest(row="light", sentence="x", distance=0.51234, because="0.51 for a word"),),
        something_else="0.20 away: 'lovely light', taken literally",
    ),
)
ASK = Ask(row="door", text="open", score=0.9, question="Shall I?", reason=Reason(text="asks"))


@pytest.mark.parametrize(
    ("happening", "kind", "reason"),
    [
        pytest.param(FIRE, "command", "word for word", id="fire"),
        pytest.param(ASK, "ask", "asks", id="ask"),
        pytest.param(REFUSE, "unmatched", "too far", id="refuse"),
        pytest.param(NoMatch(reason="NotRecognized"), "no_match", "NotRecognized", id="no-match"),
        pytest.param(
            Canceled(reason="Error", code="ConnectionFailure", details="no host"),
            "canceled",
            "Error: ConnectionFailure: no host",
            id="canceled",
        ),
    ],
)
def test_each_happening_has_its_kind_and_reason(
    happening: Happening, kind: str, reason: str
) -> None:
    event = event_of(happening, event_id="1", at="2026-01-01T00:00:00Z", node="den")
    assert (event["event"], event["reason"]) == (kind, reason)
    common = event_of(FIRE, event_id="1", at="", node="").keys()
    assert common <= event.keys()


def test_a_cancellation_gives_its_cause_to_people_and_its_codes_to_the_details() -> None:
    canceled = Canceled(
        reason="Error", code="ConnectionFailure", details="111", explanation="nobody listens"
    )
    event = event_of(canceled, event_id="1", at="", node="den")
    assert (event["reason"], event["details"]) == (
        "nobody listens",
        "Error: ConnectionFailure: 111",
    )


def test_a_command_tells_what_is_published_and_how_sure_it_is() -> None:
    event = event_of(
        FIRE,
        event_id="7",
        at="",
        node="den",
        heard=Heard(text="x", language="en-US"),
        latency_ms=1.26,
    )
    assert event["messages"] == [
        {"topic": "home/light", "payload": "ON", "qos": 1, "retain": False}
    ]
    assert (event["row"], event["score"], event["slots"]) == ("light", 0.988, {"switch": "ON"})
    assert (event["id"], event["latency_ms"], event["language"]) == ("7", 1.3, "en-US")


def test_a_refusal_names_the_rows_that_were_near() -> None:
    event = event_of(REFUSE, event_id="7", at="", node="den")
    assert event["nearest"] == [
        {"row": "light", "sentence": "x", "distance": 0.512, "because": "0.51 for a word"}
    ]
    assert event["something_else"] == "0.20 away: 'lovely light', taken literally"
    assert event["messages"] == []


def test_a_wordless_event_keeps_its_shape_and_no_word() -> None:
    said = "add oat milk to the list"
    message = {"topic": "home/list", "payload": "oat milk", "qos": 0, "retain": False}
    event = {
        **notice("command", event_id="1", at="now", node="n", text=said, row="list", reason=said),
        "slots": {"item": "oat milk"},
        "messages": [message],
        "latency_ms": 300.0,
    }
    kept = wordless(event)
    assert kept.keys() == event.keys()
    assert "milk" not in str(kept)
    assert (kept["row"], kept["latency_ms"]) == ("list", 300.0)


def test_where_nobodys_words_were_recognised_the_reason_stays() -> None:
    event = notice("no_match", event_id="1", at="now", node="n", reason="NotRecognized")
    assert wordless(event) == event
