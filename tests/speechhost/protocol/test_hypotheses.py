from itertools import pairwise

import pytest

from voice2mqtt.speechhost.protocol.hypotheses import STEP, Hypotheses

SECOND = 10_000_000
WORDS = "turn on the light in the kitchen and close the door"


def test_words_that_come_at_once_are_told_about_three_times_a_second_of_their_audio() -> None:
    told = [*Hypotheses(SECOND, stepwise=True).told(WORDS, 4 * SECOND)]
    assert 7 <= len(told) <= 10
    assert told[-1] == (WORDS, 4 * SECOND)
    texts = [text for text, _ in told]
    assert all(later.startswith(earlier + " ") for earlier, later in pairwise(texts))
    assert all(WORDS.startswith(text) for text in texts)
    assert all(SECOND < end <= 4 * SECOND for _, end in told)


def test_only_what_was_not_told_yet_comes_before_the_answer() -> None:
    hypotheses = Hypotheses(0, stepwise=True)
    assert [text for text, _ in hypotheses.told("turn on", SECOND)][-1] == "turn on"
    rest = [*hypotheses.before_answer(WORDS, 3 * SECOND)]
    assert 4 <= len(rest) <= 6
    assert all(end > SECOND for _, end in rest)
    assert WORDS not in [text for text, _ in rest]
    assert [*hypotheses.before_answer(WORDS, 3 * SECOND)] == []


def test_a_single_shot_is_told_whole_words_of_a_transcription_alone() -> None:
    hypotheses = Hypotheses(0, stepwise=False)
    assert [*hypotheses.told(WORDS, 3 * SECOND)] == [(WORDS, 3 * SECOND)]
    assert [*hypotheses.told(WORDS, 4 * SECOND)] == []
    hypotheses.confirm()
    assert [*hypotheses.told(WORDS, 4 * SECOND)] == [(WORDS, 4 * SECOND)]
    assert [*hypotheses.before_answer(WORDS + " now", 6 * SECOND)] == []


@pytest.mark.parametrize("end", [-STEP, 0, 1, STEP - 1])
def test_a_short_phrase_is_told_at_once(end: int) -> None:
    assert [*Hypotheses(0, stepwise=True).told("stop it", end)] == [("stop it", end)]
