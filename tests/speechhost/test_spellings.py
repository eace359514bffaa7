import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice2mqtt.speechhost.spellings import lexical, number_spellings, word_spellings
from voice2mqtt.understanding.automaton import Number, Word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Turn on the light.", "turn on the light"),
        ("I'd like 12 ounces, please!", "i'd like twelve ounces please"),
        ("Dim to 50%.", "dim to fifty percent"),
        ("12-ounce", "twelve ounce"),
        ("", ""),
        ("Call 12345678901234567890.", "call 12345678901234567890"),
        ("Call ١٢.", "call twelve"),
    ],
)
def test_lexical_is_words_alone(text: str, words: str) -> None:
    assert lexical(text) == words


def test_a_word_is_written_as_its_owner_does_in_any_case_and_as_digits() -> None:
    assert word_spellings(Word("tv", "TV")) == ("TV", "tv", "Tv")
    assert {"12", "twelve", "Twelve"} <= set(word_spellings(Word("12", "twelve")))


@given(st.from_regex(r"\d{1,40}", fullmatch=True))
def test_any_digits_can_be_spelt(digits: str) -> None:
    assert lexical(digits)
    assert digits in word_spellings(Word(digits, digits))


def test_a_number_is_digits_and_words_with_and_without_hyphen() -> None:
    spellings = number_spellings(Number("n", 20, 25, step=5))
    assert set(spellings) == {
        ("20",), ("twenty",), ("Twenty",), ("25",), ("twenty", "five"), ("Twenty", "five"),
        ("twenty-five",), ("Twenty-five",),
    }  # fmt: skip


def test_too_many_numbers_are_not_spelt() -> None:
    assert number_spellings(Number("n", 0, 100_000)) == ()
