"""The costs of a lexicon in an utterance, compared with the edit distance of each single word."""

from collections.abc import Sequence
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice2mqtt.nlu.matching.phonetic.alignment import align
from voice2mqtt.nlu.matching.phonetic.costs import deletion_cost
from voice2mqtt.nlu.matching.phonetic.observation import Observation
from voice2mqtt.nlu.matching.phonetic.phonemes import (
    BAND_RADIUS,
    INFINITE,
    PhonemeInventory,
    PhoneticLexicon,
)
from voice2mqtt.nlu.matching.phonetic.word_scores import WordScores
from voice2mqtt.nlu.text.inflection import Inflection
from voice2mqtt.nlu.text.normaliser import normaliser
from voice2mqtt.pronunciation.letters import Letters

LETTERS = st.text(alphabet="aemntksl", min_size=1, max_size=9)
# None of these is a word of the table, so that none is protected from being replaced.
VOCABULARIES = st.lists(LETTERS.map(lambda word: "o" + word), min_size=1, max_size=6, unique=True)
UTTERANCES = st.lists(LETTERS.map(lambda word: "i" + word), min_size=1, max_size=4)


def _scores(
    words: Sequence[str], heard: Sequence[str]
) -> tuple[PhonemeInventory, PhoneticLexicon, Observation, WordScores]:
    inventory = PhonemeInventory(Letters())
    lexicon = PhoneticLexicon({word: word for word in words}, inventory, Inflection("und"))
    utterance = Observation.of(" ".join(heard), normaliser("en"), lexicon, inventory)
    return inventory, lexicon, utterance, WordScores(lexicon, utterance)


@given(words=VOCABULARIES, heard=UTTERANCES)
def test_a_word_costs_its_edit_distance(words: Sequence[str], heard: Sequence[str]) -> None:
    inventory, lexicon, utterance, scores = _scores(words, heard)
    letters = "".join(heard)
    boundaries = {sum(map(len, heard[:count])) for count in range(len(heard) + 1)}
    for word in words:
        number = lexicon.word_ids[word]
        costs = _square(scores, number, len(letters))
        for start, end in np.ndindex(costs.shape):
            longer = end - start - len(word)
            if start < end and abs(longer) <= BAND_RADIUS:
                # Not every alignment of the word stays within the band.
                stretch = utterance.phonemes[start:end].tolist()
                pairs = align(lexicon.phonemes[number], stretch, inventory)
                expected = sum(pair.cost for pair in pairs) + 0.2 * (end not in boundaries)
                assert costs[start, end] >= expected - 1e-4
                if longer == 0 and word[1:] == letters[start + 1 : end]:
                    assert costs[start, end] <= expected + 1e-4
            elif start == end:
                assert np.isclose(costs[start, end], sum(map(deletion_cost, word)))
            else:
                assert costs[start, end] == INFINITE


@given(words=VOCABULARIES, heard=UTTERANCES, drawn=st.randoms(use_true_random=False))
def test_forward_and_backward_steps_agree_with_the_spans(
    words: Sequence[str], heard: Sequence[str], drawn: Random
) -> None:
    _, lexicon, utterance, scores = _scores(words, heard)
    last = len(utterance.phonemes)
    numbers = list(range(len(lexicon.keys)))
    squares = [_square(scores, number, last) for number in numbers]
    rest, *here = (np.array([drawn.random() for _ in range(last + 1)], np.float32) for _ in "abc")
    sources = [drawn.randrange(len(here)) for _ in numbers]
    forward = scores.forward(np.array(here), np.array(sources), np.array(numbers))
    after = np.array([[drawn.random() for _ in range(last + 1)] for _ in numbers], np.float32)
    backward = scores.backward(np.array(numbers), after)
    backward_of_all = scores.backward_of_all(rest)
    for number, source, square in zip(numbers, sources, squares, strict=True):
        there = (here[source][:, None] + square).min(axis=0)
        assert np.allclose(forward[number], there, atol=1e-4)
        assert np.allclose(backward[number], (square + after[number]).min(axis=1), atol=1e-4)
        assert np.allclose(backward_of_all[:, number], (square + rest).min(axis=1), atol=1e-4)
    least_costs = scores.least_span_costs()
    for length, start in np.ndindex(least_costs.shape):
        if 0 < length <= last - start:
            least = min(square[start, start + length] for square in squares)
            assert np.isclose(least_costs[length, start], least)


def _square(scores: WordScores, word: int, last: int) -> NDArray[np.float32]:
    """Return the cost of `word` [start, end]."""
    costs = np.full((last + 1, last + 1), INFINITE, np.float32)
    for start in range(last + 1):
        for end, cost in scores.spans(word, start):
            costs[start, end] = cost
    return costs
