"""What languages count by, learned from number words of its own."""

from collections.abc import Callable

import pytest

from voice2mqtt.nlu.text.numbers import numerals
from voice2mqtt.nlu.text.scales import Scale, Words, scales_of

DIGITS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def spell(number: int) -> list[Words]:
    """Count by tens and myriads, of which more than one have an s."""
    if number < 10:
        return [(DIGITS[number],)]
    for size, word in ((10_000, "myriad"), (1000, "thousand"), (100, "hundred"), (10, "ten")):
        count, rest = divmod(number, size)
        if count:
            head = (*spell(count)[0], word + "s" * (count > 1))
            return [(*head, *spell(rest)[0]) if rest else head]
    return []


def reversed_spell(number: int) -> list[Words]:
    """The same with each count behind its scale, and "and" before more."""
    if number < 100:
        return [(str(number),)]
    size = 1000 if number >= 1000 else 100
    count, rest = divmod(number, size)
    head: Words = ({100: "mia", 1000: "elfu"}[size], *reversed_spell(count)[0])
    return [(*head, "na", *reversed_spell(rest)[0]) if rest else head]


@pytest.mark.parametrize(
    ("language", "sizes"), [(spell, [10_000, 1000, 100]), (reversed_spell, [1000, 100])]
)
def test_a_scale_has_a_word_of_its_own(
    language: Callable[[int], list[Words]], sizes: list[int]
) -> None:
    assert [scale.size for scale in scales_of(language, {})] == sizes


def test_a_scale_has_all_its_forms() -> None:
    myriad = scales_of(spell, {})[0]
    assert dict(myriad.after) == {"myriad": True, "myriads": True}
    assert ("two", "five", True) in myriad.splits("twomyriadsfive")


def test_a_scale_may_stand_before_its_count() -> None:
    thousand = scales_of(reversed_spell, {})[0]
    assert list(thousand.before) == ["elfu"]
    assert "na" in thousand.joints
    assert ("3", "na5", False) in thousand.splits("elfu3na5")
    assert list(thousand.counts_in("elfu3")) == ["3"]


def test_further_words_are_scales() -> None:
    assert scales_of(spell, {"lakh": 100_000})[0] == Scale(100_000, {"lakh": 1}, {"lakh": True})


@pytest.mark.parametrize(
    ("language", "sizes"),
    [
        ("en", [1_000_000, 1000, 100]),
        ("hi", [10_000_000, 100_000, 1000, 100]),
        ("ja", [100_000_000, 10_000, 1000, 100]),
        ("th", [1_000_000, 100_000, 10_000, 1000, 100]),
    ],
)
def test_the_scales_of_a_language(language: str, sizes: list[int]) -> None:
    known = numerals(language)
    for size in sizes:
        for words in known.spell(2 * size):
            assert known.cardinal("".join(words)) == 2 * size
