import itertools

import numpy as np
import pytest

from voice2mqtt.nlu.matching.phonetic.costs import cost_matrix, deletion_cost, substitution_cost

SYMBOLS = ["p", "b", "t", "d", "tʃ", "s", "z", "m", "ɾ", "ɹ", "l", "j", "h", "ə", "iː", "aɪ", "ɚ"]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(SYMBOLS, 2)))
def test_costs_are_symmetric_positive_and_never_above_losing_and_gaining(
    one: str, other: str
) -> None:
    assert substitution_cost(one, other) == substitution_cost(other, one)
    assert 0 < substitution_cost(one, other) <= deletion_cost(one) + deletion_cost(other) + 0.4


@pytest.mark.parametrize("symbol", [*SYMBOLS, "1", "?", "ß"])
def test_the_same_sound_costs_nothing(symbol: str) -> None:
    assert substitution_cost(symbol, symbol) == 0
    assert 0.5 <= deletion_cost(symbol) <= 0.9


@pytest.mark.parametrize(
    ("near", "far"),
    [
        pytest.param(("t", "d"), ("t", "k"), id="voice-before-place"),
        pytest.param(("s", "ʃ"), ("s", "p"), id="place-before-manner"),
        pytest.param(("ɪ", "ɛ"), ("ɪ", "ɑː"), id="close-vowels"),
        pytest.param(("iː", "i"), ("iː", "ɪ"), id="length-before-quality"),
        pytest.param(("j", "i"), ("k", "i"), id="glide-is-half-a-vowel"),
        pytest.param(("ɾ", "d"), ("ɾ", "s"), id="flap-is-a-d"),
        pytest.param(("tʃ", "ʃ"), ("tʃ", "m"), id="affricate-ends-as-a-fricative"),
        pytest.param(("y", "iː"), ("y", "ɑ"), id="a-vowel-english-has-not"),
    ],
)
def test_what_is_made_alike_sounds_alike(near: tuple[str, str], far: tuple[str, str]) -> None:
    assert substitution_cost(*near) < substitution_cost(*far)


def test_vowel_and_consonant_are_never_taken_for_each_other() -> None:
    assert substitution_cost("t", "ɪ") == 1.4


def test_an_unknown_symbol_is_unlike_all_others() -> None:
    assert substitution_cost("1", "2") == 1.0
    assert substitution_cost("1", "t") == 1.0


def test_the_matrix_holds_the_costs_in_order() -> None:
    matrix = cost_matrix(SYMBOLS, np.zeros((0, 0), np.float32))
    for (one, symbol), (other, heard) in itertools.product(enumerate(SYMBOLS), repeat=2):
        assert matrix[one, other] == pytest.approx(substitution_cost(symbol, heard))


def test_a_symbol_more_leaves_the_matrix_as_it_was() -> None:
    whole = cost_matrix(SYMBOLS, np.zeros((0, 0), np.float32))
    assert np.array_equal(cost_matrix(SYMBOLS, whole[:3, :3]), whole)
