import pytest

from voice2mqtt.pronunciation.espeak import Espeak
from voice2mqtt.understanding.compile import compile_table
from voice2mqtt.understanding.lint import Lint, lint
from voice2mqtt.understanding.match import Matcher
from voice2mqtt.understanding.nearest import NearestSentences
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.table import (
    CommandTable,
    ListValue,
    Place,
    Publish,
    RangeList,
    Row,
    TextList,
    WildcardList,
)

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


def _lint(*rows: Row, **lists: TextList | RangeList | WildcardList) -> Lint:
    table = CommandTable(rows=rows, lists=lists)
    automaton, words = compile_table(table), normaliser("en")
    nearest = NearestSentences(automaton, words, VOICE)
    return lint(table, automaton, Matcher(automaton, words), nearest)


def _told(*rows: Row, **lists: TextList | RangeList | WildcardList) -> list[str]:
    return [str(finding) for finding in _lint(*rows, **lists).findings]


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


def test_a_list_that_is_never_used() -> None:
    assert _told(_row(1, "good night"), room=ROOMS) == [
        (
            "t.yaml:2:3: warning: the list room is never used; write {room} in a sentence, or "
            "remove the list"
        )
    ]


def test_a_row_of_free_text_alone() -> None:
    (told,) = _told(_row(1, "{anything}"), anything=WildcardList())
    assert "takes every sentence" in told


def test_what_was_not_tried_is_told() -> None:
    rows = (_row(1, "set it to {level} and {other}"), _row(2, "good night"))
    looked = _lint(*rows, level=RangeList(lowest=0, highest=99), other=ROOMS)
    assert not looked.findings
    assert looked.untried == "39 of 201 sentences were held against the other rows"
