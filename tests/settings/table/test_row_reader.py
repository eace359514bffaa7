import pytest

from tests.settings.reading import first_lines, table, table_report
from voice2mqtt.core.decision import Expectation
from voice2mqtt.nlu.grammar.table import Publish, Row
from voice2mqtt.settings.table.row_reader import ROW_KEYS


def _row(text: str) -> Row:
    return table(f"lists: {{room: [hall]}}\ncommands:\n  - {text}").rows[0]


def _sentences(text: str) -> list[str]:
    return first_lines(table_report(f"lists: {{room: [hall]}}\ncommands:\n  - {text}"))


def test_a_row_is_read_with_all_its_keys() -> None:
    row = _row(
        """name: door
    say: ["open the {room} door", "[please] unlock the {room} door"]
    also_heard_as: open sesame in the {room}
    publish:
      - {topic: "home/{room}/door", payload: OPEN, qos: 1, retain: true}
      - {topic: home/log, payload: {what: door, where: "{room}", level: 3}, after_s: 1.5}
    defaults: {room: front}
    confirm: Shall I open the {room} door?
    between: "22:00-06:30"
    days: [mon-wed, saturday]
    expires_s: 5
    cooldown_s: 2.5
    strictness: 0.1
    wake: no
    expect: {topic: "home/{room}/door/state", payload: OPEN, within_s: 4}
    response: It is open.
"""
    )
    assert row == Row(
        name="door",
        say=("open the {room} door", "[please] unlock the {room} door"),
        also_heard_as=("open sesame in the {room}",),
        publish=(
            Publish(topic="home/{room}/door", payload="OPEN", qos=1, retain=True),
            Publish(
                topic="home/log",
                payload={"what": "door", "where": "{room}", "level": 3},
                after_s=1.5,
            ),
        ),
        defaults={"room": "front"},
        confirm="Shall I open the {room} door?",
        between=(22 * 60, 6 * 60 + 30),
        days=frozenset({0, 1, 2, 5}),
        expires_s=5,
        cooldown_s=2.5,
        strictness=0.1,
        wake=False,
        expect=Expectation(topic="home/{room}/door/state", payload="OPEN", within_s=4),
        response="It is open.",
    )
    assert [str(place) for place in row.places] == ["x.yaml:4:12", "x.yaml:4:36"]


def test_a_row_with_little_has_the_rest_by_default() -> None:
    row = _row("{say: hi, topic: t, payload: p}")
    assert row == Row(name="hi", say=("hi",), publish=(Publish(topic="t", payload="p"),))


def test_a_row_that_only_answers_publishes_nothing() -> None:
    assert _row("{say: are you there, response: I am here.}").publish == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param('""', "", id="empty"),
        pytest.param("ON now", "ON now", id="text"),
        pytest.param('\'{"state": "ON"}\'', '{"state": "ON"}', id="json-as-text"),
        pytest.param("{on: true, off: 5}", {"on": True, "off": 5}, id="mapping"),
        pytest.param("{state: ~}", {"state": None}, id="null"),
        pytest.param('[1, "two", {a: 0.5}]', [1, "two", {"a": 0.5}], id="list"),
        pytest.param("{}", {}, id="empty-mapping"),
    ],
)
def test_a_payload_is_text_or_json(written: str, meant: object) -> None:
    assert _row(f"{{say: hi, topic: t, payload: {written}}}").publish[0].payload == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("turn on", "3:5: expected a command with keys, found 'turn on'; known here: "
                     + ", ".join(ROW_KEYS), id="only-a-sentence"),
        pytest.param("{topic: t, payload: p}",
                     "3:5: 'say' is missing; it is what the command listens for", id="no-say"),
        pytest.param("{say: [], topic: t, payload: p}",
                     "3:11: the list is empty; write at least one text", id="nothing-to-say"),
        pytest.param("{say: hi}",
                     "3:5: 'topic' is missing; name it, or several messages under publish",
                     id="no-topic"),
        pytest.param("{say: hi, topic: t}",
                     "3:5: 'payload' is missing; for an empty message write payload: \"\"",
                     id="no-payload"),
        pytest.param("{say: hi, topic: t, publish: [{topic: u, payload: p}]}",
                     "3:15: 'topic' cannot stand beside 'publish'; move it into the messages under "
                     "publish", id="topic-beside-publish"),
        pytest.param("{say: hi, publish: []}",
                     "3:24: the list is empty; name at least one message", id="no-messages"),
        pytest.param("{say: hi, publish: [{topic: u, payload: p, qs: 1}]}",
                     "3:48: unknown key qs; did you mean qos?", id="unknown-key-in-message"),
        pytest.param('{say: hi, topic: "", payload: p}',
                     "3:22: the text is empty; write something, or leave the key out",
                     id="empty-topic"),
        pytest.param("{say: hi, topic: home/+/x, payload: p}",
                     "3:22: a topic to publish to cannot have a +; name one topic; several "
                     "messages stand under publish", id="plus"),
        pytest.param('{say: hi, topic: "a\\0b", payload: p}',
                     "3:22: a topic cannot have the character NUL; delete it", id="nul"),
        pytest.param('{say: hi, topic: "a ", payload: p}',
                     "3:22: the topic has spaces at its ends; delete them", id="spaces"),
        pytest.param(f"{{say: hi, topic: {'a' * 65_536}, payload: p}}",
                     "3:22: the topic is longer than 65535 bytes; shorten it", id="long-topic"),
        pytest.param("{say: hi, topic: t, payload: ON}",
                     '3:34: expected text, found yes/no; put it in quotes: "ON"', id="on"),
        pytest.param("{say: hi, topic: t, payload: }",
                     '3:34: expected text, found nothing; write it behind the colon, or "" if it '
                     "is meant to be empty", id="nothing"),
        pytest.param("{say: the {room}, topic: t, payload: p}", None, id="brace-in-a-flow"),
        pytest.param("{say: 'the {room}', topic: t, payload: {room}}",
                     '3:44: expected text, found a mapping; put it in quotes: "{room}"',
                     id="slot-without-quotes"),
        pytest.param("{say: hi, topic: t, payload: {state: OFF}}",
                     '3:42: YAML takes OFF for false; put it in quotes if the word is meant: '
                     '"OFF"; else write false', id="off-in-json"),
        pytest.param("{say: hi, topic: t, payload: p, qos: 1.5}",
                     "3:42: expected a whole number, found 1.5", id="qos-fraction"),
        pytest.param("{say: hi, topic: t, payload: p, retain: 1}",
                     "3:45: expected true or false, found a number", id="retain-number"),
        pytest.param("{say: hi, topic: t, payload: p, strictness: 2}",
                     "3:49: 2 is not between 0 and 1", id="strictness"),
        pytest.param("{say: hi, topic: t, payload: p, expires_s: 10s}",
                     "3:48: expected a number, found '10s'", id="seconds-with-unit"),
        pytest.param("{say: hi, topic: t, payload: p, expect: {payload: x}}",
                     "3:45: 'topic' is missing; it is where the device answers", id="expect"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_sentence(text: str, sentence: str | None) -> None:
    told = _sentences(text)
    if sentence is None:
        assert told[0].startswith("x.yaml:3:")
    else:
        assert told == [f"x.yaml:{sentence}"]
