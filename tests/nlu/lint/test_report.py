from dataclasses import replace
from typing import Any

import pytest

from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Place,
    Publish,
    RangeList,
    Row,
    TextList,
    WildcardList,
)
from voice2mqtt.nlu.lint.report import Lint, lint
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.phonetic.search import PhoneticMatcher
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.espeak import Espeak

VOICE = Espeak("en-us")
ROOMS = TextList(
    values=tuple(ListValue(spoken=room, out=room) for room in ("hall", "attic")),
    place=Place(file="t.yaml", line=2, column=3),
)


def _row(number: int, say: str, topic: str = "") -> Row:
    return Row(
        name=f"row{number}",
        say=(say,),
        publish=(Publish(topic=topic or f"t/{number}", payload="x"),),
        places=(Place(file="t.yaml", line=10 * number, column=5),),
    )


def _values(*spoken: str) -> TextList:
    return TextList(values=tuple(ListValue(spoken=value, out=value) for value in spoken))


def _lint(*rows: Row, rules: str = "", **lists: TextList | RangeList | WildcardList) -> Lint:
    """Check a table; `rules` are written as `name: template`, one a line."""
    named = dict(line.split(": ") for line in rules.splitlines())
    places = {name: Place(file="t.yaml", line=n) for n, name in enumerate(named, start=5)}
    table = CommandTable(rows=rows, lists=lists, rules=named, rule_places=places)
    automaton, words = compile_table(table), normaliser("en")
    nearest = PhoneticMatcher(automaton, words, VOICE)
    return lint(table, ExactMatcher(automaton, words), nearest)


def _told(*rows: Row, rules: str = "", **lists: TextList | RangeList | WildcardList) -> list[str]:
    return [str(finding) for finding in _lint(*rows, rules=rules, **lists).findings]


def test_a_sound_table_has_no_findings() -> None:
    rows = (_row(1, "light the {room}"), _row(2, "good night"), _row(3, "open the blinds"))
    assert _lint(*rows, room=ROOMS) == Lint(findings=())


def test_a_row_that_another_always_takes() -> None:
    assert _told(_row(1, "light [the] {room}"), _row(2, "light the attic"), room=ROOMS) == [
        (
            't.yaml:20:5: warning: this row is never reached: "light the attic" is taken by the '
            "row row1 (t.yaml:10:5); reword one of the two, or remove it"
        )
    ]


def test_two_rows_that_share_a_sentence_and_do_different_things() -> None:
    assert _told(_row(1, "light the attic"), _row(2, "light the {room}"), room=ROOMS) == [
        (
            't.yaml:20:5: warning: "light the attic" is also said by the row row1 (t.yaml:10:5), '
            "which does something else and comes first; reword one of the two, or remove it"
        )
    ]


def test_two_rows_that_share_a_sentence_and_do_the_same() -> None:
    rows = (_row(1, "light the attic", "t"), _row(2, "light the {room}", "t"))
    assert _told(*rows, room=ROOMS) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("read the news please", "read the noose please"), ("read the mail", "read the male")],
)
def test_rows_a_listener_confuses(one: str, other: str) -> None:
    told = _told(_row(1, one), _row(2, other))
    assert len(told) == 1
    assert f'"{one}" sounds like "{other}" of the row row2' in told[0]
    assert "choose words that differ more" in told[0]


@pytest.mark.parametrize(
    "say",
    [
        "[please] add {anything} to [my|the] [shopping] list",
        "[please|can you] what's the weather [like] [in {anything}] [please|can you]",
        "play {anything} in the {room}",
    ],
)
def test_free_text_that_may_hold_a_rows_own_words_is_no_confusion(say: str) -> None:
    row = _row(1, say)
    heard = replace(row, publish=(Publish(topic="t", payload="{anything}"),))
    assert _told(heard, _row(2, "light the {room}"), anything=WildcardList(), room=ROOMS) == []


def test_rows_with_free_text_that_a_listener_confuses() -> None:
    rows = _row(1, "add {anything} to the list"), _row(2, "ad {anything} to the list")
    (told,) = _told(*rows, anything=WildcardList())
    assert '"add something or other to the list" sounds like "ad something' in told


