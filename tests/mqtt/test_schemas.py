"""What is really published is what docs/schemas promise; what they accept is really accepted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.broker import Broker, wait_until
from voice2mqtt.core.decision import Ask, Expectation, Fire, Message, Nearest, Reason, Refuse
from voice2mqtt.core.event import Happening, event_of
from voice2mqtt.core.outcome import Canceled, Heard, NoMatch
from voice2mqtt.mqtt.adapter import MqttAdapter
from voice2mqtt.mqtt.control import BadRequest, read_control
from voice2mqtt.service.node_state import NodeState
from voice2mqtt.settings.model import MqttSettings, Settings

DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS = {
    file.stem: Draft202012Validator(
        json.loads(file.read_text()), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    for file in (DOCS / "schemas").glob("*.json")
}
JSON_TOPICS = {
    r"voice2mqtt/den/event": "event",
    r"voice2mqtt/den/state": "state",
    r"voice2mqtt/election": "election",
    r"hermes/intent/.*": "hermes-intent",
    r"hermes/nlu/intentNotRecognized": "hermes-not-recognized",
}
TEXT_TOPICS = {
    r"voice2mqtt/.*/availability": "availability",
    r"voice2mqtt/den/activity": "activity",
}
FIRE = Fire(
    row="turn {switch} the light",
    text="Turn on the light.",
    score=1.0,
    messages=(Message(topic="home/light/set", payload="ON", qos=1),),
    reason=Reason(text="word for word"),
    slots={"switch": "ON", "percent": 50},
)
NEAR = Nearest(row="light", sentence="turn on the light", distance=0.41)
HAPPENINGS: list[Happening] = [
    FIRE,
    Ask(row="door", text="open", score=0.9, question="Shall I?", reason=Reason(text="asks")),
    Refuse(text="lovely", reason=Reason(text="too far", nearest=(NEAR,))),
    NoMatch(reason="NotRecognized"),
    Canceled(reason="Error", code="ConnectionFailure", details="no host"),
]


@pytest.fixture
def adapter(broker: Broker) -> Iterator[MqttAdapter]:
    adapter = MqttAdapter(Settings(node="den", mqtt=MqttSettings(broker=broker.url, hermes=True)))
    adapter.set_rows([FIRE.row])
    adapter.publish_state(NodeState().document())
    adapter.start()
    yield adapter
    adapter.close(0)


def test_every_payload_that_is_published_keeps_its_schema(
    broker: Broker, adapter: MqttAdapter
) -> None:
    with broker.subscriber() as subscriber:
        wait_until(lambda: adapter.arbitration.follows, "the adapter to have joined")
        for activity in ("woken", "hearing", "recognising", "asking", "idle"):
            adapter.publish_activity(activity)
        for number, happening in enumerate(HAPPENINGS):
            heard = Heard(text="x", language="en-US")
            at = "2026-01-02T03:04:05.678+01:00"
            event = event_of(happening, event_id=str(number), at=at, node="den", heard=heard)
            adapter.publish_event(event)
        for kind in ("held_back", "woken", "reloaded", "reload_refused"):
            adapter.publish_event(adapter.new_event(kind, reason="because"))
        subscriber.send("voice2mqtt/den/mute/set", "perhaps")
        outcomes: Queue[str] = Queue()
        lazy = Expectation(topic="home/light", payload="ON", within_s=0.05)
        nowhere = Message(topic="+", payload="")
        row, text, reason = FIRE.row, FIRE.text, FIRE.reason
        for fire in (
            Fire(row=row, text=text, score=1, reason=reason, messages=FIRE.messages, expect=lazy),
            Fire(row=row, text=text, score=1, reason=reason, messages=(nowhere,)),
        ):
            adapter.carry_out(fire, "id", outcomes.put)
            assert outcomes.get(timeout=10)
        subscriber.send("voice2mqtt/attic/availability", "online")
        wait_until(lambda: adapter.arbitration.others == {"attic"}, "the attic to be known")
        adapter.arbitration.speech_began(-20)
        adapter.arbitration.speech_ended(-21)
        adapter.arbitration.arbitrate(row="light", text="turn on the light", score=0.97)
        for kind in ("bad_request", "not_obeyed", "not_done", "held_back"):
            subscriber.wait_for("voice2mqtt/den/event", like=lambda payload, k=kind: k in payload)  # type: ignore[misc]
        subscriber.wait_for("voice2mqtt/election", like=lambda payload: "acts" in payload)
        messages = list(subscriber.messages)
    seen = set()
    for message in messages:
        for pattern, name in (JSON_TOPICS | TEXT_TOPICS).items():
            if re.fullmatch(pattern, message.topic):
                is_json = pattern in JSON_TOPICS
                value = json.loads(message.payload) if is_json else message.payload
                SCHEMAS[name].validate(value)
                seen.add(name)
    assert seen == {*JSON_TOPICS.values(), *TEXT_TOPICS.values()}
    assert not [m for m in messages if m.topic.endswith("/event") and m.retained]


@pytest.mark.parametrize(
    ("control", "schema"),
    [("mute", "mute-set"), ("say", "say-set"), ("reload", "press"), ("listen", "press")],
)
@given(
    payload=st.text()
    | st.sampled_from(["ON", "off", "PRESS", "press", "", "Turn on the light.", "a" * 501])
)
def test_the_schema_of_a_control_tells_what_is_accepted(
    control: str, schema: str, payload: str
) -> None:
    try:
        encoded = payload.encode()
    except UnicodeEncodeError:
        return
    accepted = not isinstance(read_control(control, encoded), BadRequest)
    # Space around a payload is forgiven, which a pattern need not say.
    stripped = payload.strip()
    if accepted:
        assert SCHEMAS[schema].is_valid(stripped)
    elif stripped.isprintable():
        assert not SCHEMAS[schema].is_valid(stripped)


def test_the_page_names_every_schema_and_every_kind_of_event() -> None:
    page = (DOCS / "mqtt.md").read_text()
    assert not [name for name in SCHEMAS if f"schemas/{name}.json" not in page]
    kinds = json.loads((DOCS / "schemas" / "event.json").read_text())["properties"]["event"]["enum"]
    assert not [kind for kind in kinds if f"`{kind}`" not in page]


def test_every_schema_is_one() -> None:
    assert len(SCHEMAS) == 10
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema.schema)
