"""The words of the table above the words that were heard."""

from voice2mqtt.console.explanation import Explanation
from voice2mqtt.pronunciation.letters import Letters


def test_words_of_the_table_stand_above_what_was_heard() -> None:
    matches = Explanation("en", Letters()).alignment("turn on the chicken", "turn on the kitchen")
    assert [match["said"] for match in matches] == ["turn", "on", "the", "kitchen"]
    assert [match["heard"] for match in matches] == ["turn", "on", "the", "chicken"]
    assert [match["cost"] == 0 for match in matches] == [True, True, True, False]


def test_what_is_too_long_is_not_aligned() -> None:
    assert Explanation("en", Letters()).alignment("a " * 300, "turn on the kitchen") == ()
