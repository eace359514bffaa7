import json
from dataclasses import replace
from importlib import resources

import pytest

from voice2mqtt.nlu import matching
from voice2mqtt.nlu.matching.candidate import Candidate
from voice2mqtt.nlu.matching.weights import WEIGHTS, Grammar, Sound, Weights


def test_the_weights_in_use_are_those_of_the_file() -> None:
    text = resources.files(matching).joinpath("weights.json").read_text(encoding="utf-8")
    assert WEIGHTS.document() == json.loads(text)


@pytest.mark.parametrize(
    "change", [{"version": 0}, {"sound": {"sentence": 1.0}}, {"grammar": {"loudness": 1.0}}]
)
def test_a_file_of_another_version_or_with_other_names_is_refused(
    change: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="weights"):
        Weights.of(WEIGHTS.document() | change)


def test_each_term_counts_with_its_weight() -> None:
    weights = Sound(sentence=1.0, slot=0.5, clear_word=0.1)
    terms = Sound(sentence=0.1, slot=0.2, clear_word=0.5)
    assert terms.parts(weights) == {"sentence": 0.1, "slot": 0.1, "clear_word": 0.05}
    assert terms.sum(weights) == pytest.approx(0.25)
    assert Grammar(evidence=1.0).sum(replace(WEIGHTS.grammar, evidence=2.0, intercept=0.5)) == 2.5


def test_a_distance_is_told_by_its_terms_the_largest_first() -> None:
    weights = Sound(sentence=1.0, slot=0.5, clear_word=0.1)
    terms = Sound(sentence=0.1, slot=0.4, clear_word=0.01)
    candidate = Candidate(row=0, sentence="turn on the light", terms=terms).weighed(weights)
    assert candidate.distance == pytest.approx(0.301)
    assert candidate.because(weights) == (
        "0.20 for the farthest word that fills a slot, 0.10 for the sound of the whole sentence"
    )
    assert replace(candidate, terms=Sound()).because(weights) == ""


def test_no_distance_exceeds_one() -> None:
    candidate = Candidate(row=0, sentence="x", terms=Sound(sentence=3.0))
    assert candidate.weighed(WEIGHTS.sound).distance == 1.0
