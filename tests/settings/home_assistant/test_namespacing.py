"""Lists and rules of one block of an import do not meet those of another."""

import pytest

from tests.settings.home_assistant.importing import imported, matches
from tests.settings.reading import table
from voice2mqtt.core.decision import SlotValue

_OWN = """
intents:
  Open:
    data:
      - sentences: ["open {thing}", "open <what> {thing:second}"]
        lists: {thing: {values: [door, gate]}}
  Eat:
    data:
      - sentences: ["eat {thing}", "eat <what>", "{ thing } and \\\\{thing\\\\}"]
        lists: {thing: {values: [apple, pear]}}
        expansion_rules: {food: "some <what>"}
      - sentences: ["eat up <food> {thing}"]
        lists: {thing: {values: [apple, pear]}}
        expansion_rules: {food: "all <what>"}
  See:
    data: [{sentences: ["see {thing}", "see <what>"]}]
lists: {thing: {values: [sun, moon]}}
expansion_rules: {what: "the {thing}"}
"""


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("open door", [("Open", {"thing": "door"})]),
        ("open the door gate", [("Open", {"thing": "door", "second": "gate"})]),
        ("open sun", []),
        ("open the sun", []),
        ("eat apple", [("Eat", {"thing": "apple"})]),
        ("eat the pear", [("Eat", {"thing": "pear"})]),
        ("eat door", []),
        ("eat up all the apple pear", [("Eat 2", {"thing": "pear"})]),
        ("pear and {thing}", [("Eat", {"thing": "pear"})]),
        ("see moon", [("See", {"thing": "moon"})]),
        ("see the sun", [("See", {"thing": "sun"})]),
        ("see the door", []),
    ],
)
def test_each_block_keeps_the_lists_and_rules_of_its_own(
    text: str, understood: list[tuple[str, dict[str, SlotValue]]]
) -> None:
    gathered = imported(_OWN)
    written = gathered.table()
    assert matches(written, text) == understood
    assert list(table(written).lists) == ["thing", "thing_2", "thing_3"], "equal ones are shared"
    assert gathered.notes == []


def test_two_blocks_with_lists_of_one_name_and_no_shared_one() -> None:
    written = imported("""
intents:
  Open: {data: [{sentences: ["open {thing}"], lists: {thing: {values: [door]}}}]}
  Eat: {data: [{sentences: ["eat {thing}"], lists: {thing: {values: [apple]}}}]}
""").table()
    assert matches(written, "eat apple") == [("Eat", {"thing": "apple"})]
    assert matches(written, "eat door") == []
