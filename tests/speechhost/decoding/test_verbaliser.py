from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.nlu.grammar.automaton import Number, Word
from voice2mqtt.speechhost.decoding.verbaliser import number_spellings, word_spellings


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
