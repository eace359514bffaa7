from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.nlu.grammar.automaton import Number, Word
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)
from voice2mqtt.speechhost.decoding.verbaliser import (
    fraction_spellings,
    number_spellings,
    part_spellings,
    word_spellings,
    written_words,
)


def test_a_word_is_written_as_its_owner_does_in_any_case_and_as_digits() -> None:
    assert word_spellings(Word("tv", "TV")) == ("TV", "tv", "Tv")
    assert {"12", "twelve", "Twelve"} <= set(word_spellings(Word("12", "twelve")))


@given(st.from_regex(r"\d{1,40}", fullmatch=True))
def test_any_digits_can_be_spelt(digits: str) -> None:
    assert digits in word_spellings(Word(digits, digits))


def test_a_number_is_digits_and_words_with_and_without_hyphen() -> None:
    spellings = number_spellings(Number("n", 20, 25, step=5))
    assert set(spellings) == {
        ("20",), ("twenty",), ("Twenty",), ("25",), ("twenty", "five"), ("Twenty", "five"),
        ("twenty-five",), ("Twenty-five",),
    }  # fmt: skip


def test_too_many_numbers_are_not_spelt() -> None:
    assert number_spellings(Number("n", 0, 100_000)) == ()


def test_a_fraction_is_said_where_the_slot_takes_it() -> None:
    hours = Number("n", 0, 24, decimals=True)
    assert {("half", "an"), ("a", "quarter", "of", "an"), ("half",)} <= {*fraction_spellings(hours)}
    assert ("and", "a", "quarter") in part_spellings(hours)
    halves = Number("n", 5, 30, decimals=True, parts=2)
    assert set(part_spellings(halves)) == {
        ("and", "a", "half"),
        ("and", "one", "half"),
        ("and", "half"),
    }
    assert fraction_spellings(halves) == ()
    assert fraction_spellings(Number("n", 0, 9)) == part_spellings(Number("n", 0, 9)) == ()


def test_all_words_of_a_table_are_written_but_those_of_free_text() -> None:
    rooms = TextList(values=tuple(ListValue(spoken=r, out=r) for r in ("den", "big hall")))
    lists: dict[str, SlotList] = {
        "room": rooms,
        "level": RangeList(lowest=1, highest=2, decimals=True),
        "text": WildcardList(),
    }
    row = Row(name="r", say=("dim [the] {room} to {level} and say {text}",), publish=())
    table = CommandTable(rows=(row,), lists=lists, language="en")
    words = set(written_words(compile_table(table), "en"))
    assert {"dim", "Dim", "the", "den", "hall", "1", "two", "half", "7", "and"} <= words
    assert "text" not in words
