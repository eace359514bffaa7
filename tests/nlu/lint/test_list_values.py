from dataclasses import replace

from tests.nlu.lint.tables import ROOMS, findings, numbered_row
from voice2mqtt.nlu.grammar.table import ListValue, Place, TextList


def _list(*values: tuple[str, str | int]) -> TextList:
    place = Place(file="t.yaml", line=2, column=3)
    return TextList(
        values=tuple(ListValue(spoken=spoken, out=out) for spoken, out in values), place=place
    )


def test_words_that_stand_twice_in_a_list_are_told_even_across_templates() -> None:
    things = _list(("lamp", "a"), ("[the] fan", "b"), ("the Fan", "c"), ("five", 5), ("5", 5))
    assert findings(numbered_row(1, "turn on {thing} now"), thing=things) == [
        (
            't.yaml:2:3: warning: the list thing has "the Fan" twice; "b" is meant, never "c"; '
            "keep one of the two"
        )
    ]
    assert findings(numbered_row(1, "turn on {thing} now"), thing=_list(("x", 1), ("x", 1))) == [
        't.yaml:2:3: warning: the list thing has "x" twice; "1" is meant; keep one of the two'
    ]


def test_a_sign_that_a_topic_cannot_have_is_told() -> None:
    notes = _list(("c", "C"), ("c sharp", "C#"))
    row = numbered_row(1, "play the {note}", topic="t/{note}")
    cut = (
        't.yaml:10:5: warning: "C#" loses its # in the topic t/{note}; give the value another out:'
    )
    assert findings(row, note=notes) == [cut]
    assert findings(replace(row, publish=numbered_row(1, "").publish), note=notes) == []
    rooms = replace(row, say=("play in the {room}",), defaults={"note": "$a"})
    assert findings(
        replace(rooms, publish=numbered_row(1, "", "{note}/x").publish), room=ROOMS
    ) == [
        't.yaml:10:5: warning: "$a" loses its $ in the topic {note}/x; give the value another out:',
    ]


def test_a_value_that_looks_like_a_number_is_told() -> None:
    sizes = _list(("half", ".5"), ("full", 1))
    assert findings(numbered_row(1, "open the {size}"), size=sizes) == [
        "t.yaml:2:3: warning: .5 in the list size is a text, no number; write 0.5"
    ]
