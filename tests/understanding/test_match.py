from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.understanding.grammars import tables
from tests.understanding.homes import text_list
from voice2mqtt.core.decision import SlotValue
from voice2mqtt.understanding.automaton import Number
from voice2mqtt.understanding.compile import compile_table
from voice2mqtt.understanding.match import Matcher, meaning
from voice2mqtt.understanding.normalise import normaliser
from voice2mqtt.understanding.table import (
    CommandTable,
    RangeList,
    Row,
    SlotList,
    WildcardList,
)

LISTS: dict[str, SlotList] = {
    "room": text_list(kitchen="kitchen", living="living room", big="living"),
    "thing": text_list(room="room", lamp="[the] lamp"),
    "song": WildcardList(),
    "level": RangeList(lowest=0, highest=100),
    "cold": RangeList(lowest=-20, highest=30, decimals=True),
    "bulb": RangeList(lowest=0, highest=100, step=5, multiplier=2.55),
}


def parses(
    text: str, *templates: str, language: str = "en"
) -> list[tuple[int, dict[str, SlotValue]]]:
    """Return (row, slots) of every parse of `text`; each template is a row."""
    rows = tuple(Row(name=say, say=(say,), publish=()) for say in templates)
    table = CommandTable(rows=rows, lists=LISTS, language=language)
    matcher = Matcher(compile_table(table), normaliser(language))
    return [(parse.row, dict(parse.slots)) for parse in matcher.parses(text)]


def test_rows_come_in_the_order_of_the_table() -> None:
    found = parses("dim kitchen", "(dim|fade) {room}", "dim [the] {room}", "dim {song}")
    assert [row for row, _ in found] == [0, 1, 2]


@pytest.mark.parametrize(
    ("template", "first"),
    [
        pytest.param("({room} lamp|{song} lamp)", {"room": "kitchen"}, id="as written"),
        pytest.param("({song} lamp|{room} lamp)", {"song": "kitchen"}, id="the other way round"),
    ],
)
def test_what_stands_first_in_a_row_is_preferred(template: str, first: Mapping[str, str]) -> None:
    assert parses("kitchen lamp", template)[0][1] == first


def test_a_list_value_may_be_the_beginning_of_another() -> None:
    found = parses("living room lamp", "{room} {thing}", "{room} {thing} {thing:second}")
    assert found == [
        (0, {"room": "living", "thing": "lamp"}),
        (1, {"room": "big", "thing": "room", "second": "lamp"}),
    ]


def test_free_text_takes_as_much_as_it_can() -> None:
    found = parses("play Singing in the Rain in the kitchen", "play {song} in [the] {room}")
    assert found[0] == (0, {"song": "Singing in the Rain", "room": "kitchen"})


@pytest.mark.parametrize(
    ("text", "template", "slots"),
    [
        ("to 25", "to {level}", {"level": 25}),
        ("to twenty five", "to {level}", {"level": 25}),
        ("to one hundred and five", "to {level}", None),
        ("to 20.5", "to {level}", None),
        ("to minus five and a half", "to {cold}", {"cold": -5.5}),
        ("to -5", "to {cold}", {"cold": -5}),
        ("to twenty point five degrees", "to {cold} degrees", {"cold": 20.5}),
        ("to 15%", "to {bulb} percent", {"bulb": 38.25}),
        ("to 20%", "to {bulb} percent", {"bulb": 51}),
        ("to 17%", "to {bulb} percent", None),
        ("the third lamp", "the {level} lamp", {"level": 3}),
    ],
)
def test_numbers_fill_slots(text: str, template: str, slots: dict[str, SlotValue] | None) -> None:
    found = parses(text, template)
    assert [fill for _, fill in found] == ([slots] if slots else [])


def test_a_number_in_digits_is_one_number() -> None:
    assert parses("25", "{level} {bulb}") == []
    assert parses("twenty five", "{level} {bulb}") == [(0, {"level": 20, "bulb": 12.75})]
    assert parses("7:30", "{level} {bulb}") == [(0, {"level": 7, "bulb": 76.5})]


@pytest.mark.parametrize(
    ("language", "text", "template", "slots"),
    [
        ("de", "Stelle das Licht auf fünfundzwanzig Prozent", "stelle das licht auf {level}%",
         {"level": 25}),
        ("de", "Heizung auf 20,5 Grad", "heizung auf {cold} grad", {"cold": 20.5}),
        ("de", "Heizung auf zwanzigeinhalb Grad", "heizung auf {cold} grad", {"cold": 20.5}),
        ("fr", "Règle la lampe à quatre-vingt-dix-neuf pour cent",
         "règle la lampe à {level} pour cent", {"level": 99}),
        ("fr", "Règle la lampe à 71 %", "règle la lampe à {level} pour cent", {"level": 71}),
        ("es", "pon la luz al treinta y cinco por ciento", "pon la luz al {level}%", {"level": 35}),
        ("it", "metti la luce al novantanove percento", "metti la luce al {level} per cento",
         {"level": 99}),
        ("nl", "zet de lamp op tweeëntwintig procent", "zet de lamp op {level} procent",
         {"level": 22}),
    ],
)  # fmt: skip
def test_languages(language: str, text: str, template: str, slots: dict[str, SlotValue]) -> None:
    assert (0, slots) in parses(text, template, language=language)


def test_a_number_is_scaled_without_rounding_dust() -> None:
    scaled = Number("x", 0, 100, multiplier=2.55)
    assert [meaning(scaled, said) for said in (0, 3, 100)] == [0, 7.65, 255]
    assert isinstance(meaning(scaled, 100), int)


@given(table=tables(), text=st.text(max_size=200))
def test_any_text_is_matched_or_not(table: CommandTable, text: str) -> None:
    matcher = Matcher(compile_table(table), normaliser("en"))
    assert all(parse.row < len(table.rows) for parse in matcher.parses(text))


@pytest.mark.parametrize(
    "text",
    ["and " * 300, "x" * 100_000, "5" * 10_000, "minus " * 128, "twenty five " * 60, "1.1." * 499],
)
def test_a_monstrous_text_is_no_command(text: str) -> None:
    assert parses(text, "{song} and {level}", "say {song} {song}") == []
