"""Rows that take nearly every sentence."""

from dataclasses import replace

import pytest

from tests.nlu.lint.tables import ROOMS, findings, numbered_row
from voice2mqtt.nlu.grammar.table import WildcardList


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{anything}", "takes every sentence"),
        ("[now] {anything} {anything:b}", "takes every sentence"),
        ("(turn it off|<free>)", "takes every sentence"),
        ("the {anything}", "'the {anything}' needs only one word"),
        ("turn {anything} [now]", "'turn {anything} [now]' needs only one word"),
        ("([now]; {anything}; {room})", "needs only one word"),
        ("add {anything} to the list", ""),
        ("play {anything} (in|for) {room}", ""),
    ],
)
def test_next_to_no_word_that_must_be_said(template: str, told: str) -> None:
    rows = numbered_row(1, "<free> and {room} lights"), numbered_row(2, template)
    found = findings(*rows, rules="free: {anything}", anything=WildcardList(), room=ROOMS)
    assert len(found) == bool(told)
    assert told in "".join(found)


def test_one_word_is_enough_for_a_row_that_asks() -> None:
    row = replace(numbered_row(1, "play {anything}"), confirm="Play {anything}?")
    assert findings(row, anything=WildcardList()) == []
