"""What one event reads like in the journal, and what is kept of it."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from voice2mqtt.core.event import notice
from voice2mqtt.service.systemd.journal_entry import KINDS, Kind, journal_entry

MESSAGE = {"topic": "home/kitchen/light/set", "payload": "ON", "qos": 0, "retain": False}
COMMAND = {
    "event": "command",
    "id": "7f3a",
    "text": "Turn on the kitten light.",
    "row": "turn {switch} [the] {room} light",
    "score": 0.87,
    "messages": [MESSAGE, MESSAGE | {"topic": "home/log", "payload": "kitchen"}],
    "latency_ms": 312.4,
    "reason": "“kitten” sounds like “kitchen”",
}
CATALOGUE = Path(__file__).parents[3] / "systemd" / "voice2mqtt.catalog"


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        pytest.param(
            COMMAND,
            "heard “Turn on the kitten light.” (row “turn {switch} [the] {room} light”): "
            "published home/kitchen/light/set = ON, home/log = kitchen, 87% sure; "
            "312 ms after the end of speech",
            id="command",
        ),
        pytest.param(
            COMMAND | {"score": 1.0, "messages": [MESSAGE], "latency_ms": None, "row": ""},
            "heard “Turn on the kitten light.”: published home/kitchen/light/set = ON",
            id="command-word-for-word-typed",
        ),
        pytest.param(
            {
                "event": "ask",
                "text": "open it",
                "row": "door",
                "question": "Shall I?",
                "reason": "it wants consent",
            },
            "heard “open it” (row “door”): asked “Shall I?”: it wants consent",
            id="ask",
        ),
        pytest.param(
            {"event": "unmatched", "text": "a lovely light", "reason": "no row is near"},
            "heard “a lovely light”: did nothing: no row is near",
            id="unmatched",
        ),
        pytest.param(
            {"event": "no_match", "reason": "InitialSilenceTimeout: the gate stayed shut"},
            "nothing was said",
            id="silence",
        ),
        pytest.param(
            {"event": "no_match", "reason": "NotRecognized: silence"},
            "something was said, no words were found in it: NotRecognized: silence",
            id="no-match",
        ),
        pytest.param(
            {
                "event": "canceled",
                "code": "ConnectionFailure",
                "reason": "Error: ConnectionFailure: 1006",
                "latency_ms": 20_000.0,
            },
            "the recognition was given up: Error: ConnectionFailure: 1006; "
            "20000 ms after the end of speech",
            id="canceled",
        ),
        pytest.param(
            {"event": "broker_lost", "reason": "connection refused"},
            "the broker is out of reach: connection refused",
            id="broker-lost",
        ),
        pytest.param(
            {"event": "not_done", "row": "lights", "reason": "expired"},
            "a command did not reach the broker: lights, expired",
            id="not-done",
        ),
        pytest.param({"event": "reloaded"}, "read the command table again", id="reloaded"),
        pytest.param(
            {"event": "counted_sheep", "sheep": 3, "awake": True},
            "counted sheep: sheep 3, awake true",
            id="a-kind-nobody-foresaw",
        ),
    ],
)
def test_sentence(event: dict[str, Any], sentence: str) -> None:
    assert journal_entry(event).sentence == sentence


def test_every_key_becomes_a_field() -> None:
    fields = journal_entry(COMMAND).fields
    assert fields["V2M_EVENT"] == "command"
    assert fields["V2M_TEXT"] == "Turn on the kitten light."
    assert fields["V2M_LATENCY_MS"] == "312.4"
    assert fields["V2M_MESSAGES"].startswith('[{"topic": "home/kitchen/light/set"')
    assert fields["MESSAGE_ID"] == KINDS["command"].message_id


def test_what_is_empty_is_no_field() -> None:
    made = notice("reloaded", event_id="7f", at="2026-11-22T10:00:00+01:00", node="hall")
    assert journal_entry(made).fields == {
        "V2M_EVENT": "reloaded",
        "V2M_ID": "7f",
        "V2M_AT": "2026-11-22T10:00:00+01:00",
        "V2M_NODE": "hall",
        "MESSAGE_ID": KINDS["reloaded"].message_id,
    }


@pytest.mark.parametrize(
    "event",
    [
        COMMAND,
        COMMAND | {"event": "ask", "question": "the kitten light?"},
        COMMAND | {"event": "unmatched", "nearest": [{"sentence": "kitten"}]},
    ],
    ids=lambda event: event["event"],
)
def test_without_log_text_no_word_is_kept(event: dict[str, Any]) -> None:
    kept = journal_entry(event, log_text=False)
    assert "kit" not in repr(kept).replace("MESSAGE_ID", "")
    assert kept.fields["V2M_ROW"] == event["row"]
    assert kept.fields["V2M_LATENCY_MS"] == "312.4"


def test_without_log_text_the_reason_of_an_event_without_words_is_kept() -> None:
    kept = journal_entry({"event": "no_match", "reason": "NotRecognized"}, log_text=False)
    assert kept.fields["V2M_REASON"] == "NotRecognized"


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("command", logging.INFO),
        ("no_match", logging.INFO),
        ("broker_lost", logging.WARNING),
        ("reload_refused", logging.ERROR),
        ("hung", logging.CRITICAL),
        ("counted_sheep", logging.INFO),
    ],
)
def test_level(name: str, level: int) -> None:
    assert journal_entry({"event": name}).level == level


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=KINDS)
def test_every_kind_is_explained_in_the_catalogue(name: str, kind: Kind) -> None:
    assert f"-- {kind.message_id}\nSubject: " in CATALOGUE.read_text(), name


def test_the_docs_name_every_kind_and_no_other() -> None:
    page = (CATALOGUE.parents[1] / "docs" / "journal.md").read_text()
    table = page[page.index("## Kinds and priorities") : page.index("## Without words")]
    assert set(re.findall(r"`(\w+)`", table)) == set(KINDS)
