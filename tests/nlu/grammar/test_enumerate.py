import pytest

from voice2mqtt.nlu.grammar.enumerate import Sentences, sentences
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    DurationList,
    ListValue,
    RangeList,
    Row,
    SlotList,
    TextList,
    WildcardList,
)

_LISTS: dict[str, SlotList] = {
    "room": TextList(
        values=(
            ListValue(spoken="hall", out="hall"),
            ListValue(spoken="(lounge|living room)", out="living"),
        )
    ),
    "level": RangeList(lowest=0, highest=100, step=50),
    "item": WildcardList(),
    "time": DurationList(unit="minutes", lowest=58, highest=125),
    "moment": DurationList(unit="minutes", lowest=0, highest=0.02),
}
_RULES = {"please": "[please]"}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        pytest.param("good night", ["good night"], id="plain"),
        pytest.param("light[s] on", ["lights on", "light on"], id="optional-letters"),
        pytest.param("(a|b) (c|d)", ["a c", "a d", "b c", "b d"], id="alternatives"),
        pytest.param("(a;b)", ["a b", "b a"], id="any-order"),
        pytest.param("<please> go", ["please go", "go"], id="rule"),
        pytest.param("in {room}", ["in hall", "in lounge", "in living room"], id="list"),
        pytest.param("to {level}", ["to 0", "to 50", "to 100"], id="range"),
        pytest.param("to {1..3:n}%", ["to 1%", "to 2%", "to 3%"], id="range-on-the-spot"),
        pytest.param("buy {item} now", ["buy … now"], id="free-text"),
        pytest.param("in {time}", ["in 2 hours", "in 58 minutes", "in 59 minutes"], id="duration"),
    ],
)
def test_a_template_says(template: str, said: list[str]) -> None:
    found = Sentences(template, _LISTS, _RULES)
    assert [found[n] for n in range(found.count)] == said


def test_one_amount_covers_a_duration() -> None:
    assert list(Sentences("in {time}", _LISTS, {}).cover()) == ["in 59 minutes"]


def test_a_duration_too_short_for_a_plain_amount_is_said_in_another_way() -> None:
    assert Sentences("in {moment}", _LISTS, {})[0].startswith("in 0 days")


def test_endless_combinations_are_counted_and_reached_without_listing_them() -> None:
    found = Sentences(" ".join(["{0..100:a}"] * 20), {}, {})
    assert found.count == 101**20
    assert found[101**20 - 1] == " ".join(["100"] * 20)


def test_a_row_with_many_sentences_shows_some_of_them_the_same_each_time() -> None:
    table = CommandTable(
        rows=(Row(name="r", say=("[a] {0..100:n} {0..100:m}", "b {room}"), publish=()),),
        lists=_LISTS,
    )
    ((name, total, shown),) = sentences(table, 5)
    assert (name, total, shown[0]) == ("r", 2 * 101 * 101 + 3, "a 0 0")
    assert 3 <= len(shown) <= 5
    assert any(sentence.startswith("b ") for sentence in shown)
    assert list(sentences(table, 5)) == [(name, total, shown)]


def test_a_sentence_said_in_two_ways_is_shown_once() -> None:
    table = CommandTable(rows=(Row(name="r", say=("(a|a) b", "a b"), publish=()),))
    assert list(sentences(table, 10)) == [("r", 3, ("a b",))]
