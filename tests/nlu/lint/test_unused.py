"""Rules and lists that no row uses."""

from tests.nlu.lint.tables import ROOMS, findings, numbered_row, text_list
from voice2mqtt.nlu.grammar.table import Place, RangeList


def test_rules_and_lists_that_only_unused_rules_use() -> None:
    rules = "used: [the] {room}\nloose: <looser>\nlooser: {level}\nin_list: [big]"
    rooms = text_list("<in_list> hall", "attic")
    level = RangeList(lowest=0, highest=9, place=Place(file="t.yaml", line=3))
    told = findings(numbered_row(1, "light <used>"), rules=rules, room=rooms, level=level)
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
    assert findings(numbered_row(1, "good night"), room=ROOMS) == [
        (
            "t.yaml:2:3: warning: the list room is never used; write {room} in a sentence, or "
            "remove the list"
        )
    ]
