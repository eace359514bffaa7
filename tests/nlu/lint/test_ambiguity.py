"""Rows of which a listener, or the table itself, cannot tell which is meant."""

from dataclasses import replace
from typing import Any

import pytest

from tests.nlu.lint.tables import ROOMS, findings, numbered_row, text_list
from voice2mqtt.nlu.grammar.table import ListValue, Publish, TextList, WildcardList


def test_a_row_that_another_always_takes() -> None:
    assert findings(
        numbered_row(1, "light [the] {room}"), numbered_row(2, "light the attic"), room=ROOMS
    ) == [
        (
            't.yaml:20:5: warning: this row is never reached: "light the attic" is taken by the '
            "row row1 (t.yaml:10:5); reword one of the two, or remove it"
        )
    ]


def test_two_rows_that_share_a_sentence_and_do_different_things() -> None:
    assert findings(
        numbered_row(1, "light the attic"), numbered_row(2, "light the {room}"), room=ROOMS
    ) == [
        (
            't.yaml:20:5: warning: "light the attic" is also said by the row row1 (t.yaml:10:5), '
            "which does something else and comes first; reword one of the two, or remove it"
        )
    ]


def test_two_rows_that_share_a_sentence_and_do_the_same() -> None:
    rows = (numbered_row(1, "light the attic", "t"), numbered_row(2, "light the {room}", "t"))
    assert findings(*rows, room=ROOMS) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("read the news now", "read the noose now"), ("read the mail", "read the male")],
)
def test_rows_a_listener_confuses(one: str, other: str) -> None:
    told = findings(numbered_row(1, one), numbered_row(2, other))
    assert len(told) == 1
    assert f'"{one}" sounds like "{other}" of the row row2' in told[0]
    assert "choose words that differ more" in told[0]


@pytest.mark.parametrize(
    "say",
    [
        "[now] add {anything} to [my|the] [shopping] list",
        "[now|can you] what's the weather [like] [in {anything}] [now|can you]",
        "play {anything} in the {room}",
    ],
)
def test_free_text_that_may_hold_a_rows_own_words_is_no_confusion(say: str) -> None:
    row = numbered_row(1, say)
    heard = replace(row, publish=(Publish(topic="t", payload="{anything}"),))
    assert (
        findings(heard, numbered_row(2, "light the {room}"), anything=WildcardList(), room=ROOMS)
        == []
    )


def test_rows_with_free_text_that_a_listener_confuses() -> None:
    rows = (
        numbered_row(1, "add {anything} to the list"),
        numbered_row(2, "ad {anything} to the list"),
    )
    (told,) = findings(*rows, anything=WildcardList())
    assert '"add something or other to the list" sounds like "ad something' in told


def test_a_question_ends_the_confusion() -> None:
    asked = replace(numbered_row(2, "read the noose now"), confirm="The noose?")
    assert findings(numbered_row(1, "read the news now"), asked) == []


@pytest.mark.parametrize(
    ("values", "example"),
    [
        (("hall", "haul"), '"light the hall" sounds like "light the haul" of the same row'),
        (("hall", "kitchen"), ""),
    ],
)
def test_values_of_one_list_that_a_listener_confuses(values: tuple[str, ...], example: str) -> None:
    rows = tuple(
        replace(row, publish=(Publish(topic="t", payload="{room}"),))
        for row in (numbered_row(1, "light the {room}"), numbered_row(2, "darken the {room}"))
    )
    told = findings(*rows, room=text_list(*values))
    assert len(told) == bool(example), "the same pair is told once"
    assert example in "".join(told)


def test_values_that_do_the_same_may_sound_alike() -> None:
    rooms = TextList(
        values=tuple(ListValue(spoken=spoken, out="hall") for spoken in ("hall", "haul"))
    )
    assert findings(numbered_row(1, "light the {room}"), room=rooms) == []
    assert findings(numbered_row(1, "light the {room}"), room=text_list("hall", "haul")) == []


def test_what_a_row_is_also_heard_as_is_held_against_the_others() -> None:
    van = replace(numbered_row(2, "move the lorry"), also_heard_as=("start the fan",))
    (told,) = findings(numbered_row(1, "start the fan"), van)
    assert told.startswith('t.yaml:20:5: warning: "start the fan" is also said by the row row1')
    fan = replace(numbered_row(1, "start it"), also_heard_as=("start the fan",))
    (told,) = findings(fan, numbered_row(2, "start the fan"))
    assert "this row is never reached" in told


DAY, NIGHT, EVENING = (6 * 60, 18 * 60), (18 * 60, 6 * 60), (17 * 60, 20 * 60)


MONDAY, REST = frozenset({0}), frozenset(range(1, 7))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"between": DAY}, {"between": NIGHT}, ""),
        ({"between": DAY}, {"between": EVENING}, "is also said by"),
        ({"between": NIGHT}, {"between": EVENING}, "is also said by"),
        ({"between": DAY}, {}, "is also said by"),
        ({}, {"between": DAY}, "never reached"),
        ({"between": DAY}, {"between": DAY}, "never reached"),
        ({"days": MONDAY}, {"days": REST}, ""),
        ({"days": MONDAY, "between": NIGHT}, {"days": REST, "between": DAY}, ""),
        ({"days": MONDAY, "between": NIGHT}, {"days": REST}, "is also said by"),
    ],
)
def test_rows_that_never_act_at_the_same_hour_may_share_a_sentence(
    one: dict[str, Any], other: dict[str, Any], told: str
) -> None:
    rows = (
        replace(numbered_row(1, "good night"), **one),
        replace(numbered_row(2, "good night"), **other),
    )
    found = findings(*rows)
    assert len(found) == bool(told)
    assert told in "".join(found)
