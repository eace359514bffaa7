from pathlib import Path

from voice2mqtt.nlu.grammar.phrase_list import phrases
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    RangeList,
    Row,
    TextList,
    WildcardList,
)
from voice2mqtt.settings.load import load_table
from voice2mqtt.settings.search import CHECKOUT

ROOMS = tuple(f"room {chr(97 + n)}" for n in range(26))


def _table(*say: str) -> CommandTable:
    return CommandTable(
        rows=tuple(Row(name=template, say=(template,), publish=()) for template in say),
        lists={
            "room": TextList(values=tuple(ListValue(spoken=room, out=room) for room in ROOMS)),
            "level": RangeList(lowest=0, highest=100),
            "item": WildcardList(),
        },
    )


def test_every_row_every_name_the_wake_phrase_and_the_answers_are_among_them() -> None:
    found = phrases(
        _table("good night", "light in the {room}", "dim to {level}"), 60, ("hey house",)
    )
    assert len(found) == len(set(found)) == 60
    assert {"hey house", "good night", "yes please"} <= set(found)
    assert all(any(phrase.endswith(room) for phrase in found) for room in ROOMS)
    assert any(phrase.startswith("dim to ") for phrase in found)
    assert any("cancel" in phrase for phrase in found)


def test_a_small_table_is_sent_whole() -> None:
    found = phrases(_table("good (night|morning)", "dim to {level}"), 500)
    assert {"good night", "good morning"} | {f"dim to {n}" for n in range(101)} <= set(found)


def test_of_a_sentence_with_free_text_the_words_before_it_are_sent() -> None:
    found = phrases(_table("put {item} on the list", "{item} please"), 100)
    assert "put" in found
    assert not any("list" in phrase or "\u2026" in phrase for phrase in found)


def test_of_more_rows_than_there_is_room_those_with_new_words_come_first() -> None:
    say = [f"light {n} (on|off)" for n in range(700)] + ["open the pod bay doors"]
    found = phrases(_table(*say), 500)
    assert len(found) == 500
    assert len({phrase.split()[1] for phrase in found}) > 400


def test_the_shipped_table_fills_the_list() -> None:
    table = load_table(Path(CHECKOUT).parent / "commands.yaml")
    assert len(phrases(table, 500)) == 500
