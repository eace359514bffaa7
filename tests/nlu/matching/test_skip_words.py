"""Words of a table that may be said anywhere and mean nothing."""

import pytest

from tests.nlu.matching.test_exact import LISTS
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, Row
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.text.normaliser import normaliser


def test_words_to_skip_may_be_said_anywhere() -> None:
    rows = tuple(
        Row(name=say, say=(say,), publish=()) for say in ("please dim {room}", "play {song}")
    )
    table = CommandTable(rows=rows, lists=LISTS, skip_words=("please", "could you", "sic"))
    matcher = ExactMatcher(compile_table(table), normaliser("en"))

    def slots(text: str) -> dict[str, SlotValue] | None:
        return next((dict(parse.slots) for parse in matcher.parses(text)), None)

    assert slots("could you please dim please kitchen sic") == {"room": "kitchen"}
    assert slots("could you play please sunday please") == {"song": "sunday"}
    assert slots("could dim please kitchen") is None
    assert slots("could you") is None
    assert matcher.without_skip_words("could you please dim the lamp") == "dim the lamp"
    assert matcher.without_skip_words("please could you") == "please could you"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("please can you turn on the hall light please please", [("light", {})]),
        ("play jazz please", [("song", {"song": "jazz"})]),
        ("please help", [("help", {})]),
        ("turn on the can light", []),
        ("please", []),
    ],
)
def test_words_to_skip_may_stand_anywhere(
    text: str, rows: list[tuple[str, dict[str, SlotValue]]]
) -> None:
    said = {"light": "turn on the hall light", "song": "play {song}", "help": "please help"}
    table = CommandTable(
        rows=tuple(Row(name=name, say=(say,), publish=()) for name, say in said.items()),
        lists=LISTS,
        skip_words=("please", "can you"),
    )
    found = ExactMatcher(compile_table(table), normaliser("en")).parses(text)[:1]
    assert [(table.rows[parse.row].name, dict(parse.slots)) for parse in found] == rows
