import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.grammars import SENTENCES, tables
from tests.nlu.homes import text_list
from voice2mqtt.nlu.grammar.compiler import compile_table
from voice2mqtt.nlu.grammar.table import CommandTable, RangeList, Row, SlotList, WildcardList
from voice2mqtt.nlu.matching.exact import ExactMatcher
from voice2mqtt.nlu.matching.explain import explain_misfit
from voice2mqtt.nlu.text.normaliser import normaliser

LISTS: dict[str, SlotList] = {
    "room": text_list(kitchen="kitchen", study="study", living="living room"),
    "level": RangeList(lowest=0, highest=100),
    "bulb": RangeList(lowest=0, highest=100, step=5),
    "temp": RangeList(lowest=5, highest=30, decimals=True, parts=2),
    "fine": RangeList(lowest=5, highest=30, decimals=True, parts=10),
    "item": WildcardList(),
}
TEMPLATES = (
    "turn (on|off) [the] {room} light[s]",
    "turn (on|off) [the] lights",
    "dim [the] {room} to {level} [percent]",
    "bulb {bulb}",
    "wake me at half past seven",
    "add {item} to [the] list",
    "{room} at {level} [percent]",
    "hue of (a|b|c|d|e|f)",
    "heating to {temp}",
    "oven to {fine}",
)


def _matcher(*templates: str) -> ExactMatcher:
    rows = tuple(Row(name=say, say=(say,), publish=()) for say in templates)
    return ExactMatcher(compile_table(CommandTable(rows=rows, lists=LISTS)), normaliser("en"))


def _missing(text: str, *templates: str) -> str:
    intersection = _matcher(*templates or TEMPLATES).intersect(text)
    assert intersection
    return explain_misfit(intersection)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("turn off the heating",
         "after 'turn off the' it goes on with {room} or 'lights', but 'heating' was heard"),
        ("Turn on the light!",
         "after 'Turn on the' it goes on with {room} or 'lights', but 'light' was heard"),
        ("turn off",
         "after 'turn off' it goes on with {room}, 'the' or 'lights', but nothing more was heard"),
        ("turn on the living light",
         "after 'turn on the' it goes on with {room} or 'lights', but 'living' was heard"),
        ("turn on the kitchen light please",
         "after 'turn on the kitchen light' the sentence ends, but 'please' was heard"),
        ("dim the study to half",
         "0.5 is not a whole number {level}"),
        ("dim the study to dark",
         "after 'dim the study to' it goes on with {level} (0 to 100), but 'dark' was heard"),
        ("dim the study to 20 %%",
         "after 'dim the study to 20 %' the sentence ends, but '%' was heard"),
        ("study at 20 lux",
         "after 'study at 20' the sentence ends or goes on with 'percent', but 'lux' was heard"),
        ("hue of x",
         "after 'hue of' it goes on with 'a', 'b', 'c', 'd' or something else, but 'x' was heard"),
        ("what a lovely light", "no row begins with 'what'"),
        ("  ", "there are no words in it"),
    ],
)  # fmt: skip
def test_where_the_words_stop_to_fit(text: str, told: str) -> None:
    assert _missing(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dim the study to 101", "101 is not between 0 and 100 {level}"),
        ("dim the study to one hundred and one percent", "101 is not between 0 and 100 {level}"),
        ("dim the study to minus five", "-5 is not between 0 and 100 {level}"),
        ("dim the study to 20.5", "20.5 is not a whole number {level}"),
        ("heating to 20.3", "20.3 is not a whole number of halves {temp}"),
        ("oven to 20.35", "20.35 is not a whole number of tenths {fine}"),
        ("bulb seventeen", "17 is not one of 0, 5 … {bulb}"),
    ],
)
def test_a_number_that_does_not_fit(text: str, told: str) -> None:
    assert _missing(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("add oat milk to the fridge",
         "after 'add oat milk to the' it goes on with 'list', but 'fridge' was heard"),
        ("add oat milk", "after 'add oat milk' it goes on with 'to', but nothing more was heard"),
        ("add", "after 'add' it goes on with {item}, but nothing more was heard"),
    ],
)  # fmt: skip
def test_what_free_text_swallows_does_not_fit(text: str, told: str) -> None:
    assert _missing(text) == told


def test_a_number_heard_as_one_word_may_be_several() -> None:
    told = _missing("wake me at 7:30 sharp")
    assert told == "after 'wake me at 7:30' the sentence ends, but 'sharp' was heard"


def test_long_sentences_are_quoted_from_their_end() -> None:
    told = _missing("one two three four five six seven eight", "one two three four five six seven")
    assert told == "after 'two three four five six seven' the sentence ends, but 'eight' was heard"


@given(table=tables(), text=st.one_of(SENTENCES, st.text(max_size=100)))
def test_something_is_told_of_every_sentence(table: CommandTable, text: str) -> None:
    intersection = ExactMatcher(compile_table(table), normaliser("en")).intersect(text)
    assert intersection
    assert explain_misfit(intersection)


def test_ten_thousand_rows_are_no_hindrance() -> None:
    matcher = _matcher(
        *(f"turn on the {name} {n}" for n in range(100) for name in range(100)),
        "{item} and {item:b} and then {item:c}",
    )
    intersection = matcher.intersect("turn on the 7 7 and " + "then some more " * 40)
    assert intersection
    began = time.process_time()
    assert explain_misfit(intersection)
    assert time.process_time() - began < 0.2
