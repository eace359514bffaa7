"""What was heard becomes another way to say a row, or a value of a list, and no more than that."""

from pathlib import Path

import pytest

from tests.settings.reading import table as read
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.pronouncer import pronouncer
from voice2mqtt.review.alias import Alias, AliasFinder, NewWord, NoAliasError
from voice2mqtt.settings.search import CHECKOUT

TABLE = """
lists:
  room: [kitchen, bedroom, {in: "(lounge|living room)", out: living}]
  switch: [{in: "on", out: "ON"}, {in: "off", out: "OFF"}]
  item: {wildcard: true}
  level: {range: {from: 0, to: 100}}
rules: {in_room: "in [the] {room:place}"}
commands:
  - {say: "turn {switch} [the] {room} light[s]", topic: t, payload: "{switch} {room}"}
  - {say: "dim [the] {room} to {0..100,5:brightness} percent", topic: t, payload: "{brightness} {room}"}
  - {say: "volume {level}", topic: t, payload: "{level}"}
  - {say: "open the front door", topic: t, payload: OPEN}
  - {say: "add {item} to the list", topic: t, payload: "{item}"}
  - {say: "blinds <in_room>", topic: t, payload: "{place}"}
"""  # noqa: E501


@pytest.fixture(scope="module")
def table() -> CommandTable:
    return read(TABLE)


@pytest.fixture(scope="module")
def finder(table: CommandTable) -> AliasFinder:
    words = normaliser("en")
    return AliasFinder(table, compile_table(table), words, pronouncer("en-US"))


@pytest.mark.parametrize(
    ("heard", "meant", "row", "template", "words"),
    [
        ("open the frontier", "open the front door", 3, "open the frontier", []),
        ("Open the font door!", "open the front door", 3, "Open the font door", []),
        ("turn on the kitten light", "turn on the kitchen light", 0, "", [("room", 0, "kitten")]),
        (
            "turn on the kitchen lied", "turn on the kitchen light", 0,
            "turn {switch} the {room} lied", [],
        ),
        (
            "turn on the livid room lied", "turn on the living room light", 0,
            "turn {switch} the {room} lied", [("room", 2, "livid room")],
        ),
        (
            "dime the kitchen to forty percent", "dim the kitchen to 40 percent", 1,
            "dime the {room} to {0..100,5:brightness} percent", [],
        ),
        ("volumes 40", "volume 40", 2, "volumes {level}", []),
        (
            "at oat milk to the list", "add oat milk to the list", 4, "at {item} to the list", [],
        ),
        ("blind in the bedroom", "blinds in the bedroom", 5, "blind in the {room:place}", []),
    ],
)  # fmt: skip
def test_a_sentence_that_was_misheard_becomes_a_template(
    finder: AliasFinder,
    heard: str,
    meant: str,
    row: int,
    template: str,
    words: list[tuple[str, int, str]],
) -> None:
    new = tuple(NewWord(list_name=name, value=value, words=said) for name, value, said in words)
    expected = Alias(row=row, sentence=meant, template=template, words=new)
    assert finder.alias(heard, meant) == expected


@pytest.mark.parametrize(
    ("heard", "meant", "why"),
    [
        ("volume for tea", "volume 40", "number 40 was heard as 'for tea'"),
        ("turn on", "what a day", "no sentence of the table"),
    ],
)
def test_what_no_words_can_stand_for_is_told(
    finder: AliasFinder, heard: str, meant: str, why: str
) -> None:
    with pytest.raises(NoAliasError, match=why):
        finder.alias(heard, meant)


def test_every_sentence_of_the_shipped_table_says_itself(tmp_path: Path) -> None:
    """Without anything misheard no alias is needed, whatever the row."""
    shipped = read((CHECKOUT.parent / "commands.yaml").read_text())
    automaton = compile_table(shipped)
    finder = AliasFinder(shipped, automaton, normaliser("en"), pronouncer("en-US"))
    del tmp_path
    for test in shipped.tests:
        if test.publish:
            alias = finder.alias(test.hear, test.hear)
            assert (alias.template, alias.words) == ("", ())