def test_a_question_ends_the_confusion() -> None:
    asked = replace(_row(2, "read the noose please"), confirm="The noose?")
    assert _told(_row(1, "read the news please"), asked) == []


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
        for row in (_row(1, "light the {room}"), _row(2, "darken the {room}"))
    )
    told = _told(*rows, room=_values(*values))
    assert len(told) == bool(example), "the same pair is told once"
    assert example in "".join(told)


def test_values_that_do_the_same_may_sound_alike() -> None:
    rooms = TextList(
        values=tuple(ListValue(spoken=spoken, out="hall") for spoken in ("hall", "haul"))
    )
    assert _told(_row(1, "light the {room}"), room=rooms) == []
    assert _told(_row(1, "light the {room}"), room=_values("hall", "haul")) == []


def test_what_a_row_is_also_heard_as_is_held_against_the_others() -> None:
    van = replace(_row(2, "move the lorry"), also_heard_as=("start the fan",))
    (told,) = _told(_row(1, "start the fan"), van)
    assert told.startswith('t.yaml:20:5: warning: "start the fan" is also said by the row row1')
    fan = replace(_row(1, "start it"), also_heard_as=("start the fan",))
    (told,) = _told(fan, _row(2, "start the fan"))
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
    rows = replace(_row(1, "good night"), **one), replace(_row(2, "good night"), **other)
    found = _told(*rows)
    assert len(found) == bool(told)
    assert told in "".join(found)


def test_rules_and_lists_that_only_unused_rules_use() -> None:
    rules = "used: [the] {room}\nloose: <looser>\nlooser: {level}\nin_list: [big]"
    rooms = _values("<in_list> hall", "attic")
    level = RangeList(lowest=0, highest=9, place=Place(file="t.yaml", line=3))
    told = _told(_row(1, "light <used>"), rules=rules, room=rooms, level=level)
    assert told == [
        (
            "t.yaml:3:1: warning: the list level is never used but by rules that no row uses; "
            "write {level} in a sentence, or remove the list"
        ),
        (
            "t.yaml:6:1: warning: the rule loose is never used; "
            "write <loose> in a sentence, or remove the rule"
        ),
        (
            "t.yaml:7:1: warning: the rule looser is never used but by rules that no row uses; "
            "write <looser> in a sentence, or remove the rule"
        ),
    ]


def test_a_list_that_is_never_used() -> None:
    assert _told(_row(1, "good night"), room=ROOMS) == [
        (
            "t.yaml:2:3: warning: the list room is never used; write {room} in a sentence, or "
            "remove the list"
        )
    ]


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{anything}", "takes every sentence"),
        ("[please] {anything} {anything:b}", "takes every sentence"),
        ("(turn it off|<free>)", "takes every sentence"),
        ("the {anything}", "'the {anything}' needs only one word"),
        ("turn {anything} [now]", "'turn {anything} [now]' needs only one word"),
        ("([please]; {anything}; {room})", "needs only one word"),
        ("add {anything} to the list", ""),
        ("play {anything} (in|for) {room}", ""),
    ],
)
def test_next_to_no_word_that_must_be_said(template: str, told: str) -> None:
    rows = _row(1, "<free> and {room} lights"), _row(2, template)
    found = _told(*rows, rules="free: {anything}", anything=WildcardList(), room=ROOMS)
    assert len(found) == bool(told)
    assert told in "".join(found)


def test_one_word_is_enough_for_a_row_that_asks() -> None:
    row = replace(_row(1, "play {anything}"), confirm="Play {anything}?")
    assert _told(row, anything=WildcardList()) == []


def test_what_was_not_tried_is_told() -> None:
    rows = (_row(1, "set it to {level} and {other}"), _row(2, "good night"))
    looked = _lint(*rows, level=RangeList(lowest=0, highest=99), other=ROOMS)
    assert not looked.findings
    assert looked.untried == "39 of 201 sentences were held against the other rows"


def test_of_a_table_with_too_many_rows_some_are_looked_at() -> None:
    table = CommandTable(rows=tuple(_row(n, f"light {n}") for n in range(10)))
    looked = lint(table, ExactMatcher(compile_table(table), normaliser("en")), None, at_most=4)
    assert looked == Lint(findings=(), untried="4 of 10 rows were looked at")
