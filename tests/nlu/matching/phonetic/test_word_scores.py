"""A vocabulary laid against an utterance, held to the edit distance of each word by itself."""

from collections.abc import Sequence
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice2mqtt.nlu.matching.phonetic.alignment import align
from voice2mqtt.nlu.matching.phonetic.costs import loss
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.phonemes import FAR, SLACK, PhonemeInventory, PhoneticLexicon
from voice2mqtt.nlu.matching.phonetic.word_scores import WordScores
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.letters import Letters

LETTERS = st.text(alphabet="aemntksl", min_size=1, max_size=9)
# None of these is a word of the table, so that none is protected from being bent.
VOCABULARIES = st.lists(LETTERS.map(lambda word: "o" + word), min_size=1, max_size=6, unique=True)
UTTERANCES = st.lists(LETTERS.map(lambda word: "i" + word), min_size=1, max_size=4)


def _laid(
    words: Sequence[str], heard: Sequence[str]
) -> tuple[PhonemeInventory, PhoneticLexicon, Observation, WordScores]:
    sounds = PhonemeInventory(Letters())
    vocabulary = PhoneticLexicon({word: word for word in words}, sounds)
    utterance = Observation.of(" ".join(heard), normaliser("en"), vocabulary, sounds)
    return sounds, vocabulary, utterance, WordScores(vocabulary, utterance)


@given(words=VOCABULARIES, heard=UTTERANCES)
def test_a_word_costs_its_edit_distance(words: Sequence[str], heard: Sequence[str]) -> None:
    sounds, vocabulary, utterance, laid = _laid(words, heard)
    letters = "".join(heard)
    borders = {sum(map(len, heard[:count])) for count in range(len(heard) + 1)}
    for word in words:
        number = vocabulary.numbers[word]
        costs = _square(laid, number, len(letters))
        for start, end in np.ndindex(costs.shape):
            longer = end - start - len(word)
            if start < end and abs(longer) <= SLACK:
                # Not every way to bend a word stays within the slack.
                stretch = utterance.phonemes[start:end].tolist()
                pairs = align(vocabulary.phonemes[number], stretch, sounds)
                expected = sum(pair.cost for pair in pairs) + 0.2 * (end not in borders)
                assert costs[start, end] >= expected - 1e-4
                if longer == 0 and word[1:] == letters[start + 1 : end]:
                    assert costs[start, end] <= expected + 1e-4
            elif start == end:
                assert np.isclose(costs[start, end], sum(map(loss, word)))
            else:
                assert costs[start, end] == FAR


@given(words=VOCABULARIES, heard=UTTERANCES, drawn=st.randoms(use_true_random=False))
def test_each_way_of_asking_tells_the_same_costs(
    words: Sequence[str], heard: Sequence[str], drawn: Random
) -> None:
    _, vocabulary, utterance, laid = _laid(words, heard)
    last = len(utterance.phonemes)
    numbers = list(range(len(vocabulary.keys)))
    squares = [_square(laid, number, last) for number in numbers]
    left, *here = (np.array([drawn.random() for _ in range(last + 1)], np.float32) for _ in "abc")
    owners = [drawn.randrange(len(here)) for _ in numbers]
    reached = laid.reached(np.array(here), np.array(owners), np.array(numbers))
    after = np.array([[drawn.random() for _ in range(last + 1)] for _ in numbers], np.float32)
    to_pay = laid.to_pay(np.array(numbers), after)
    next_one = laid.to_pay_next(left)
    for number, owner, square in zip(numbers, owners, squares, strict=True):
        there = (here[owner][:, None] + square).min(axis=0)
        assert np.allclose(reached[number], there, atol=1e-4)
        assert np.allclose(to_pay[number], (square + after[number]).min(axis=1), atol=1e-4)
        assert np.allclose(next_one[:, number], (square + left).min(axis=1), atol=1e-4)
    cheapest = laid.cheapest()
    for length, start in np.ndindex(cheapest.shape):
        if 0 < length <= last - start:
            least = min(square[start, start + length] for square in squares)
            assert np.isclose(cheapest[length, start], least)


def _square(laid: WordScores, word: int, last: int) -> NDArray[np.float32]:
    """Return what `word` costs from [start] to [end]."""
    costs = np.full((last + 1, last + 1), FAR, np.float32)
    for start in range(last + 1):
        for end, cost in laid.ends(word, start):
            costs[start, end] = cost
    return costs
