"""What a table cannot take is left out of an import, never the whole table."""

import pytest

from tests.settings.home_assistant.importing import imported, matches
from voice2mqtt.settings.home_assistant.verification import verified_table


def test_a_sentence_that_no_table_takes_is_left_out_and_told() -> None:
    gathered = imported("""
intents:
  Note:
    data:
      - sentences: ["x[a|b|c|d][e|f|g|h][i|j|k|l][m|n|o|p][q|r|s|t][u|v|w|x]", "write {text}"]
  Open: {data: [{sentences: ["open it"]}]}
lists: {text: {wildcard: true}}
""")
    written = verified_table(gathered)
    assert matches(written, "open it")
    assert matches(written, "write two eggs")
    assert "is left out: too many words written without a space" in gathered.notes[-1]


@pytest.mark.parametrize("text", ["daylight", "day light"])
def test_an_optional_space_may_be_said_or_not(text: str) -> None:
    written = verified_table(imported('intents: {Day: {data: [{sentences: ["day[ ]light"]}]}}'))
    assert matches(written, text)


@pytest.mark.parametrize("text", ["hall lamp", "lamp in the hall"])
def test_slots_that_may_be_joined_are_heard_apart(text: str) -> None:
    written = verified_table(
        imported("""
intents: {On: {data: [{sentences: ["{area}[ ]{device}", "{device} in the {area}"]}]}}
lists: {area: {values: [hall]}, device: {values: [lamp]}}
""")
    )
    assert matches(written, text)


def test_a_sentence_that_may_be_silence_is_left_out_and_told() -> None:
    gathered = imported('intents: {A: {data: [{sentences: ["[all] [of] [it]", "go"]}]}}')
    assert matches(verified_table(gathered), "go")
    assert gathered.notes == [
        "'[all] [of] [it]' is left out: this is said already when nothing is said"
    ]


def test_letters_between_two_slots_are_a_word_of_their_own() -> None:
    written = verified_table(
        imported("""
intents: {Go: {data: [{sentences: ["go {a}to{b}"]}]}}
lists: {a: {values: [hall, den]}, b: {values: [hall, den]}}
""")
    )
    assert matches(written, "go hall to den") == [("Go", {"a": "hall", "b": "den"})]
